"""Reminders of doses ring on the days of the doses."""

from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.accounts.queries import lock_patient
from service.db import transaction
from service.records import Change
from service.reminders.dose_days import DoseDays, dose_days_of
from service.reminders.models import Reminder
from service.reminders.planning import plan_anew_for_treatments, plan_occurrences
from service.treatments.models import DosagePeriod
from tests.jobs.scheduler import Scheduler

REMINDERS, OCCURRENCES = "/patients/me/reminders", "/patients/me/reminder-occurrences"
TWO_ON_TWO_OFF = {"type": "on_off", "on_days": 2, "off_days": 2}


@pytest.fixture
def treatment(call):
    body = {"id": str(uuid4()), "code": "capecitabine", "started_on": "2026-03-02", "status": "active"}  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    return body["id"]


@pytest.fixture
def takes(app, world, clock):
    """Set what is to be taken of a treatment: (from, until, status, schedule) each."""

    def takes(treatment, *periods, tell=True):
        with app.app_context(), transaction() as session:
            patient = lock_patient(session, world["ana"].patient_id)
            session.execute(sa.delete(DosagePeriod))
            for starts_at, ends_at, status, schedule in periods:
                session.add(
                    DosagePeriod(
                        patient_id=patient.id, treatment_id=UUID(treatment), starts_at=starts_at,
                        ends_at=ends_at, status=status, day_one=date(2026, 3, 2),
                        schedule=schedule, made_at=clock.now(),
                    )
                )  # fmt: skip
            session.flush()
            change = Change(patient.id, patient.change_no, world["ana"].account_id, clock.now())
            if tell:
                plan_anew_for_treatments(session, patient, [UUID(treatment)], change=change)

    return takes


@pytest.fixture
def remind(call, treatment):
    def remind(status=201, **more):
        body = {
            "id": str(uuid4()), "kind": "medication", "title": "Tablets", "treatment_id": treatment,
            "recurrence": "FREQ=DAILY", "local_start": "2026-03-02T20:00",
        } | more  # fmt: skip
        answer = call("ana", f"POST {REMINDERS}", body)
        assert answer.status_code == status, answer.json
        return answer.json

    return remind


@pytest.fixture
def days(call):
    def days():
        items = call("ana", f"GET {OCCURRENCES}?limit=100").json["items"]
        return [int(one["local_at"][8:10]) for one in reversed(items)]

    return days


@pytest.mark.parametrize(
    ("more", "rings_on_dose_days_only"),
    [
        ({}, True),
        ({"dose_days_only": None}, True),
        ({"dose_days_only": False}, False),
        ({"kind": "custom"}, False),
        ({"kind": "custom", "dose_days_only": True}, True),
        ({"treatment_id": None}, False),
    ],
)
def test_medication_for_a_treatment_goes_by_its_dose_days_unless_it_says_otherwise(
    remind, call, more, rings_on_dose_days_only
):
    made = remind(**more)
    assert made["dose_days_only"] is rings_on_dose_days_only
    assert call("ana", f"GET {REMINDERS}/{made['id']}").json == made


def test_off_weeks_ask_nothing_and_the_top_up_goes_on_after_them(
    app, clock, remind, takes, treatment, days
):
    fortnight = {"type": "on_off", "on_days": 2, "off_days": 14}
    takes(treatment, ("2026-03-02T00:00", None, "active", fortnight))
    remind()
    assert days() == [2, 3]
    for _ in range(16):
        clock.pass_time(days=1)
        with app.app_context(), transaction() as session:
            plan_occurrences(session, now=clock.now(), limit=500)
    assert days() == [2, 3, 18, 19]


@pytest.fixture
def asked(app, call, clock, remind):
    """One reminder that has rung and one that is due, both of ten in the morning."""

    def asked(then=None):
        clock.pass_time(hours=1)
        remind(local_start="2026-03-02T10:00", nag_after_minutes=30)
        scheduler = Scheduler(app, clock)
        scheduler.tick()
        scheduler.tick()
        [rung] = scheduler.phone.sent
        if then is not None:
            [id] = rung.body["occurrences"]
            assert (
                call("ana", f"POST {OCCURRENCES}/{id}/snooze", {"minutes": 40}).status_code == 200
            )
        remind(local_start="2026-03-02T10:00", title="Not gone out yet")
        return scheduler

    return asked


@pytest.mark.parametrize("snoozed", [None, "snoozed"])
@pytest.mark.parametrize(
    "end", [{"status": "held"}, {"status": "stopped"}, {"ended_on": "2026-03-01"}, None]
)
def test_what_has_rung_rings_no_more_once_the_course_is_on_hold_or_over(
    call, clock, treatment, asked, snoozed, end
):
    end = end and {**end, **({"started_on": "2026-02-23"} if "ended_on" in end else {})}
    scheduler = asked(snoozed)

    path = f"/patients/me/treatments/{treatment}"
    changed = call("ana", f"PATCH {path}", end) if end else call("ana", f"DELETE {path}")
    assert changed.status_code in (200, 204)
    clock.pass_time(minutes=45)
    scheduler.tick()
    scheduler.tick()

    assert len(scheduler.phone.sent) == 1
    items = call("ana", f"GET {OCCURRENCES}?to=2026-03-02").json["items"]
    became = {(one["status"], one["missed_because"]) for one in items}
    assert became == {("missed", "ended"), ("missed", "ended") if snoozed else ("sent", None)}


def test_another_dose_leaves_what_has_rung_and_a_break_what_is_to_come(
    call, clock, treatment, asked, days
):
    scheduler = asked("snoozed")
    path = f"PATCH /patients/me/treatments/{treatment}"
    assert call("ana", path, {"dose": "1500 mg"}).status_code == 200
    clock.pass_time(minutes=45)
    scheduler.tick()
    scheduler.tick()
    assert len(scheduler.phone.sent) > 1

    # It begins on Wednesday after all: Wednesday's is not missed.
    assert call("ana", path, {"started_on": "2026-03-04"}).status_code == 200
    items = call("ana", f"GET {OCCURRENCES}?from=2026-03-04&to=2026-03-04").json["items"]
    assert [one["status"] for one in items] == ["due", "due"]


def test_a_hold_a_stop_and_a_new_rhythm_are_followed(remind, takes, treatment, days):
    takes(treatment, ("2026-03-02T00:00", None, "active", TWO_ON_TWO_OFF))
    remind()
    assert days() == [2, 3, 6, 7]
    takes(
        treatment,
        ("2026-03-02T00:00", "2026-03-03T10:00", "active", TWO_ON_TWO_OFF),
        ("2026-03-03T10:00", None, "held", TWO_ON_TWO_OFF),
    )
    assert days() == [2]  # on the 3rd it is held before eight in the evening
    takes(treatment, ("2026-03-02T00:00", "2026-03-06T00:00", "active", TWO_ON_TWO_OFF))
    assert days() == [2, 3]
    takes(treatment, ("2026-03-02T00:00", None, "active", {"type": "daily", "times": ["08:00"]}))
    assert days() == [2, 3, 4, 5, 6, 7, 8]


def test_a_dose_changed_in_the_middle_of_its_day_still_rings_in_the_evening(
    remind, takes, treatment, days
):
    takes(
        treatment,
        ("2026-03-02T00:00", "2026-03-03T10:00", "active", TWO_ON_TWO_OFF),
        ("2026-03-03T10:00", None, "active", TWO_ON_TWO_OFF),
    )
    remind()
    assert days() == [2, 3, 6, 7]


@pytest.mark.parametrize("schedule", [None, {"type": "none"}])
def test_a_course_without_a_schedule_leaves_the_days_to_the_reminder(
    remind, takes, treatment, days, schedule
):
    takes(
        treatment,
        ("2026-03-02T00:00", "2026-03-05T00:00", "active", schedule),
        ("2026-03-05T00:00", None, "held", schedule),
    )
    remind()
    assert days() == [2, 3, 4]


def test_what_came_due_stays_whatever_becomes_of_the_course(clock, remind, takes, treatment, days):
    takes(treatment, ("2026-03-02T00:00", None, "active", TWO_ON_TWO_OFF))
    remind()
    clock.pass_time(hours=13)
    takes(treatment)
    assert days() == [2]


def test_she_may_ask_for_all_days_and_back(call, remind, takes, treatment, days):
    takes(treatment, ("2026-03-02T00:00", None, "active", TWO_ON_TWO_OFF))
    path = f"{REMINDERS}/{remind()['id']}"
    assert call("ana", f"PATCH {path}", {"dose_days_only": False}).json["dose_days_only"] is False
    assert days() == [2, 3, 4, 5, 6, 7, 8]
    call("ana", f"PATCH {path}", {"dose_days_only": True})
    assert days() == [2, 3, 6, 7]
    # Without a treatment there are no dose days: it rings every day rather than never.
    assert call("ana", f"PATCH {path}", {"treatment_id": None}).json["dose_days_only"] is False
    assert days() == [2, 3, 4, 5, 6, 7, 8]
    refused = call("ana", f"PATCH {path}", {"dose_days_only": True})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/dose_days_only")


def test_changing_the_title_keeps_the_treatment(call, remind, treatment):
    made = remind()
    changed = call("ana", f"PATCH {REMINDERS}/{made['id']}", {"title": "Evening tablets"}).json
    assert (changed["treatment_id"], changed["dose_days_only"]) == (treatment, True)


def test_another_patients_treatment_cannot_be_named_in_a_change(call, remind):
    made = remind(treatment_id=None)
    body = {"id": str(uuid4()), "code": "letrozole", "started_on": "2026-03-02", "status": "active"}
    call("ben", "POST /patients/me/treatments", body)
    refused = call("ana", f"PATCH {REMINDERS}/{made['id']}", {"treatment_id": body["id"]})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/treatment_id")


def test_dose_days_of_no_treatment_are_refused(remind):
    refused = remind(422, treatment_id=None, dose_days_only=True)
    assert [error["pointer"] for error in refused["errors"]] == ["/dose_days_only"]


def test_the_days_of_many_treatments_take_one_statement(app, takes, treatment):
    takes(treatment, ("2026-03-02T00:00", None, "active", TWO_ON_TWO_OFF), tell=False)
    with app.app_context(), transaction() as session:
        found = dose_days_of(session, {UUID(treatment), uuid4()}, since=date(2026, 3, 2))
        assert list(found) == [UUID(treatment)]
        assert dose_days_of(session, set(), since=date(2026, 3, 2)) == {}
        assert DoseDays().among([]) == frozenset()
        [flagged] = [session.scalar(sa.select(sa.func.count()).where(Reminder.needs_planning))]
        assert flagged == 0
