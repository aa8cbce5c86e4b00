"""What family reports: heard by the rules, and kept apart from what she says herself (S-81)."""

from uuid import uuid4

import pytest

from service.accounts.models import Grant
from service.db import transaction
from tests.family.conftest import NOW


@pytest.fixture
def hugo_may(app, world, clock):
    """Let Hugo see, and so report, symptoms."""
    with app.app_context(), transaction() as session:
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=["symptoms"], granted_at=clock.now(),
            )
        )  # fmt: skip


@pytest.fixture
def says(call, world, hugo_may):
    """Report a nausea, or what else is said."""

    def says(who, severity=None, **body):
        answers = [{"symptom": "nausea", "frequency": severity, "severity": severity}]
        sent = {"id": str(uuid4()), "reported_at": NOW, **body}
        if severity is not None:
            sent["answers"] = answers
        path = f"POST /patients/{world['ana'].patient_id}/symptom-reports"
        return call(who, path, sent)

    return says


def test_s81_a_report_of_family_is_theirs_wherever_it_is_shown(call, world, clock, says, browse):
    hers = says("ana", 1).json
    clock.pass_time(hours=2)
    his = says("hugo", 4, reported_at="2026-03-02T11:00:00-08:00", note="He worries").json
    pid = world["ana"].patient_id

    assert (his["reported_by"], hers["reported_by"]) == ("caregiver", None)
    assert his["guidance"]["level"] != "none"  # whoever reports is told what to do
    listed = call("nora", f"GET /patients/{pid}/symptom-reports").json["items"]
    assert [one["reported_by"] for one in listed] == ["caregiver", None]
    trend = call("ana", "GET /patients/me/trends?measure=nausea").json
    assert [one["id"] for one in trend["points"]] == [hers["id"]]
    assert [one["id"] for one in trend["family_points"]] == [his["id"]]
    told = call("ana", "GET /patients/me/timeline?kinds=symptom_report").json["items"]
    assert [one["summary"]["reported_by"] for one in told] == ["caregiver", None]
    page = browse("nora").text(f"/patients/{pid}")
    assert "Her family reported" in page
    assert "He worries" in page
    [row] = call("nora", "GET /panel").json["items"]
    assert [one["grade"] for one in row["worst_symptoms"]] == [hers["answers"][0]["grade"]]


def test_s81_her_check_in_is_never_filled_with_what_family_said(call, clock, says):
    says("ana", 2)
    clock.pass_time(hours=2)
    says("hugo", 4, reported_at="2026-03-02T11:00:00-08:00")
    clock.pass_time(days=1)

    form = call("ana", "GET /patients/me/check-in").json

    assert [one["severity"] for one in form["same_as_last"]["answers"]] == [2]
    assert form["answered_today"] is False
    clock.pass_time(hours=2)
    says("hugo", 1, reported_at=clock.now().isoformat())
    assert call("ana", "GET /patients/me/check-in").json["answered_today"] is False


def test_s81_an_alert_fires_on_what_family_reports_and_says_so(call, says, browse):
    assert says("hugo", red_flags=["chest_pain"]).json["guidance"]["level"] == "emergency"
    [alert] = call("nora", "GET /alerts").json["items"]
    whole = call("nora", f"GET /alerts/{alert['id']}").json
    assert alert["severity"] == "urgent"
    assert whole["reasons"][0]["records"][0]["reported_by"] == "caregiver"
    assert "by her family" in browse("nora").text(f"/alerts/{alert['id']}")


def test_s81_worse_is_worse_than_the_same_person_said(call, clock, says):
    """She says 0, he says 3: that is no worsening of hers, and his next 3 is none of his."""

    def worsenings():
        found = call("nora", "GET /alerts").json["items"]
        return [rule for one in found for rule in one["rules"] if "WORSE" in rule]

    says("ana", 0)
    for hours, who, severity in ((2, "hugo", 2), (2, "hugo", 2), (2, "ana", 1)):
        clock.pass_time(hours=hours)
        says(who, severity, reported_at=clock.now().isoformat())
    assert worsenings() == []
    clock.pass_time(hours=2)
    says("ana", 3, reported_at=clock.now().isoformat())
    assert worsenings() != []


def test_s81_family_speaks_in_no_name_but_their_own(says):
    hers = says("ana", 1).json
    for wrong in ({"reported_by": "patient"}, {"reported_by": "nurse"}, {"corrects": hers["id"]}):
        answer = says("hugo", 1, **wrong)
        assert (answer.status_code, answer.json["type"][-9:]) == (422, "/not-hers")
    assert says("hugo", 1, reported_by="caregiver").status_code == 201
