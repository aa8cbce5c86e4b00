"""Every rule, case by case: the tests that stand beside the rules, and what a bad one says."""

from importlib.resources import files
from pathlib import Path

import pytest

from service.care.rule_cases import cases_in, gaps
from service.care.rules import rule_set, vocabulary
from service.clinical import knowledge
from service.clinical.reading import read_folder

HERE = Path(__file__).parent
CASES = [
    case
    for root, folder in ((files("service.clinical"), "rules/tests"), (HERE, "cases"))
    for document in read_folder(root, folder, ".yaml")
    for case in cases_in(document, rule_set().by_id, vocabulary(), knowledge())
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.name}")
def test_a_rule_says_what_the_case_expects(case):
    assert [str(fault) for fault in case.faults(rule_set(), vocabulary())] == []


def test_every_alert_rule_has_a_case_that_fires_one_that_does_not_and_one_that_lacks_a_fact():
    assert gaps(CASES, rule_set()) == []
