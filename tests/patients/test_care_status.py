"""Care status: a death entered twice, undone, and reports from accounts that have ended."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.notify.models import OutboxMessage

NOW = "2026-03-02T09:00:00-08:00"
DEATH = {"care_status": "deceased", "died_on": "2026-03-01"}
SURE = {**DEATH, "confirm": True}


@pytest.fixture
def becomes(call, world):
    def becomes(who="nora", **status):
        return call(who, f"PATCH /patients/{world['ana'].patient_id}", status)

    return becomes


@pytest.fixture
def report(call):
    def report(flag="chest_pain"):
        body = {"id": str(uuid4()), "reported_at": NOW, "red_flags": [flag]}
        return call("ana", "POST /patients/me/symptom-reports", body)

    return report


def unclosed(call, who="ada"):
    return call(who, "GET /alerts").json["items"]


def test_a_death_is_entered_twice(call, becomes, world):
    first = becomes(**DEATH)
    assert (first.status_code, first.json["type"].rpartition("/")[2]) == (
        409,
        "confirmation-needed",
    )
    assert call("nora", f"GET /patients/{world['ana'].patient_id}").json["care_status"] == "active"
    second = becomes(**SURE)
    assert (second.status_code, second.json["care_status"], second.json["died_on"]) == (
        200, "deceased", "2026-03-01",
    )  # fmt: skip


@pytest.mark.parametrize("day", [None, "2026-03-03"])
def test_a_death_has_a_day_that_has_come(becomes, day):
    body = {"care_status": "deceased", "confirm": True, **({"died_on": day} if day else {})}
    answer = becomes(**body)
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
        422, "day-of-death-unusable",
    )  # fmt: skip


@pytest.mark.parametrize("who", ["ana", "sol", "chaya", "ada", "hugo"])
def test_who_may_not_enter_a_death(becomes, who):
    assert becomes(who=who, **SURE).status_code in {403, 404}


def test_a_death_closes_what_was_hers_and_stands_by_her_family(app, call, becomes, report, world):
    report()
    reminder = {"id": str(uuid4()), "kind": "custom", "title": "Walk", "recurrence": "FREQ=DAILY",
                "local_start": "2026-03-03T09:00"}  # fmt: skip
    assert call("ana", "POST /patients/me/reminders", reminder).status_code == 201
    assert becomes(**SURE).status_code == 200

    assert unclosed(call) == []
    [closed] = call("nora", "GET /alerts?state=closed").json["items"]
    assert closed["outcome"] == "deceased"
    path = f"/patients/{world['ana'].patient_id}/reminders/{reminder['id']}"
    assert call("nora", f"GET {path}").json["status"] == "ended"
    sols = call("sol", "GET /support-requests").json["items"]
    chayas = call("chaya", "GET /support-requests").json["items"]
    assert [one["kind"] for one in chayas] == ["bereavement"]
    assert [one["kind"] for one in sols] == ["bereavement"] * 2
    with app.app_context(), transaction() as session:
        waiting = session.scalars(
            sa.select(OutboxMessage.to_staff).where(OutboxMessage.state == "pending")
        ).all()
    assert set(waiting) <= {True}


def test_undoing_a_death_puts_everything_back_where_it_stood(call, becomes, report):
    report()
    [before] = unclosed(call)
    call(
        "nora", f"POST /alerts/{before['id']}/contact-attempts", {"how": "phone", "reached": False}
    )
    check = {"id": str(uuid4()), "checked_at": NOW, "distress": 8}
    call("ana", "POST /patients/me/wellbeing-checks", check)
    states = {one["queue"]: (one["state"], one["assignee"]) for one in unclosed(call)}
    assert {state for state, _ in states.values()} == {"in_progress", "open"}

    becomes(**SURE)
    undone = becomes(care_status="active")
    assert (undone.status_code, undone.json["died_on"]) == (200, None)
    assert {one["queue"]: (one["state"], one["assignee"]) for one in unclosed(call)} == states
    assert call("chaya", "GET /support-requests").json["items"] == []
    assert call("ana", "GET /patients/me/support-requests").json["items"] == []


def test_whoever_had_an_alert_is_told_that_it_is_back(app, call, becomes, report, world):
    report()
    [alert] = unclosed(call)
    call("omar", f"POST /alerts/{alert['id']}/acknowledge", {})
    becomes(**SURE)
    becomes(care_status="active")
    with app.app_context(), transaction() as session:
        last = session.scalars(
            sa.select(OutboxMessage).order_by(OutboxMessage.created_at, OutboxMessage.id)
        ).all()[-1]
    assert last.recipient_id == world["omar"].account_id


@pytest.mark.parametrize("ended", [SURE, {"care_status": "withdrawn"}])
def test_a_report_from_an_account_that_has_ended_finds_out_for_a_person(
    call, becomes, report, ended
):
    becomes(**ended)
    told = report()
    assert told.status_code == 201
    assert told.json["guidance"]["level"] == "emergency"
    report("seizure")
    [alert] = unclosed(call)
    assert (alert["queue"], alert["severity"], alert["rules"]) == (
        "coordination", "urgent", ["CARE-STATUS"],
    )  # fmt: skip
    assert call("cora", "GET /alerts").json["items"][0]["id"] == alert["id"]


def test_a_mild_report_from_such_an_account_is_answered_too(call, becomes):
    becomes(care_status="withdrawn")
    body = {"id": str(uuid4()), "reported_at": NOW, "note": "hello"}
    told = call("ana", "POST /patients/me/symptom-reports", body).json["guidance"]
    assert (told["level"], told["phone"]) == ("call_today", "206-555-0100")


def test_a_withdrawal_leaves_open_alerts_to_people(call, becomes, report):
    report()
    becomes(care_status="withdrawn")
    [alert] = unclosed(call)
    assert alert["state"] == "open"


def test_a_profile_changes_field_by_field(call, world):
    call("ana", "PATCH /patients/me", {"ecog": 2, "home": {"lat": 47.6, "lon": -122.3}})
    changed = call(
        "ana", "PATCH /patients/me", {"home": None, "information_preferences": {"trials": True}}
    )
    again = call("ana", "PATCH /patients/me", {"information_preferences": {"prognosis": False}})
    assert (changed.json["ecog"], changed.json["home"]) == (2, None)
    assert again.json["information_preferences"] == {"trials": True, "prognosis": False}
    late = call("ana", "PATCH /patients/me", {"ecog": 1}, headers={"If-Match": '"1"'})
    assert late.status_code == 412


@pytest.mark.parametrize("number", ["+1 206 555 0100", "(206) 555-0100 ext. 12", "911"])
def test_her_number_is_kept_as_she_writes_it(call, number):
    assert call("ana", "PATCH /patients/me", {"phone": number}).json["phone"] == number
    assert call("ana", "PATCH /patients/me", {"phone": None}).json["phone"] is None


@pytest.mark.parametrize("number", ["x", "1", "call me", "javascript:1", "1" * 41, "12\n34", ""])
def test_what_nobody_can_call_is_no_number(call, number):
    refused = call("ana", "PATCH /patients/me", {"phone": number})
    assert refused.status_code == 422
    assert {error["pointer"] for error in refused.json["errors"]} == {"/phone"}


def test_she_does_not_change_her_own_status(call):
    assert call("ana", "PATCH /patients/me", {"care_status": "paused"}).status_code == 403


def test_the_panel_knows_her_under_her_new_name(call):
    long = "\N{LATIN SMALL LETTER SHARP S}" * 200
    assert call("ana", "PATCH /patients/me", {"display_name": long}).status_code == 200
    found = call("nora", "GET /panel", query_string={"q": long[:40]}).json["items"]
    assert [one["display_name"] for one in found] == [long]


def test_a_wrong_day_of_death_is_put_right_and_nothing_else_happens(call, becomes):
    becomes(**SURE)
    before = call("chaya", "GET /support-requests").json["items"]
    unsure = becomes(care_status="deceased", died_on="2026-02-27")
    assert unsure.status_code == 409
    right = becomes(care_status="deceased", died_on="2026-02-27", confirm=True)
    again = becomes(care_status="deceased", died_on="2026-02-27", confirm=True)
    assert (right.json["died_on"], again.json["version"]) == ("2026-02-27", right.json["version"])
    assert call("chaya", "GET /support-requests").json["items"] == before
    ahead = becomes(care_status="deceased", died_on="2026-03-03", confirm=True)
    assert ahead.status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"died_on": "2026-03-01"}, "/died_on"), ({"confirm": True}, "/confirm"),
     ({"care_status": "withdrawn", "died_on": "2026-03-01"}, "/died_on")],
)  # fmt: skip
def test_a_day_of_death_without_a_death_is_refused_and_not_passed_over(becomes, body, pointer):
    answer = becomes(**body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json["errors"]] == [pointer]


REPORTS = {
    "symptom-reports": {"reported_at": NOW, "note": "hello"},
    "wellbeing-checks": {"checked_at": NOW, "distress": 2},
    "measurements": {"code": "weight", "value": 60, "unit": "kg", "measured_at": NOW},
    "questionnaire-responses": {
        "questionnaire": "phq-2", "answers": {"1": 0, "2": 0}, "status": "completed",
        "answered_at": NOW,
    },
}  # fmt: skip


@pytest.mark.parametrize("ended", [SURE, {"care_status": "withdrawn"}])
def test_whatever_is_reported_after_the_end_is_kept_answered_and_looked_into_once(
    call, becomes, ended
):
    becomes(**ended)
    for path, body in REPORTS.items():
        answer = call("ana", f"POST /patients/me/{path}", {"id": str(uuid4()), **body})
        assert answer.status_code == 201, path
        if "guidance" in answer.json:
            assert answer.json["guidance"]["level"] == "call_today", path
        assert call("ana", f"GET /patients/me/{path}").json["items"], path
    [alert] = unclosed(call)
    assert (alert["queue"], alert["severity"], alert["rules"]) == (
        "coordination", "urgent", ["CARE-STATUS"],
    )  # fmt: skip


def test_from_a_death_to_a_withdrawal_nothing_goes_out_and_alerts_are_open_again(
    call, becomes, report
):
    """The death was an error, and she wants no more: her open alerts are for people again."""
    report()
    becomes(**SURE)
    assert becomes(care_status="withdrawn").json["died_on"] is None
    [alert] = unclosed(call)
    assert alert["state"] == "open"
    assert call("chaya", "GET /support-requests").json["items"] == []
