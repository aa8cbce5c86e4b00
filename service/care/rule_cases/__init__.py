"""Tests of rules as data: ``given`` her records in plain words, ``expect`` what a rule says.

They stand beside the rules, in ``clinical/rules/tests``, for people who change a threshold and
want to see that it does what they mean.  ``waymark knowledge check`` runs them.
"""

from service.care.rule_cases import given
from service.care.rule_cases.case import Case, cases_in, gaps
from service.care.rule_cases.given import NOW, ZONE
from service.care.rule_cases.trial import Trial, trial_of

__all__ = ["NOW", "ZONE", "Case", "Trial", "cases_in", "gaps", "given", "trial_of"]
