"""Lines over time: what is drawn, and who may see it."""

from datetime import date
from uuid import uuid4

import pytest

from service.accounts.models import Grant
from service.db import transaction
from tests.treatments.doses import DAILY, answer, prescribe

NOW = "2026-03-02T09:00:00-08:00"
EARLIER = "2026-02-23T09:00:00-08:00"


@pytest.fixture
def hugo_sees_symptoms(app, world, clock):
    with app.app_context(), transaction() as session:
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=["symptoms"], granted_at=clock.now(),
            )
        )  # fmt: skip


def line(call, who, measure, patient="me", **days):
    return call(who, f"GET /patients/{patient}/trends", query_string={"measure": measure, **days})


def test_a_line_has_her_grades_and_leaves_gaps_where_she_did(call):
    for at, frequency, severity in ((EARLIER, 2, 3), (NOW, "prefer_not_to_answer", 1)):
        answer = {"symptom": "nausea", "frequency": frequency, "severity": severity}
        body = {"id": str(uuid4()), "reported_at": at, "answers": [answer]}
        assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201

    drawn = line(call, "ana", "nausea").json
    assert [point["value"] for point in drawn["points"]] == [2, None]
    assert (drawn["least"], drawn["most"], drawn["unit"]) == (0, 3, "grade")


def test_treatments_stand_beside_the_line(call):
    body = {"id": str(uuid4()), "code": "letrozole", "started_on": "2026-01-15", "status": "active"}
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201

    [mark] = line(call, "ana", "nausea").json["marks"]
    assert (mark["on"], mark["kind"]) == ("2026-01-15", "started")


def test_dose_changes_stand_beside_the_line(call, app, world):
    ana = world["ana"].patient_id
    body = {
        "id": str(uuid4()),
        "code": "ribociclib",
        "started_on": "2026-01-05",
        "status": "active",
    }
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    same = {"day_one": date(2026, 1, 5)}
    for starts_at, ends_at, what in (
        ("2026-01-05T00:00", "2026-01-20T10:00", {"dose": "600 mg"}),
        ("2026-01-20T10:00", "2026-01-27T08:00", {"dose": "600 mg", "status": "held"}),
        ("2026-01-27T08:00", "2026-02-10T00:00", {"dose": "400 mg"}),
        ("2026-02-10T00:00", "2026-02-12T00:00", {"dose": "400 mg", "schedule": DAILY | {"times": ["21:00"]}}),
        ("2026-02-14T00:00", None, {"dose": None, "schedule": DAILY | {"times": ["21:00"]}}),
    ):  # fmt: skip
        prescribe(app, ana, body["id"], starts_at, ends_at, **same | what)

    marks = [
        ("2026-01-05", "started", "ribociclib started"),
        ("2026-01-20", "held", "ribociclib held"),
        ("2026-01-27", "dose_changed", "ribociclib dose changed to 400 mg"),
        ("2026-01-27", "resumed", "ribociclib resumed"),
        ("2026-02-10", "schedule_changed", "ribociclib schedule changed"),
        ("2026-02-14", "dose_changed", "ribociclib dose changed"),
        ("2026-02-14", "resumed", "ribociclib resumed"),
    ]  # fmt: skip
    assert drawn(call) == marks
    assert drawn(call, **{"from": "2026-01-20", "to": "2026-01-27"}) == marks[1:4]
    assert drawn(call, **{"from": "2026-02-10", "to": "2026-02-13"}) == marks[4:5]
    assert drawn(call, **{"from": "2026-02-13"}) == marks[5:]
    assert drawn(call, **{"from": "2026-01-21", "to": "2026-01-26"}) == []


def drawn(call, **days):
    marks = line(call, "ana", "nausea", **days).json["marks"]
    return [(mark["on"], mark["kind"], mark["text"]) for mark in marks]


def test_the_visit_page_says_which_doses_were_missed_and_why(call, app, world):
    def missed():
        page = call(
            "omar", f"GET /patients/{world['ana'].patient_id}/visit-summary?since=2026-02-01"
        )
        [section] = [one for one in page.json["sections"] if one["title"] == "Doses missed"]
        return section["lines"]

    ana = world["ana"]
    ids = {}
    for code in ("ribociclib", "letrozole", "olaparib"):
        ids[code] = str(uuid4())
        body = {"id": ids[code], "code": code, "started_on": "2026-01-05", "status": "active"}
        assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    assert missed() == []
    answer(app, ana, ids["ribociclib"], "2026-01-25", 7, "missed", "cost")
    answer(app, ana, ids["ribociclib"], "2026-02-01", 12, "missed", "side_effects")
    answer(app, ana, ids["ribociclib"], "2026-02-20", 2, "missed")
    answer(app, ana, ids["ribociclib"], "2026-02-22", 3)
    answer(app, ana, ids["letrozole"], "2026-02-26", 1, "missed", "forgot")
    answer(app, ana, ids["letrozole"], "2026-02-27", 1, "held", "told_to_hold")
    answer(app, ana, ids["olaparib"], "2026-02-26", 1, "missed", "cost")
    assert call("ana", f"DELETE /patients/me/treatments/{ids['olaparib']}").status_code == 204

    lines = missed()

    assert [one["text"] for one in lines] == [
        "letrozole: 1 dose missed (forgot 1), on 26 February. 1 held on advice. "
        "Taken as planned on 0 % of the days it was due.",
        "ribociclib: 14 doses missed (no reason given 2, side effects 12), the last on 21 February. "
        "Taken as planned on 18 % of the days it was due.",
    ]
    # Of the twelve the latest ten, and both without a reason.
    assert [len(one["records"]) for one in lines] == [1, 12]
    assert {record["type"] for one in lines for record in one["records"]} == {"dose"}


def test_an_unknown_measure_is_422(call):
    answer = line(call, "ana", "happiness")
    assert answer.status_code == 422
    assert answer.json["type"].endswith("/measure-unknown")


def test_her_husband_sees_symptoms_and_no_distress(call, world, hugo_sees_symptoms):
    ana = world["ana"].patient_id
    assert line(call, "hugo", "nausea", ana).status_code == 200
    assert line(call, "hugo", "weight", ana).status_code == 200
    assert line(call, "hugo", "distress", ana).status_code == 403
    assert line(call, "hugo", "mood", ana).status_code == 403


@pytest.mark.parametrize(
    ("who", "measure", "status"),
    [("nora", "distress", 200), ("nora", "anc", 200), ("sol", "distress", 200), ("sol", "anc", 403),
     ("cora", "nausea", 200), ("cora", "distress", 403), ("cora", "anc", 403),
     ("chaya", "nausea", 403), ("olga", "nausea", 404), ("olga", "distress", 404)],
)  # fmt: skip
def test_a_line_is_for_those_who_may_read_what_it_is_about(call, world, who, measure, status):
    assert line(call, who, measure, world["ana"].patient_id).status_code == status
