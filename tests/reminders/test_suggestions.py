"""What a rule suggests asks for nothing until she accepts it."""

from datetime import UTC, datetime

import pytest

from service.accounts.queries import lock_patient
from service.db import transaction
from service.records import Change
from service.reminders import actions, answering
from service.reminders.planning import plan_anew_where_she_is
from tests.jobs.scheduler import Scheduler

BECAUSE = {"text": "You take denosumab", "records": [{"type": "treatment", "id": "1"}]}


@pytest.fixture
def as_ana(app, clock, world):
    """Run something in a transaction that changes Ana's record."""

    def as_ana(do, **columns):
        ana = world["ana"]
        with app.app_context(), transaction() as session:
            patient = lock_patient(session, ana.patient_id)
            change = Change(
                patient_id=patient.id, change_no=patient.change_no, by=ana.account_id,
                now=clock.now(),
            )  # fmt: skip
            return do(session, patient, change)

    return as_ana


@pytest.fixture
def suggest(as_ana):
    def suggest(**more):
        said = {
            "rule": "BONE-1",
            "rule_version": 1,
            "kind": "dental",
            "title": "See the dentist first",
        }
        said |= more

        return as_ana(
            lambda session, patient, change: actions.suggest(
                session, patient, change=change, because=BECAUSE, **said
            )
        )

    return suggest


@pytest.fixture
def the_only_one(call):
    def the_only_one():
        [one] = call("ana", "GET /patients/me/reminders").json["items"]
        return one

    return the_only_one


def test_a_suggestion_says_why_and_sends_nothing(app, clock, call, suggest, the_only_one):
    assert suggest() is True

    one = the_only_one()
    assert (one["status"], one["because"], one["local_start"]) == ("suggested", BECAUSE, None)
    clock.pass_time(days=30)
    assert Scheduler(app, clock).tick().released == 0
    assert call("ana", "GET /patients/me/reminder-occurrences").json["items"] == []


def test_an_accepted_suggestion_reminds(call, suggest, the_only_one):
    suggest()
    path = f"/patients/me/reminders/{the_only_one()['id']}"

    without_time = call("ana", f"PATCH {path}", {"status": "active"})
    accepted = call("ana", f"PATCH {path}", {"status": "active", "local_start": "2026-03-04T09:00"})

    assert (without_time.status_code, without_time.json["errors"][0]["pointer"]) == (
        422,
        "/local_start",
    )
    assert (accepted.json["status"], accepted.json["because"]) == ("active", BECAUSE)
    [occurrence] = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    assert occurrence["due_at"] == "2026-03-04T17:00:00Z"


@pytest.mark.parametrize("code", ["denosumab_120", "zoledronic_acid", "abemaciclib", "neratinib"])
def test_every_suggestion_says_why_and_is_accepted_with_one_call(app, clock, call, code):
    body = {
        "id": "01890000-0000-7000-8000-0000000000aa", "code": code, "started_on": "2026-03-02",
        "status": "active",
    }  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    suggested = call("ana", "GET /patients/me/reminders").json["items"]
    assert suggested
    for one in suggested:
        assert one["because"]["text"]
        assert one["because"]["about"]
        assert (one["treatment_id"], one["dose_days_only"]) == (body["id"], False)
        path = f"PATCH /patients/me/reminders/{one['id']}"
        accepted = call("ana", path, {"status": "active"})
        assert (accepted.status_code, accepted.json["status"]) == (200, "active")
        assert accepted.json["local_start"][:10] == "2026-03-03"
        due = call("ana", f"GET /patients/me/reminder-occurrences?reminder_id={one['id']}").json
        assert due["items"][-1]["local_at"] == accepted.json["local_start"]


def test_a_drug_with_severe_diarrhea_suggests_to_have_a_plan(call):
    body = {
        "id": "01890000-0000-7000-8000-0000000000aa", "code": "abemaciclib",
        "started_on": "2026-03-12", "status": "planned",
    }  # fmt: skip
    call("ana", "POST /patients/me/treatments", body)
    titles = {one["title"]: one for one in call("ana", "GET /patients/me/reminders").json["items"]}
    plan = titles["Diarrhea plan"]
    assert "loperamide" in plan["because"]["about"]
    assert (plan["recurrence"], plan["local_start"]) == (None, "2026-03-03T09:00")
    changed = {"status": "active", "local_start": "2026-03-05T12:00", "title": "Ask about my plan"}
    accepted = call("ana", f"PATCH /patients/me/reminders/{plan['id']}", changed).json
    assert accepted.items() >= changed.items()


@pytest.mark.parametrize("recurrence", [None, "FREQ=WEEKLY;INTERVAL=4"])
def test_a_suggestion_accepted_late_begins_tomorrow(clock, call, suggest, the_only_one, recurrence):
    suggest(local_start="2026-03-03T09:00", recurrence=recurrence)
    clock.pass_time(days=20, hours=2)
    path = f"/patients/me/reminders/{the_only_one()['id']}"
    assert call("ana", f"PATCH {path}", {"status": "active"}).json["local_start"] == (
        "2026-03-23T09:00"
    )
    [occurrence] = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    assert occurrence["due_at"] == "2026-03-23T16:00:00Z"


@pytest.mark.parametrize("answer", ["declined", "deleted", "none"])
def test_a_suggestion_is_made_once(call, suggest, the_only_one, answer):
    suggest()
    path = f"/patients/me/reminders/{the_only_one()['id']}"
    if answer == "declined":
        assert call("ana", f"PATCH {path}", {"status": "declined"}).json["status"] == "declined"
    if answer == "deleted":
        call("ana", f"DELETE {path}")

    assert suggest() is False
    assert suggest(title="The same in new words", rule_version=2) is False

    items = call("ana", "GET /patients/me/reminders").json["items"]
    assert [one["status"] for one in items] == {
        "declined": ["declined"],
        "deleted": [],
        "none": ["suggested"],
    }[answer]


def test_a_declined_suggestion_may_still_be_accepted(call, suggest, the_only_one):
    suggest(local_start="2026-03-04T09:00")
    path = f"/patients/me/reminders/{the_only_one()['id']}"
    call("ana", f"PATCH {path}", {"status": "declined"})
    assert call("ana", f"PATCH {path}", {"status": "active"}).json["status"] == "active"


def test_two_kinds_by_one_rule_are_two_suggestions(suggest, call):
    assert suggest() is True
    assert suggest(kind="medication", title="Calcium and vitamin D") is True
    assert len(call("ana", "GET /patients/me/reminders").json["items"]) == 2


DAILY = {
    "id": "01890000-0000-7000-8000-000000000001", "kind": "check_in", "title": "How are you?",
    "recurrence": "FREQ=DAILY", "local_start": "2026-03-02T20:00",
}  # fmt: skip


def test_checking_in_completes_todays_reminder_before_it_rings(call, as_ana):
    call("ana", "POST /patients/me/reminders", DAILY)

    done = as_ana(
        lambda session, patient, change: answering.complete_day(
            session, patient, change=change, kind="check_in", at=change.now
        )
    )

    assert done == 1
    statuses = [
        o["status"] for o in call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    ]
    assert statuses[::-1] == ["done"] + ["due"] * 6


def test_reminders_travel_with_her(app, clock, world, call, as_ana):
    call("ana", "POST /patients/me/reminders", DAILY | {"local_start": "2026-03-02T10:00"})
    clock.moment = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
    scheduler = Scheduler(app, clock)
    scheduler.tick()  # ten o'clock in Los Angeles, and she has been reminded
    clock.pass_time(minutes=5)

    def fly_to_honolulu(session, patient, change):
        moved = patient._replace(time_zone="Pacific/Honolulu")
        plan_anew_where_she_is(session, moved, change=change)

    as_ana(fly_to_honolulu)

    due = call("ana", "GET /patients/me/reminder-occurrences").json["items"][::-1]
    # Ten o'clock comes again two hours later there; she has had that one.
    assert [(o["local_at"], o["status"]) for o in due[:2]] == [
        ("2026-03-02T10:00", "sent"),
        ("2026-03-03T10:00", "due"),
    ]
    assert due[1]["due_at"] == "2026-03-03T20:00:00Z"


def test_everything_ends_at_once_in_a_fixed_number_of_statements(app, clock, call, as_ana, world):
    for n in range(3):
        call(
            "ana",
            "POST /patients/me/reminders",
            DAILY | {"id": DAILY["id"][:-1] + str(n + 2), "local_start": "2026-03-02T09:30"},
        )
    call("ben", "POST /patients/me/reminders", DAILY | {"local_start": "2026-03-02T09:30"})
    clock.pass_time(hours=1)
    scheduler = Scheduler(app, clock)

    as_ana(lambda session, patient, change: actions.end_all(session, patient.id, change=change))
    scheduler.tick()

    assert {r["status"] for r in call("ana", "GET /patients/me/reminders").json["items"]} == {
        "ended"
    }
    statuses = [
        o["status"] for o in call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    ]
    assert statuses == ["missed"] * 3
    assert [message.recipient_id for message in scheduler.phone.sent] == [world["ben"].account_id]


def test_what_an_error_ended_is_taken_up_again_and_nothing_else(app, clock, call, as_ana, suggest):
    suggest()
    ids = [DAILY["id"][:-1] + digit for digit in "56"]
    for id in ids:
        call("ana", "POST /patients/me/reminders", DAILY | {"id": id, "kind": "custom"})
    call("ana", f"PATCH /patients/me/reminders/{ids[0]}", {"status": "ended"})
    before = call("ana", "GET /patients/me/reminder-occurrences").json["items"]

    as_ana(lambda session, patient, change: actions.end_all(session, patient.id, change=change))
    as_ana(lambda session, patient, change: actions.end_all(session, patient.id, change=change))
    assert call("ana", "GET /patients/me/reminder-occurrences").json["items"] == []
    as_ana(
        lambda session, patient, change: actions.take_up_again(session, patient.id, change=change)
    )

    reminders = call("ana", "GET /patients/me/reminders").json["items"]
    assert sorted(one["status"] for one in reminders) == ["active", "ended", "suggested"]
    after = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    assert [(o["id"], o["status"]) for o in after] == [(o["id"], o["status"]) for o in before]
    clock.pass_time(hours=11)
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    assert scheduler.sent_keys() == [before[-1]["id"]]
