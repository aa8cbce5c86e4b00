"""The language itself: what it refuses, what it answers with, and how much work it does."""

import subprocess
import sys

import pytest

from service.care.rules import BadRule, RuleSet, compiled, rule_set, rules_in, vocabulary
from service.clinical.reading import Document, read_folder
from tests.care.patients import picture_of, report_of

ALERT = "{severity: soon, queue: nursing, contact_within: 24 h}"
RULE = """\
- id: X-1
  version: 1
  about: A rule of a test
  when: {when}
  then: {then}
  source: the test
  status: project choice
  review: {{status: draft, by: null, on: null}}
"""
FEVER = "{measure: temperature_c, at_least: 38.0}"


def document(when: str = FEVER, then: str = f"{{alert: {ALERT}}}", text: str = RULE) -> Document:
    return _document(text.format(when=when, then=then))


def _document(text: str) -> Document:
    """Read text as a file of rules is read."""
    return next(iter(read_folder(_OneFile(text), "rules", ".yaml")))


class _OneFile:
    """A folder with one file of rules in it, as much of a folder as reading asks for."""

    def __init__(self, text: str, name: str = "") -> None:
        self.text = text
        self.name = name

    def joinpath(self, *steps: str) -> "_OneFile":
        return _OneFile(self.text, steps[-1])

    def is_dir(self) -> bool:
        return self.name == "rules"

    def iterdir(self) -> "list[_OneFile]":
        return [_OneFile(self.text, "x.yaml")]

    def read_text(self, encoding: str) -> str:
        return self.text


def one_rule(when: str, then: str = f"{{alert: {ALERT}}}") -> RuleSet:
    return compiled([document(when, then)])


def refusal(**parts: str) -> str:
    with pytest.raises(BadRule) as refused:
        compiled([document(**parts)])
    return str(refused.value)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (
            "{symptom: nausae, attribute: severity, at_least: 2}",
            "rules/x.yaml, line 4: X-1, when.symptom: unknown symptom 'nausae';"
            " did you mean 'nausea'?",
        ),
        (
            "{all: [{symptom: nausea, attribute: sevrity}]}",
            "when.all[0].attribute: unknown attribute 'sevrity'; did you mean 'severity'?",
        ),
        ("{symptom: diarrhea, attribute: severity}", "'diarrhea' has no 'severity'"),
        ("{any: [{mesure: anc, below: 1}]}", "unknown fact 'mesure'; did you mean 'measure'?"),
        ("{measure: temperature, at_least: 38}", "did you mean 'temperature_c'?"),
        ("{measure: anc}", "needs 'at_least', 'above' or 'below'"),
        ("{measure: anc, below: many}", "'many' is not a number"),
        ("{red_flag: [rigor]}", "unknown red flag 'rigor'; did you mean 'rigors'?"),
        ("{treatment: {effect: mielosuppressive}}", "did you mean 'myelosuppressive'?"),
        ("{treatment: {code: ribocyclib}}", "unknown treatment code 'ribocyclib'"),
        ("{treatment: {class: CDK4 inhibitor}}", "did you mean 'CDK4/6 inhibitor'?"),
        ("{treatment: {modality: chemo}}", "did you mean 'chemotherapy'?"),
        ("{treatment: {effect: ild, within_day: 3}}", "did you mean 'within_days'?"),
        ("{procedure: mastectomi}", "did you mean 'mastectomy'?"),
        ("{diagnosis: {metastatic_site: bones}}", "did you mean 'bone'?"),
        ("{diagnosis: {her3: positive}}", "did you mean 'her2'?"),
        ("{topic: meening}", "did you mean 'meaning'?"),
        ("{wish: chaplin}", "did you mean 'chaplain'?"),
        ("{questionnaire: {code: phq9, total_at_least: 1}}", "did you mean 'phq-9'?"),
        ("{questionnaire: {code: phq-9, item: 10}}", "unknown item '10'"),
        ("{questionnaire: {code: phq-4, positive: true}}", "no cut-off of its own"),
        ("{questionnaire: {code: phq-9}}", "'total_at_least' is missing"),
        ("{doses_missed: {reason: costs}}", "did you mean 'cost'?"),
        ("{doses_missed: {reason: told_to_hold}}", "unknown reason a dose is missed for"),
        ("{doses_missed: {in_row: 3}}", "needs 'reason' or 'in_a_row'"),
        ("{doses_missed: {in_a_row: 3, reasons: cost}}", "did you mean 'reason'?"),
        ("{doses_missed: {in_a_row: 2.5}}", "2.5 is not a whole number"),
        ("{doses_missed: {reason: cost, within: 5 working days}}", "working time has no length"),
        ("{doses_missed: cost}", "'cost' stands where words with values should"),
        ("{dose_missed: {reason: cost}}", "did you mean 'doses_missed'?"),
        ("{prefers: trails}", "did you mean 'trials'?"),
        ("{care: dead}", "unknown care status 'dead'"),
        ("{symptom: nausea, within: 7 dayz}", "'7 dayz' is not a span"),
        ("{symptom: nausea, within: 1 working day}", "working time has no length"),
        ("{symptom: nausea, newly: true, new_or_worse: true}", "exclude each other"),
        ("{symptom: nausea, at_least: 5}", "5 is too big; 4 is the most"),
        ("{symptom: nausea, measure: anc}", "symptom and measure are conditions of their own"),
        ("{answer: severity}", "only inside 'any_symptom'"),
        ("{worsened: true}", "only inside 'any_symptom'"),
        ("{all: [{any_symptom: {answer: grade}}]}", "can only be the whole of 'when'"),
        ("{at_least_of: {count: 2, of: [{topic: body}]}}", "cannot be 2 of 1"),
        ("{any: []}", "'any' needs a list"),
        ("nausea", "stands where words with values should"),
    ],
)
def test_a_condition_with_a_wrong_word_stops_the_start_and_says_which(when, said):
    assert said in refusal(when=when)


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("{alert: {severity: sooon, queue: nursing}}", "did you mean 'soon'?"),
        ("{alert: {severity: soon, queue: nurses}}", "did you mean 'nursing'?"),
        ("{alert: {severity: info, queue: nursing, contact_within: 1 h}}", "has no clock"),
        (
            "{alert: {severity: urgent, queue: nursing, patient_can_snooze: true}}",
            "cannot be snoozed",
        ),
        ("{guidance: {level: call_now, text: fevr}}", "then.guidance.text: unknown guidance text"),
        ("{guidance: {level: call_now, text: fever}}", "is written for 'call_today'"),
        ("{content: [bone-meat]}", "did you mean 'bone-met'?"),
        ("{reminder: {kind: dentist, title: a, about: b}}", "did you mean 'dental'?"),
        (
            "{reminder: {kind: lab, title: a, about: b, local_time: '9'}}",
            "'9' is not a local time",
        ),
        ("{ask: [nausae]}", "unknown question 'nausae'; did you mean 'nausea'?"),
        ("{next: phq9}", "did you mean 'phq-9'?"),
        ("{allert: {}}", "unknown word 'allert'; did you mean 'alert'?"),
        ("{cases: [{when: {topic: body}}]}", "then.cases[0]: a case must lead to something"),
        ("{}", "a rule must lead to something"),
    ],
)
def test_an_outcome_with_a_wrong_word_stops_the_start_and_says_which(then, said):
    assert said in refusal(then=then)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("  version: 1\n", ""), "'version' is missing"),
        (("  source: the test\n", ""), "'source' is missing"),
        (("status: draft, by: null", "status: draft"), "'by' is missing"),
        (("status: draft", "status: signed"), "unknown review status 'signed'"),
        (("  about:", "  abuot: x\n  about:"), "unknown word 'abuot'; did you mean 'about'?"),
        (("- id: X-1", "- id: 7"), "'id' needs text"),
        ((RULE, "rules: []"), "a file of rules is a list of rules"),
    ],
)
def test_a_rule_lacks_nothing_and_has_nothing_else(change, said):
    assert said in refusal(text=RULE.replace(*change))


def test_an_id_stands_once_in_all_files():
    twice = document()
    with pytest.raises(BadRule, match=r"X-1, id: stands in rules/x\.yaml too"):
        compiled([twice, twice])


def test_not_is_true_where_nothing_is_known():
    rules = one_rule("{all: [{topic: body}, {not: {red_flag: rigors}}]}")

    assert rules.evaluate(picture_of({"checks": [{"topics": ["body"]}]}))


def test_any_answers_with_the_records_of_every_part_that_is_true():
    rules = one_rule(f"{{any: [{FEVER}, {{red_flag: rigors}}, {{topic: body}}]}}")
    reports = [{"red_flags": ["rigors"]}, {"hours_ago": 3, "temperature_c": 38.5}]

    (found,) = rules.evaluate(picture_of({"reports": reports, "checks": [{"distress": 1}]}))

    assert {record.id for record in found.records} == {"report-0", "report-1"}
    assert found.values == {"rigors": 1, "temperature_c": 38.5}
    assert found.rests_on({"report-0"})
    assert not found.rests_on({"check-0"})


def test_of_two_values_of_one_name_the_higher_is_kept():
    rules = one_rule(f"{{any: [{{measure: temperature_c, at_least: 39}}, {FEVER}]}}")
    reports = [{"temperature_c": 38.2}, {"hours_ago": 3, "temperature_c": 39.5}]

    (found,) = rules.evaluate(picture_of({"reports": reports}))

    assert found.values == {"temperature_c": 39.5}


def test_unless_holds_back_and_lends_no_records():
    rules = one_rule(FEVER + "\n  unless: {treatment: {modality: surgery}}")
    fever = {"reports": [{"temperature_c": 38.5}]}

    assert rules.evaluate(picture_of(fever))[0].records[0].id == "report-0"
    surgery = {"treatments": [{"code": "mastectomy", "ended_days_ago": 3}]}
    assert rules.evaluate(picture_of(fever | surgery)) == []


def test_the_first_case_that_holds_is_the_one():
    rules = one_rule(
        FEVER,
        "{content: [nausea], cases: ["
        "{when: {measure: temperature_c, at_least: 39}, alert: {severity: urgent, queue: nursing}},"
        "{when: {measure: temperature_c, at_least: 38}, alert: {severity: soon, queue: nursing}}]}",
    )

    (high,) = rules.evaluate(picture_of({"reports": [{"temperature_c": 39.5}]}))
    (low,) = rules.evaluate(picture_of({"reports": [{"temperature_c": 38.5}]}))

    assert (high.case, high.outcome.alert.severity) == (0, "urgent")
    assert (low.case, low.outcome.alert.severity) == (1, "soon")
    assert low.outcome.content == ("nausea",)


def test_a_site_may_set_its_own_threshold_in_place_of_ours():
    ours = one_rule(FEVER)
    theirs = rules_in(document("{measure: temperature_c, at_least: 37.5}"), vocabulary())

    fever = picture_of({"reports": [{"temperature_c": 37.8}]})
    assert ours.evaluate(fever) == []
    assert [one.rule for one in ours.replacing(theirs).evaluate(fever)] == ["X-1"]


def test_the_most_pressing_comes_first():
    given = report_of(nausea=(3, 3), fatigue=(2, 2), sad=(2, 2, 2)) | {
        "temperature_c": 38.2,
        "red_flags": ["jaw_pain", "seizure"],
    }
    before = report_of(nausea=(1, 1), fatigue=(1, 1), sad=(1, 1, 1)) | {"days_ago": 7}
    picture = picture_of(
        {
            "reports": [given, before],
            "treatments": [{"code": "ribociclib"}, {"code": "denosumab_120"}],
            "checks": [{"distress": 8}],
        }
    )

    order = [finding.rule for finding in rule_set().evaluate(picture, purposes={"alert"})]

    assert list(dict.fromkeys(order)) == [
        "EM-FEVER",
        "EM-BRAIN",
        "SN-HYPOCA",
        "DIS-7",
        "SN-ILD",
        "SN-ONJ",
        "SYM-SEV",
        "SYM-WORSE",
        "SYM-MOD2",
        "DIS-4",
        "SYM-MOD1",
    ]


def test_rules_load_without_the_web_or_the_database():
    code = (
        "import service.care.rules, sys; "
        "sys.exit(bool({'flask', 'sqlalchemy', 'marshmallow'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
