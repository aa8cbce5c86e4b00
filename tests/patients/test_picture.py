"""The picture as each role may see it: a fact is shown to whom its record is."""

from uuid import uuid4

import pytest

NOW = "2026-03-02T09:00:00-08:00"


@pytest.fixture
def everything_known(call, world):
    """Ana has something of every kind on file."""
    sent = [
        ("PUT diagnosis", {"recurrence": "distant", "metastatic_sites": ["bone"]}),
        ("PATCH ", {"birth_year": 1970, "sex": "female"}),
        ("POST treatments", {"code": "letrozole", "started_on": "2026-02-02", "status": "active"}),
        ("POST symptom-reports", {
            "reported_at": NOW, "red_flags": ["night_back_pain"], "temperature_c": 37.0,
            "answers": [{"symptom": "nausea", "frequency": 1, "severity": 1}],
        }),
        ("POST wellbeing-checks", {
            "checked_at": NOW, "distress": 3, "mood": 3, "topics": ["practical"],
            "contact_wanted": ["chaplain"], "safe_now": True,
        }),
        ("POST questionnaire-responses", {
            "questionnaire": "phq-2", "answers": {"1": 0, "2": 1}, "status": "completed",
            "answered_at": NOW,
        }),
    ]  # fmt: skip
    for what, body in sent:
        method, path = what.split(" ")
        own = {"id": str(uuid4())} if method == "POST" else {}
        answer = call("ana", f"{method} /patients/me/{path}".rstrip("/"), own | body)
        assert answer.status_code in {200, 201}, (what, answer.json)
    anc = {"id": str(uuid4()), "code": "anc", "value": 1500, "unit": "/mm3", "measured_at": NOW}
    path = f"/patients/{world['ana'].patient_id}/measurements"
    assert call("nora", f"POST {path}", anc).status_code == 201


@pytest.fixture
def kinds(call, world, everything_known):
    """What facts somebody sees are about: the first words of their names."""
    path = f"/patients/{world['ana'].patient_id}"

    def kinds(who):
        facts = call(who, f"GET {path}/picture").json["facts"]
        return {one["fact"].partition(".")[0] for one in facts}

    return kinds


def test_she_sees_every_fact_there_is(kinds):
    assert kinds("ana") == {
        "days_since_joining", "care_status", "information_preferences", "birth_year", "sex",
        "days_since_last_report", "diagnosis", "treatment", "symptom", "red_flag", "measure",
        "distress", "mood", "topics", "contact_wanted", "safe_now", "questionnaire",
    }  # fmt: skip


@pytest.mark.parametrize("who", ["nora", "omar"])
def test_nurses_and_physicians_see_what_she_sees(kinds, who):
    assert kinds(who) == kinds("ana")


def test_a_social_worker_sees_no_measured_value(kinds, call, world):
    assert call("sol", f"GET /patients/{world['ana'].patient_id}/measurements").status_code == 403
    assert kinds("sol") == kinds("ana") - {"measure"}
