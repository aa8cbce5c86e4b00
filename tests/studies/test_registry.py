"""A study of the registry as it may come: without this, with an odd that, full of HTML."""

from datetime import date

import pytest

from service.clinical import knowledge
from service.studies.reading_in import reader
from service.studies.registry import StudyFault, cleaned, day_in, days_in, described
from tests.studies.conftest import PAGES, study


def kept(data):
    return described(data, knowledge().studies, reader())


def test_every_sample_study_can_be_read():
    rows = [kept(one) for page in PAGES for one in page["studies"]]

    assert [row["nct_id"] for row in rows] == [f"NCT9900000{number}" for number in range(1, 10)]
    assert [row["is_shown"] for row in rows] == [True] * 6 + [False] + [True] * 2
    assert [row["tab"] for row in rows][5] == "supportive"
    assert [row["tab"] for row in rows][7] == "observational"
    assert [row["is_phase_1"] for row in rows] == [True, *[False] * 3, True, *[False] * 4]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "not a study"), ([], "not a study"), (5, "not a study"),
        ({}, "without a number of the form NCT and eight digits"),
        ({"protocolSection": []}, "without a number of the form NCT and eight digits"),
        (study("NCT1"), "without a number of the form NCT and eight digits"),
        (study(identificationModule={"nctId": 5}), "without a number of the form NCT and eight digits"),
        (study(identificationModule={"briefTitle": " <b></b> "}), "without a title"),
        (study(statusModule={"overallStatus": None}), "without a status"),
    ],
)  # fmt: skip
def test_what_is_no_study_is_refused_in_words_of_ours(data, reason):
    with pytest.raises(StudyFault) as refused:
        kept(data)
    assert refused.value.reason == reason


def test_a_study_with_nothing_more_than_it_must_have_is_kept():
    row = kept(study())

    assert row["criteria"] == []
    assert row["sites"] == []
    assert (row["sex"], row["minimum_age_days"], row["maximum_age_days"]) == ("ALL", None, None)
    assert (row["study_type"], row["phases"], row["tab"]) == ("UNKNOWN", [], "treatment")


@pytest.mark.parametrize(
    "junk", [None, 5, "x", [], {}, [[]], [None, 5], {"a": []}, True, [{"geoPoint": 5}], 1e300]
)
def test_a_module_of_any_shape_breaks_nothing(junk):
    for name in (
        "statusModule", "conditionsModule", "designModule", "armsInterventionsModule",
        "eligibilityModule", "contactsLocationsModule", "descriptionModule",
    ):  # fmt: skip
        data = study()
        if name != "statusModule":
            data["protocolSection"][name] = junk
        for field in ("studyType", "phases", "interventions", "conditions", "locations", "sex",
                      "minimumAge", "eligibilityCriteria", "lastUpdatePostDateStruct"):  # fmt: skip
            whole = study(**{name: {field: junk}})
            assert kept(whole)["nct_id"] == "NCT99000100"
        assert kept(data)["nct_id"] == "NCT99000100"


def test_an_unknown_status_hides_a_study_and_keeps_it():
    row = kept(study(statusModule={"overallStatus": "SOMETHING_NEW"}))

    assert (row["status"], row["is_shown"]) == ("SOMETHING_NEW", False)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("18 Years", 6574), ("1 Year", 365), ("6 Months", 182), ("2 Weeks", 14), ("3 Days", 3),
        ("5 Hours", 0), ("N/A", None), ("eighteen", None), (None, None), (18, None), ("", None),
    ],
)  # fmt: skip
def test_ages(text, days):
    assert days_in(text) == days


def test_an_age_that_cannot_be_read_is_a_question_and_no_limit():
    row = kept(study(eligibilityModule={"minimumAge": "grown up", "maximumAge": "N/A"}))

    assert row["minimum_age_days"] is None
    assert [(one["section"], one["text"]) for one in row["criteria"]] == [
        ("unclear", "Youngest age: grown up")
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-05-20", date(2026, 5, 20)), ("2026-05", date(2026, 5, 1)), ("2026", date(2026, 1, 1)),
        ("2026-13", None), ("2026-02-30", None), ("0000", None), ("soon", None), (None, None),
        ("\u0662\u0660\u0662\u0666", None),
    ],
)  # fmt: skip
def test_days(text, day):
    assert day_in(text) == day


def test_html_and_control_characters_are_taken_out_of_texts():
    text = "a <b>bold</b> &lt;script&gt;x&lt;/script&gt;<img src=x onerror=y> ANC < 2 and > 1 &amp;\x00\x07"

    assert cleaned(text).split() == ["a", "bold", "x", "ANC", "<", "2", "and", ">", "1", "&"]
    assert "<" not in cleaned("<iframe src='https://example.org'></iframe>")
    assert cleaned("\ud800x") == "?x"


def test_the_same_study_has_the_same_digest_and_a_changed_one_another():
    one = kept(study())
    again = kept(study())
    other = kept(study(statusModule={"overallStatus": "COMPLETED"}))

    assert one["digest"] == again["digest"] != other["digest"]
