"""Rules in plain words: every condition has some, and they say the thresholds of the file."""

import re

import pytest

from service.care.rules import rule_set, vocabulary
from service.care.rules.compile import CONDITIONS
from service.care.rules.words import WORDS, condition_words
from service.care.rules_in_force import shipped
from service.care.rules_shown import REVIEW_WORDS, chosen, rule_shown, rules_shown
from service.errors import NotFound

RULES = [rule.id for rule in rule_set().by_id.values()]
_OUTSIDE_WORDS = {"metastatic_site", "code", "class", "effect", "modality", "reason", "attribute"}


def said(condition):
    return [text for _, text in condition_words(condition, vocabulary()).lines()]


def numbers_in(written):
    """Return every number a condition holds, as a person would read it."""
    if isinstance(written, dict):
        return [
            n
            for key, value in written.items()
            if key not in _OUTSIDE_WORDS
            for n in numbers_in(value)
        ]
    if isinstance(written, list):
        return [number for one in written for number in numbers_in(one)]
    if isinstance(written, bool):
        return []
    if isinstance(written, int | float):
        return [f"{written:g}"] if written else []
    return re.findall(r"^\d+(?= )", str(written))


def test_every_condition_of_the_language_has_words():
    assert set(WORDS) == set(CONDITIONS)


@pytest.mark.parametrize("rule_id", RULES)
def test_no_threshold_of_a_rule_is_left_out(rule_id):
    data = rule_set().by_id[rule_id].data
    conditions = [data["when"], *([data["unless"]] if "unless" in data else [])]
    conditions += [case["when"] for case in data["then"].get("cases", [])]
    for condition in conditions:
        words = " ".join(said(condition))
        assert all(number in words for number in numbers_in(condition)), words
        assert "_" not in words


def test_a_fever_on_treatment_reads_like_the_protocol():
    rule = rule_set().by_id["EM-FEVER"].data

    assert said(rule["when"]) == [
        "At least one of these is true:",
        "Temperature in °C: at least 38, in the last 24 hours",
        "She ticked “Shaking chills”, in the last 7 days",
        "Chills: severity at least 2, in the last 7 days",
    ]
    assert said(rule["then"]["cases"][0]["when"]) == [
        "She is on a treatment with this effect: lowers blood cells (myelosuppressive); "
        "counts until 42 days after its end"
    ]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"age": {"at_least": 65, "below": 80}}, "Her age is at least 65 and below 80"),
        ({"procedure": "any", "within_days": 1}, "She had any procedure in the last 1 day"),
        ({"treatment": {"effect": "onj"}}, "She is on a treatment with this effect: damage to the "
         "jaw bone (osteonecrosis); counts for ever"),
        ({"treatment": {"code": "t_dxd", "started_within_days": 30, "within_days": 0}},
         "She is on fam-trastuzumab deruxtecan, begun in the last 30 days; counts until its end"),
        ({"worsened": "nausea"}, "Nausea rose by 2 points or more since an answer of the last 14 days"),
        ({"questionnaire": {"code": "gad-2", "positive": True}},
         "GAD-2: total at least 3, its own cut-off, in the last 14 days"),
        ({"safe_now": True}, "To “are you safe now” she answered yes, in the last 7 days"),
        ({"diagnosis": {"er": ["positive"], "metastatic": False}},
         "Her diagnosis: er positive, not metastatic"),
        ({"symptom": "nausea", "at_least": 2, "at_most": 2, "new_or_worse": True},
         "Nausea: any answer exactly 2, new, or worse than the answer before, in the last 7 days"),
        ({"worsened": "nausea", "by": 1},
         "Nausea rose by 1 point or more since an answer of the last 14 days"),
        ({"symptom": "cough", "in_reports": {"count": 3, "in_a_row": True}},
         "Cough: any answer at least 1, in 3 reports one after the other, in the last 7 days"),
        ({"answer": "presence", "newly": True, "except": ["flashing_lights"]},
         "Presence at least 1, newly so: the answer before was lower, or there was none, not of "
         "Flashing lights"),
        ({"treatment": {"code": "everolimus", "started_days_ago": {"at_least": 1, "below": 57}}},
         "She is on everolimus, days since it began: at least 1 and below 57; counts until 30 days "
         "after its end"),
        ({"doses_missed": {"reason": ["cost", "supply"]}},
         "A dose was missed, for the reason cost or supply, in the last 7 days"),
    ],
)  # fmt: skip
def test_a_condition_says_all_it_asks(condition, words):
    assert said(condition) == [words]


def test_every_rule_is_shown_with_what_follows():
    assert list(rules_shown(shipped())) == RULES
    for rule in rules_shown(shipped()).values():
        assert rule["cases"]
        assert rule["review"]["words"] in REVIEW_WORDS.values()
    fever = rule_shown(shipped(), "EM-FEVER")
    assert (fever["severity"], fever["queue"], fever["severities"]) == (
        "urgent", "nursing", ["urgent", "soon"],
    )  # fmt: skip
    assert fever["cases"][0]["guidance"]["level"] == "call_now"
    assert fever["cases"][1]["contact_within"] == "24 hours"


def test_a_time_the_rule_leaves_to_the_policy_is_said():
    alerts = [
        case
        for rule in rules_shown(shipped()).values()
        for case in rule["cases"]
        if case["severity"]
    ]
    assert all(case["acknowledge_within"] for case in alerts if case["severity"] != "info")


def test_rules_are_chosen_by_queue_severity_and_sign_off():
    urgent = chosen(shipped(), queue="social_work", severity="urgent")
    assert {rule["id"] for rule in urgent} >= {"SI-9", "SI-CSSRS"}
    assert all(rule["review"]["status"] == "draft" for rule in chosen(shipped(), review="draft"))
    assert chosen(shipped(), review="reviewed") == []


def test_an_unknown_rule_is_none():
    with pytest.raises(NotFound):
        rule_shown(shipped(), "EM-NOTHING")


def test_the_api_lists_them_for_all_staff(call):
    answer = call("eva", "GET /rules?queue=nursing&severity=urgent").json["items"]

    assert {rule["queue"] for rule in answer} == {"nursing"}
    [fever] = [rule for rule in answer if rule["id"] == "EM-FEVER"]
    assert fever["when"][0] == {"depth": 0, "text": "At least one of these is true:"}
    assert fever["review"] == {
        "status": "draft", "by": None, "on": None, "words": "draft: not signed by a clinician",
    }  # fmt: skip
    assert call("ana", "GET /rules").status_code == 403
    assert call("eva", "GET /rules?queue=dentistry").status_code == 422
