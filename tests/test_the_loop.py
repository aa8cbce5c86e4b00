"""The main job, whole: she reports, it is graded, the right person knows, she hears back."""

from uuid import uuid4

import pytest

NOW = "2026-03-02T09:00:00-08:00"


@pytest.fixture
def on_ribociclib(call):
    body = {
        "id": str(uuid4()),
        "code": "ribociclib",
        "started_on": "2026-02-02",
        "status": "active",
    }
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201


def history_of(call, alert):
    return call("nora", f"GET /alerts/{alert['id']}").json["history"]


def report(**changes):
    return {"id": str(uuid4()), "reported_at": NOW, "answers": [], **changes}


def test_fever_on_treatment_goes_all_the_way_round(call, on_ribociclib):
    body = report(
        temperature_c=38.2, answers=[{"symptom": "chills", "frequency": 2, "severity": 2}]
    )
    told = call("ana", "POST /patients/me/symptom-reports", body)

    assert told.status_code == 201
    assert told.json["answers"][0]["grade"] == 2
    assert told.json["guidance"]["level"] == "call_now"
    assert told.json["guidance"]["rules"][0] == "EM-FEVER"
    assert told.json["guidance"]["phone"] == "206-555-0100"

    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    assert (alert["severity"], alert["state"]) == ("urgent", "open")
    assert "EM-FEVER" in alert["rules"]
    assert alert["due_at"] == "2026-03-02T17:30:00Z"

    assert call("nora", f"POST /alerts/{alert['id']}/acknowledge", {}).status_code == 200
    [reply] = call("ana", "GET /patients/me/replies").json["items"]
    assert "nurse" in reply["text"]

    closing = {
        "outcome": "seen", "action": "blood count taken", "contact_made": True,
        "reply_to_patient": "Your blood count is fine.",
    }  # fmt: skip
    assert call("nora", f"POST /alerts/{alert['id']}/close", closing).status_code == 200
    [reply] = call("ana", "GET /patients/me/replies").json["items"]
    assert reply["reply"] == "Your blood count is fine."
    assert call("nora", "GET /alerts").json["items"] == []

    [first, *_] = call("nora", "GET /panel").json["items"]
    assert first["display_name"] == "Ana"


def test_the_same_report_again_changes_nothing(call, on_ribociclib):
    body = report(temperature_c=38.5)
    first = call("ana", "POST /patients/me/symptom-reports", body)
    again = call("ana", "POST /patients/me/symptom-reports", body)
    other = call("ana", "POST /patients/me/symptom-reports", {**body, "temperature_c": 39})

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json == first.json
    assert other.json["type"].endswith("/id-conflict")
    [alert] = call("nora", "GET /alerts").json["items"]
    assert [step["kind"] for step in history_of(call, alert)] == ["opened"]


def test_the_feed_says_why(call, on_ribociclib):
    diagnosis = {"recurrence": "distant", "metastatic_sites": ["bone"]}
    assert call("ana", "PUT /patients/me/diagnosis", diagnosis).status_code == 200
    items = call("ana", "GET /patients/me/feed").json["items"]

    assert "bone-met" in [item["slug"] for item in items]
    assert all(item["reasons"] for item in items)


def test_ben_and_another_clinic_learn_nothing(call, world):
    ana = world["ana"].patient_id
    for stranger in ("ben", "olga", "hugo"):
        answer = call(stranger, f"GET /patients/{ana}/symptom-reports")
        assert answer.status_code == 404
