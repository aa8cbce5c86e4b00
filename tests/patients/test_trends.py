"""Lines over time: what is drawn, and who may see it."""

from uuid import uuid4

import pytest

from service.accounts.models import Grant
from service.db import transaction

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
