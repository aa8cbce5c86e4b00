"""Tests beside the rules: what a case that does not hold says, and a case that is none."""

import pytest

from service.care.rule_cases import cases_in, gaps, trial_of
from service.care.rules import BadRule, rule_set, vocabulary
from service.clinical import knowledge, load
from service.clinical.reading import document_of

FEVER = """\
- rule: EM-FEVER
  case: a fever on ribociclib
  given:
    reports: [{temperature_c: 38.2, red_flags: [jaw_pain]}]
    treatments: [{code: ribociclib}]
  expect:
    severity: urgent
"""


def cases(text):
    document = document_of("rules/tests/x.yaml", text)
    return cases_in(document, rule_set().by_id, vocabulary(), knowledge())


def faults(text):
    return [
        str(fault) for case in cases(text) for fault in case.faults(rule_set(), vocabulary())
    ]  # fmt: skip


def test_a_case_that_holds_says_nothing():
    assert faults(FEVER) == []
    assert faults(FEVER + "    also: [SN-ILD]\n    not: [EM-MSCC, EM-FEVER2]\n") == []


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        (
            "severity: urgent", "severity: soon",
            "line 7: EM-FEVER, expect.severity: 'a fever on ribociclib': expected severity soon; came"
            " urgent (because: Temperature 38.2 °C on 10 March, on ribociclib)",
        ),
        (
            "38.2", "37.9",
            "line 6: EM-FEVER, expect: 'a fever on ribociclib': expected urgent; came nothing, missed:"
            " symptom.chills.severity",
        ),
        (
            "expect:\n    severity: urgent", "expect: nothing",
            "line 6: EM-FEVER, expect: 'a fever on ribociclib': expected nothing; came urgent for nursing"
            " (because: Temperature 38.2 °C on 10 March, on ribociclib)",
        ),
        (
            "severity: urgent", "contact: 1 h",
            "line 7: EM-FEVER, expect.contact: 'a fever on ribociclib': expected contact 1 hours; came"
            " 30 minutes (because: Temperature 38.2 °C on 10 March, on ribociclib)",
        ),
        (
            "severity: urgent", "unknown: [diagnosis]",
            "line 7: EM-FEVER, expect.unknown: 'a fever on ribociclib': expected diagnosis to be missed;"
            " missed was symptom.chills.severity",
        ),
        (
            "severity: urgent", "content: [nausea]",
            "line 7: EM-FEVER, expect.content: 'a fever on ribociclib': expected content nausea; came"
            " chemo-fever (because: Temperature 38.2 °C on 10 March, on ribociclib)",
        ),
        (
            "severity: urgent", "not: [SN-ILD]",
            "line 7: EM-FEVER, expect.not: 'a fever on ribociclib': expected not SN-ILD; came soon for"
            " nursing (because: Temperature 38.2 °C on 10 March, on ribociclib)",
        ),
        (
            "severity: urgent", "also: [EM-MSCC]",
            "line 7: EM-FEVER, expect.also: 'a fever on ribociclib': expected EM-MSCC; came nothing",
        ),
    ],
)  # fmt: skip
def test_a_case_that_does_not_hold_says_what_came_instead(written, instead, said):
    assert written in FEVER
    (fault,) = faults(FEVER.replace(written, instead))

    assert fault == f"rules/tests/x.yaml, {said}"


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("EM-FEVER", "EM-FEVR", "line 1: EM-FEVR, rule: unknown rule 'EM-FEVR'; did you mean 'EM-FEVER'?"),
        ("  case: a fever on ribociclib\n", "", "line 1: EM-FEVER: 'case' is missing"),
        ("temperature_c", "temperature",
         "line 4: EM-FEVER, given.reports[0].temperature: unknown word 'temperature'; did you mean"
         " 'temperature_c'?"),
        ("jaw_pain", "jaw_pan",
         "line 4: EM-FEVER, given.reports[0].red_flags[0]: unknown red flag 'jaw_pan'; did you mean"
         " 'jaw_pain'?"),
        ("38.2", "warm", "line 4: EM-FEVER, given.reports[0].temperature_c: 'warm' is not a number"),
        ("{code: ribociclib}", "{code: ribocyclib}",
         "line 5: EM-FEVER, given.treatments[0].code: unknown code 'ribocyclib'; did you mean"
         " 'ribociclib'?"),
        ("[{code: ribociclib}]", "{code: ribociclib}",
         "line 5: EM-FEVER, given.treatments: 'treatments' needs a list: a line for each, begun with"
         " '- '"),
        ("severity: urgent", "severty: urgent",
         "line 7: EM-FEVER, expect.severty: unknown word 'severty'; did you mean 'severity'?"),
        ("severity: urgent", "fires: false\n    severity: urgent",
         "line 8: EM-FEVER, expect.severity: nothing follows from a rule that does not fire"),
        ("expect:\n    severity: urgent", "expect: no",
         "line 6: EM-FEVER, expect: 'no' stands where words with values should"),
        ("temperature_c: 38.2", "answers: {nausea: {severity: 5}}",
         "line 4: EM-FEVER, given.reports[0].answers.nausea.severity: 5 is too big; 4 is the most"),
        ("temperature_c: 38.2", "answers: {nausee: {severity: 1}}",
         "line 4: EM-FEVER, given.reports[0].answers.nausee: unknown symptom 'nausee'; did you mean"
         " 'nausea'?"),
    ],
)  # fmt: skip
def test_a_case_that_cannot_be_read_names_the_word(written, instead, said):
    assert written in FEVER
    with pytest.raises(BadRule) as refused:
        cases(FEVER.replace(written, instead))

    assert str(refused.value) == f"rules/tests/x.yaml, {said}"


def test_a_rule_that_lacks_a_case_is_named():
    lines = gaps(cases(FEVER), rule_set())

    assert "EM-FEVER has no case in which it just does not, none in which it lacks a fact" in lines
    assert any(line.startswith("EM-MSCC has no case in which it fires") for line in lines)


def test_ours_are_asked_of_our_rules_and_a_sites_of_what_is_in_force_there(tmp_path):
    tests = tmp_path / "rules" / "tests"
    tests.mkdir(parents=True)
    (tests / "ours.yaml").write_text(FEVER + FEVER.replace("urgent", "soon"), "utf-8")

    tried = trial_of(load(knowledge().source.ours, tmp_path))

    assert tried.held > 200
    (fault,) = tried.faults
    assert str(fault).startswith(f"{tests / 'ours.yaml'}, line 14: EM-FEVER, expect.severity: ")
