"""Which records have to be read, after a change, for the rules that may speak about it.

A rule can become true through a change only if it reads a fact that such a change bears; and what
it will ask for besides is known from the rule.  A symptom report, for one, makes no rule ask for
questionnaires.  Worked out from the rules themselves, once.
"""

from collections.abc import Mapping
from functools import lru_cache

from service.care.rules import RuleSet

SPEAKING = frozenset({"alert", "guidance", "reminder", "ask"})

# The facts a record can bear, by the first word of their names …
_BORNE_BY: Mapping[str, frozenset[str]] = {
    "symptom_report": frozenset({"symptom", "red_flag", "measure"}),
    "measurement": frozenset({"measure"}),
    "treatment": frozenset({"treatment"}),
    "diagnosis": frozenset({"diagnosis"}),
    "wellbeing_check": frozenset({"wellbeing"}),
    "questionnaire_response": frozenset({"questionnaire"}),
    "dose": frozenset({"dose"}),
}
# … and the kinds of records that bear a fact; the others are known of every patient.
_FOUND_IN: Mapping[str, frozenset[str]] = {
    "symptom": frozenset({"report"}),
    "red_flag": frozenset({"report"}),
    "measure": frozenset({"report", "measurement"}),
    "treatment": frozenset({"treatment"}),
    "diagnosis": frozenset({"diagnosis"}),
    "wellbeing": frozenset({"check"}),
    "questionnaire": frozenset({"response"}),
    "dose": frozenset({"dose"}),
    "study": frozenset({"study"}),
}


RECORD_TYPES = tuple(_BORNE_BY)
"""What can be new in a record and make a rule speak."""


@lru_cache(maxsize=1024)
def may_speak(record_type: str, rules: RuleSet) -> bool:
    """Tell whether any of the rules can become true through a record of this type."""
    borne = _BORNE_BY[record_type]
    return any(
        fact.partition(".")[0] in borne
        for rule in rules.selected(purposes=SPEAKING)
        for fact in rule.reads
    )


@lru_cache(maxsize=1024)
def kinds_for(record_type: str, rules: RuleSet) -> frozenset[str]:
    """Return the kinds of records to load for some rules when a record of this type is new."""
    borne = _BORNE_BY[record_type]
    asked = {
        fact.partition(".")[0]
        for rule in rules.selected(purposes=SPEAKING)
        for fact in rule.reads
        if not borne.isdisjoint(name.partition(".")[0] for name in rule.reads)
    }
    return frozenset().union(*(_FOUND_IN.get(fact, frozenset()) for fact in asked | borne))
