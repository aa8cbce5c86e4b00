"""Done anywhere is done everywhere: a dose completes its reminder, a reminder its dose."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.accounts.queries import lock_patient
from service.care import occurrences
from service.db import transaction
from service.records import Change
from service.reminders.answering import Answer
from service.treatments.models import Dose

TWICE = {"type": "daily", "times": ["08:00", "20:00"]}
ONCE = {"type": "daily", "times": ["20:00"]}


@pytest.fixture
def treatment(call):
    def treatment(schedule=TWICE):
        body = {
            "id": str(uuid4()), "code": "ribociclib", "started_on": "2026-02-16",
            "status": "active", "schedule": schedule,
        }  # fmt: skip
        assert call("ana", "POST /patients/me/treatments", body).status_code == 201
        return body["id"]

    return treatment


@pytest.fixture
def remind(call):
    """Let her be reminded of a treatment from tomorrow on."""

    def remind(treatment, at, follows_doses=True, kind="medication"):
        body = {
            "id": str(uuid4()), "kind": kind, "title": "Pills", "recurrence": "FREQ=DAILY",
            "local_start": f"2026-03-03T{at}", "treatment_id": treatment,
            "dose_days_only": follows_doses,
        }  # fmt: skip
        assert call("ana", "POST /patients/me/reminders", body).status_code == 201
        return body["id"]

    return remind


@pytest.fixture
def occurrence(call):
    """One occurrence of a reminder, by its day in March."""

    def occurrence(reminder, day=3):
        query = {"reminder_id": reminder, "limit": 200}
        items = call("ana", "GET /patients/me/reminder-occurrences", query_string=query).json[
            "items"
        ]
        [found] = [one for one in items if one["local_at"].startswith(f"2026-03-{day:02}")]
        return found

    return occurrence


@pytest.fixture
def dose(call):
    """One dose of a treatment, by day and time."""

    def dose(treatment, at, day=3):
        path = f"GET /patients/me/treatments/{treatment}/doses?limit=200"
        items = call("ana", path).json["items"]
        [found] = [one for one in items if one["local_at"] == f"2026-03-{day:02}T{at}"]
        return found

    return dose


@pytest.fixture
def say(call, dose):
    def say(treatment, at, **what):
        path = f"PUT /patients/me/treatments/{treatment}/doses/{dose(treatment, at)['id']}"
        assert call("ana", path, what).status_code == 200

    return say


@pytest.fixture
def answer(app, world, clock):
    def answer(occurrence, answer=Answer.DONE):
        with app.app_context(), transaction() as session:
            patient = lock_patient(session, world["ana"].patient_id)
            change = Change(patient.id, patient.change_no, world["ana"].account_id, clock.now())
            return occurrences.answer(
                session, patient, change=change, occurrence_id=UUID(occurrence["id"]),
                answer=answer, snooze_for=timedelta(minutes=5),
            ).status  # fmt: skip

    return answer


def test_a_dose_taken_completes_the_reminder_nearest_on_its_day(
    treatment, remind, occurrence, say, clock
):
    id = treatment()
    morning, evening = remind(id, "08:30"), remind(id, "20:00")
    clock.pass_time(hours=23)
    say(id, "20:00", status="taken")
    assert (occurrence(morning)["status"], occurrence(evening)["status"]) == ("due", "done")
    assert occurrence(evening, day=4)["status"] == "due"
    say(id, "08:00", status="missed", reason="forgot")
    assert occurrence(morning)["status"] == "skipped"


def test_a_second_thought_about_a_dose_answers_no_other_reminder(
    treatment, remind, occurrence, say, clock
):
    id = treatment()
    morning, evening = remind(id, "08:00"), remind(id, "20:00")
    clock.pass_time(hours=23)
    say(id, "08:00", status="missed", reason="forgot")
    say(id, "08:00", status="taken")
    assert (occurrence(morning)["status"], occurrence(evening)["status"]) == ("skipped", "due")


def test_reminders_of_something_else_go_on(treatment, remind, occurrence, say, clock):
    id, other = treatment(), treatment()
    elsewhere = remind(other, "08:00")
    of_another_kind = remind(id, "08:00", kind="lab")
    clock.pass_time(hours=23)
    say(id, "08:00", status="taken")
    assert occurrence(elsewhere)["status"] == "due"
    assert occurrence(of_another_kind)["status"] == "due"


def test_every_reminder_about_a_dose_is_silent_and_no_other(
    treatment, remind, occurrence, say, clock
):
    id = treatment()
    soon, again = remind(id, "19:30"), remind(id, "20:30")
    morning, daily = remind(id, "08:30"), remind(id, "20:00", follows_doses=False)
    clock.pass_time(hours=23)
    say(id, "20:00", status="missed", reason="forgot")
    assert [occurrence(one)["status"] for one in (soon, again)] == ["skipped", "skipped"]
    # Another dose's, and calcium every day of an injection.
    assert [occurrence(one)["status"] for one in (morning, daily)] == ["due", "due"]


def test_an_evening_dose_leaves_the_only_reminder_to_the_morning_one(
    treatment, remind, occurrence, say, clock
):
    id = treatment()
    morning = remind(id, "08:30")
    clock.pass_time(hours=23)
    say(id, "20:00", status="taken")
    assert occurrence(morning)["status"] == "due"


@pytest.mark.parametrize(
    ("schedule", "reminded_at", "taken"),
    [
        (ONCE, "08:00", ["20:00"]),  # the only dose of that day, however far from it
        (TWICE, "08:00", ["08:00"]),
        (TWICE, "14:01", ["20:00"]),
        (TWICE, "02:00", ["08:00"]),
        (TWICE, "01:59", []),  # nothing within six hours
    ],
)
def test_done_takes_the_dose_it_is_about(
    treatment, remind, occurrence, dose, answer, clock, schedule, reminded_at, taken
):
    id = treatment(schedule)
    reminder = remind(id, reminded_at)
    clock.pass_time(hours=23)
    assert answer(occurrence(reminder)) == "done"
    found = {at: dose(id, at) for at in schedule["times"]}
    assert [at for at, one in found.items() if one["status"] == "taken"] == taken
    for at in taken:
        assert found[at]["taken_at"] == "2026-03-03T16:00:00Z"


def test_done_twice_takes_it_once_and_never_what_was_answered(
    treatment, remind, occurrence, dose, answer, say, clock
):
    id = treatment(ONCE)
    reminder = remind(id, "20:00")
    clock.pass_time(hours=23)
    answer(occurrence(reminder))
    once = dose(id, "20:00")
    answer(occurrence(reminder))
    assert dose(id, "20:00") == once
    say(id, "20:00", status="missed", reason="supply")
    answer(occurrence(reminder))
    assert dose(id, "20:00")["status"] == "missed"


def test_skipped_and_snoozed_say_nothing_of_the_dose(
    treatment, remind, occurrence, dose, answer, clock
):
    id = treatment(ONCE)
    reminder = remind(id, "20:00")
    clock.pass_time(hours=23)
    assert answer(occurrence(reminder), Answer.SNOOZED) == "due"
    clock.pass_time(hours=12)
    assert answer(occurrence(reminder), Answer.SNOOZED) == "snoozed"
    assert answer(occurrence(reminder), Answer.SKIPPED) == "skipped"
    assert dose(id, "20:00")["status"] == "expected"


@pytest.mark.parametrize("how", [{"follows_doses": False}, {"kind": "lab"}])
def test_a_reminder_that_does_not_follow_doses_takes_none(
    treatment, remind, occurrence, dose, answer, clock, how
):
    id = treatment(ONCE)
    reminder = remind(id, "20:00", **how)
    clock.pass_time(hours=23)
    answer(occurrence(reminder))
    assert dose(id, "20:00")["status"] == "expected"


def test_on_a_day_without_a_dose_and_too_early_it_is_just_done(
    treatment, remind, occurrence, dose, answer, app, clock
):
    id = treatment(ONCE)
    reminder = remind(id, "20:00")
    assert answer(occurrence(reminder, day=4)) == "done"
    assert dose(id, "20:00", day=4)["status"] == "expected"
    off = treatment({"type": "interval", "days": 28})
    of_no_day = remind(off, "09:00", follows_doses=False)
    assert answer(occurrence(of_no_day)) == "done"
    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(Dose).where(Dose.status != "expected")).all() == []


def test_of_a_treatment_that_was_taken_out_it_is_just_done(
    treatment, remind, occurrence, answer, call, clock
):
    id = treatment(ONCE)
    today = occurrence(remind(id, "08:00"))
    clock.pass_time(hours=23)
    assert call("ana", f"DELETE /patients/me/treatments/{id}").status_code == 204
    assert answer(today) == "done"


def test_her_answer_about_a_dose_from_a_closed_account_reaches_a_person(
    treatment, say, call, world, clock
):
    id = treatment(ONCE)
    path = f"/patients/{world['ana'].patient_id}"
    assert call("cora", f"PATCH {path}", {"care_status": "withdrawn"}).status_code == 200
    clock.pass_time(hours=23)
    say(id, "20:00", status="taken")
    alerts = call("cora", "GET /alerts").json["items"]
    assert [one["queue"] for one in alerts] == ["coordination"]
