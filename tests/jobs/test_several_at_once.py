"""Two schedulers at once, and she answering meanwhile: each row once, nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.db import db, transaction
from service.notify.models import OutboxMessage
from service.reminders.models import Reminder, ReminderOccurrence
from service.reminders.planning import plan_occurrences
from service.reminders.releasing import release_due
from tests.jobs.scheduler import Broken, Scheduler, fill


def at_once(*works) -> None:
    """Do several things in threads that begin together; raise what any of them raised."""
    together = threading.Barrier(len(works))

    def begin(work) -> None:
        together.wait()
        work()

    with ThreadPoolExecutor(len(works)) as threads:
        for running in [threads.submit(begin, work) for work in works]:
            running.result()


def count(app, what) -> int:
    with app.app_context(), transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(what))


def test_several_schedulers_send_each_occurrence_once(app, world, clock):
    fill(app, world, clock, 60)
    schedulers = [Scheduler(app, clock) for _ in range(3)]

    at_once(*(scheduler.tick for scheduler in schedulers))
    schedulers[0].tick()  # what the others were holding just then
    assert count(app, ReminderOccurrence) == 60 * 7
    clock.pass_time(hours=1)
    at_once(*(scheduler.tick for scheduler in schedulers))
    schedulers[0].tick()

    keys = [key for scheduler in schedulers for key in scheduler.sent_keys()]
    assert (len(keys), len(set(keys))) == (60, 60)
    with app.app_context(), transaction() as session:
        states = session.execute(
            sa.select(ReminderOccurrence.status, sa.func.count())
            .group_by(ReminderOccurrence.status)
            .order_by(ReminderOccurrence.status)
        ).all()
    assert [tuple(row) for row in states] == [("due", 360), ("sent", 60)]


def test_she_may_answer_while_it_is_being_sent(app, world, clock, call):
    ids = []
    for minute in range(20):
        body = {
            "id": str(uuid4()), "kind": "custom", "title": "x",
            "local_start": f"2026-03-02T10:{minute:02}", "nag_after_minutes": 5,
        }  # fmt: skip
        assert call("ana", "POST /patients/me/reminders", body).status_code == 201
    items = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    ids = [item["id"] for item in items]
    clock.pass_time(hours=1, minutes=20)
    statuses = []

    def answer_all() -> None:
        client = app.test_client()
        for id in ids:
            path = f"/api/v1/patients/me/reminder-occurrences/{id}/done"
            statuses.append(client.post(path, headers=world["ana"].headers).status_code)

    scheduler = Scheduler(app, clock)
    at_once(answer_all, scheduler.tick, Scheduler(app, clock).tick)
    clock.pass_time(hours=1)
    scheduler.tick()

    assert statuses == [200] * 20
    done = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    assert {item["status"] for item in done} == {"done"}
    assert not [key for key in scheduler.sent_keys() if key.endswith(":nag")]
    assert (
        count(app, sa.select(OutboxMessage).where(OutboxMessage.state == "pending").subquery()) == 0
    )


def test_who_is_being_written_to_is_passed_over_and_not_waited_for(app, world, clock, database_url):
    if database_url.startswith("sqlite"):
        return  # one writer at a time: the scheduler waits for its turn
    fill(app, world, clock, 3)
    with app.app_context(), transaction() as session:
        [one, *_others] = session.scalars(
            sa.select(Reminder.patient_id).order_by(Reminder.patient_id)
        )
        session.execute(sa.update(Patient).where(Patient.id == one).values(change_no=5))
        planned = []

        def plan_meanwhile() -> None:
            with app.app_context(), transaction() as other:
                planned.append(plan_occurrences(other, now=clock.now(), limit=500))

        at_once(plan_meanwhile)
    with app.app_context(), transaction() as session:
        planned.append(plan_occurrences(session, now=clock.now(), limit=500))
    assert planned == [2, 1]


@pytest.mark.parametrize("step", [plan_occurrences, release_due])
def test_a_batch_costs_the_same_however_many(app, world, clock, step):
    costs = []
    for patients in (2, 25):
        fill(app, world, clock, patients)
        now = clock.now()
        if step is release_due:
            with app.app_context(), transaction() as session:
                plan_occurrences(session, now=now, limit=500)
            now += timedelta(hours=1)
        with app.app_context(), transaction() as session:
            costs.append(
                _statements(
                    session, lambda session=session, now=now: step(session, now=now, limit=500)
                )
            )
    assert costs[0] == costs[1]
    assert costs[0] <= 6


def test_planning_anew_costs_the_same_however_many(app, world, clock):
    costs = []
    for patients in (2, 25):
        fill(app, world, clock, patients)
        with app.app_context(), transaction() as session:
            plan_occurrences(session, now=clock.now(), limit=500)
        with app.app_context(), transaction() as session:
            # Another time of day, another rhythm: some rows go, some come, some move.
            session.execute(
                sa.update(Reminder).values(
                    needs_planning=True,
                    recurrence="FREQ=DAILY;INTERVAL=2",
                    dose_days_only=False,
                    change_no=Reminder.change_no + 1,
                )
            )
        now = clock.now() + timedelta(hours=1)
        with app.app_context(), transaction() as session:
            costs.append(
                _statements(
                    session,
                    lambda session=session, now=now: plan_occurrences(session, now=now, limit=500),
                )
            )
    assert costs[0] == costs[1]
    assert costs[0] <= 10


def test_a_batch_takes_no_more_patients_than_asked(app, world, clock):
    fill(app, world, clock, 5)
    with app.app_context(), transaction() as session:
        assert plan_occurrences(session, now=clock.now(), limit=3) == 3


def test_killed_at_any_step_a_second_round_ends_in_the_same_place(app, world, clock):
    class Killed(BaseException):
        pass

    fill(app, world, clock, 4)
    Scheduler(app, clock).tick()
    clock.pass_time(hours=1)
    phone = Broken(Killed(), Killed(), takes=True)
    with pytest.raises(Killed):
        Scheduler(app, clock, phone).tick()
    clock.pass_time(seconds=30)
    heir = Scheduler(app, clock)
    heir.tick()

    # What was taken and not recorded goes out again; nothing is lost.
    taken = {m.collapse_key for m in phone.sent}
    assert len(taken) >= 2
    assert len(taken | set(heir.sent_keys())) == 4
    sent = sa.select(ReminderOccurrence).where(ReminderOccurrence.status == "sent").subquery()
    assert count(app, sent) == 4


def _statements(session: Session, do) -> int:
    seen = []

    def note(conn, cursor, statement, parameters, context, executemany):
        seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        do()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len([statement for statement in seen if not statement.startswith("BEGIN")])
