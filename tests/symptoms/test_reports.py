"""Symptom reports: what may be said, how it is graded, corrected, taken back and listed."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.symptoms.models import SymptomReport
from tests.conftest import MONDAY_MORNING

PATH = "/patients/me/symptom-reports"


@pytest.fixture
def report(call):
    def report(*answers, **more):
        body = {"id": str(uuid4()), "reported_at": MONDAY_MORNING.isoformat(), **more}
        return call("ana", f"POST {PATH}", body | ({"answers": list(answers)} if answers else {}))

    return report


def about(symptom, **attributes):
    return {"symptom": symptom, **attributes}


def graded(answer):
    assert answer.status_code == 201, answer.json
    return answer.json["answers"][0]["grade"]


@pytest.mark.parametrize(
    ("answer", "grade"),
    [(about("nausea", frequency=0, severity=0), 0), (about("nausea", frequency=0), 0),
     (about("nausea", frequency=0, severity=4), 0), (about("nausea", frequency=2, severity=None), None),
     (about("nausea", frequency=2), None), (about("nausea", severity=2), None),
     (about("nausea", frequency="prefer_not_to_answer", severity=4), None),
     (about("nausea", frequency=None, severity=None), None), (about("diarrhea", frequency=4), 3),
     (about("rash", presence=1), None), (about("rash", presence=0), None),
     (about("hair_loss", amount="not_applicable"), None)],
)  # fmt: skip
def test_unknown_is_never_taken_for_mild(report, answer, grade):
    assert graded(report(answer)) == grade


@pytest.mark.parametrize("word", ["not_applicable", "not_sexually_active", "prefer_not_to_answer"])
def test_why_there_is_no_number_is_kept_as_said(report, word):
    told = report(about("nausea", frequency=word)).json["answers"][0]
    assert (told["frequency"], told["grade"]) == (word, None)
    assert "severity" not in told


@pytest.mark.parametrize(
    ("answers", "where"),
    [([about("nausea", presence=1)], "/answers/0/presence"), ([about("rash", severity=1)], "/answers/0/severity"),
     ([about("nausea")], "/answers/0"), ([about("gloom", severity=1)], "/answers/0/symptom"),
     ([about("nausea", frequency=1), about("nausea", frequency=2)], "/answers/1/symptom"),
     ([about("nausea", frequency=5)], "/answers/0/frequency"), ([about("rash", presence=2)], "/answers/0/presence"),
     ([about("nausea", frequency=True)], "/answers/0/frequency"), ([about("nausea", frequency="2")], "/answers/0/frequency"),
     ([about("nausea", frequency=1.0)], "/answers/0/frequency"), ([about("nausea", frequency="unsure")], "/answers/0/frequency"),
     ([about("nausea", frequency=1, grade=3)], "/answers/0/grade"), ([], "/answers")],
)  # fmt: skip
def test_what_does_not_fit_is_422_and_named(report, answers, where):
    answer = report(*answers)
    assert answer.status_code == 422
    assert where in [error["pointer"] for error in answer.json["errors"]]


@pytest.mark.parametrize(
    "bad",
    [{"temperature_c": 29.9}, {"temperature_c": 45.1}, {"red_flags": ["bad_mood"]}, {"note": ""},
     {"reported_at": "2026-03-02T09:00:00"}, {"red_flags": ["seizure", "seizure"]},
     {"stools_over_baseline": -1}, {"reported_by": "neighbour"}, {"body_sites": ["left arm"]}],
)  # fmt: skip
def test_a_report_that_cannot_be_or_says_nothing_is_422(report, bad):
    assert report(**bad).status_code == 422


@pytest.mark.parametrize(
    "just",
    [{"temperature_c": 30}, {"temperature_c": 45.0}, {"note": "ok"}, {"stools_over_baseline": 0},
     {"red_flags": ["rigors"]}],
)  # fmt: skip
def test_one_thing_said_is_a_report(report, just):
    assert report(**just).status_code == 201


def test_a_correction_is_a_new_report_that_names_the_old_one(call, report):
    first = report(about("nausea", frequency=3, severity=3)).json
    second = report(about("nausea", frequency=1, severity=1), corrects=first["id"]).json
    old = call("ana", f"GET {PATH}/{first['id']}").json
    assert (old["corrected_by"], second["corrects"]) == (second["id"], first["id"])
    assert (old["answers"], old["version"]) == (first["answers"], 2)
    again = report(about("nausea", frequency=0), corrects=first["id"])
    assert again.status_code == 422


def test_only_her_own_reports_can_be_corrected(call, report):
    bens = {"id": str(uuid4()), "reported_at": MONDAY_MORNING.isoformat(), "note": "mine"}
    assert call("ben", f"POST {PATH}", bens).status_code == 201
    for what in (bens["id"], str(uuid4())):
        answer = report(note="x", corrects=what)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json["errors"]] == ["/corrects"]
    own = str(uuid4())
    assert report(note="x", id=own, corrects=own).status_code == 422


def test_a_report_taken_back_leaves_a_tombstone(app, call, report, world):
    made = report(about("nausea", frequency=3, severity=3)).json
    path = f"{PATH}/{made['id']}"
    assert call("ana", f"DELETE {path}", headers={"If-Match": '"2"'}).status_code == 412
    assert call("ana", f"DELETE {path}", headers={"If-Match": '"1"'}).status_code == 204
    assert call("ana", f"GET {path}").status_code == 404
    assert call("ana", f"DELETE {path}").status_code == 404
    assert call("ana", f"GET {PATH}").json["items"] == []
    again = report(about("nausea", frequency=3, severity=3), id=made["id"])
    assert again.status_code == 409
    with app.app_context(), transaction() as session:
        [row] = session.scalars(sa.select(SymptomReport)).all()
    assert (row.deleted_at, row.change_no > row.created_change_no) == (MONDAY_MORNING, True)


def test_a_report_is_never_edited(call, report):
    made = report(note="once").json
    for method in ("PATCH", "PUT"):
        assert call("ana", f"{method} {PATH}/{made['id']}", {"note": "twice"}).status_code == 405


def test_a_list_is_read_page_by_page_while_more_comes_in(call, report):
    made = [
        report(
            note=str(n), reported_at=(MONDAY_MORNING - timedelta(hours=n // 2)).isoformat()
        ).json["id"]
        for n in range(12)
    ]
    seen, cursor = [], ""
    while cursor is not None:
        page = call("ana", f"GET {PATH}?limit=5{cursor and '&cursor=' + cursor}").json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        report(note="newer")
        late = MONDAY_MORNING - timedelta(days=9)
        if len(seen) == 5:
            report(note="older", reported_at=late.isoformat())
    assert len(seen) == len(set(seen)) == 13
    assert set(made) <= set(seen)


def test_a_page_says_when_it_is_the_last(call, report):
    for n in range(3):
        report(note=str(n))
    assert call("ana", f"GET {PATH}?limit=3").json["next_cursor"] is None
    assert call("ana", f"GET {PATH}?limit=2").json["next_cursor"] is not None
    assert call("ana", f"GET {PATH}?cursor=nonsense").status_code == 422


@pytest.mark.parametrize(
    ("before", "after", "fires"),
    [({"frequency": 0, "severity": 0}, {"frequency": 2, "severity": 0}, True),
     ({"frequency": 1, "severity": 1}, {"frequency": 2, "severity": 2}, False),
     (None, {"frequency": 2, "severity": 2}, False),
     ({"frequency": None, "severity": None}, {"frequency": 2, "severity": 2}, False),
     ({"frequency": 3, "severity": 2}, {"frequency": 0, "severity": None}, False)],
)  # fmt: skip
def test_worse_is_two_points_more_than_the_last_completed_answer(
    call, report, before, after, fires
):
    if before:
        earlier = (MONDAY_MORNING - timedelta(days=7)).isoformat()
        report(about("nausea", **before), reported_at=earlier)
    report(about("nausea", **after))
    rules = {rule for one in call("nora", "GET /alerts").json["items"] for rule in one["rules"]}
    assert ("SYM-WORSE" in rules) is fires


def test_something_new_that_is_only_there_or_not_is_information(call, report):
    report(about("rash", presence=1))
    [alert] = call("nora", "GET /alerts").json["items"]
    assert (alert["severity"], alert["rules"]) == ("info", ["SYM-MOD1"])


def test_laboratory_values_are_entered_by_staff(call, world):
    def value(**what):
        return {"id": str(uuid4()), "measured_at": MONDAY_MORNING.isoformat(), **what}

    anc = value(code="anc", value=0.4, unit="10*9/L")
    assert call("ana", "POST /patients/me/measurements", anc).status_code == 403
    path = f"/patients/{world['ana'].patient_id}/measurements"
    assert call("nora", f"POST {path}", anc).status_code == 201
    for bad in ({"value": 60, "unit": "stone"}, {"value": 600, "unit": "kg"}):
        answer = call("ana", "POST /patients/me/measurements", value(code="weight", **bad))
        assert answer.status_code == 422
    fever = value(code="temperature", value=100.4, unit="°F")
    assert call("ana", "POST /patients/me/measurements", fever).status_code == 201
