"""The clock was ahead and is put right: what was done by it is undone, as far as it can be."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.db import db, transaction
from service.jobs.tick import HEARTBEAT, decide_due
from service.notify import leasing
from service.notify.actions import beat
from service.notify.channels import KeptChannel, TryAgain
from service.notify.models import Heartbeat, OutboxMessage
from service.notify.queries import scheduler_is_late
from service.panel.models import PatientSummary
from service.reminders.models import Reminder, ReminderOccurrence
from tests.conftest import MONDAY_MORNING
from tests.jobs.scheduler import Broken, Scheduler, fill

# Ten o'clock on the next Monday is nine on this one's clock: summer time has begun.
A_WEEK = timedelta(days=7)
LATE_AFTER = timedelta(minutes=5)


@pytest.fixture
def read(app):
    def read(*columns):
        with app.app_context(), transaction() as session:
            return session.execute(sa.select(*columns)).all()

    return read


@pytest.mark.parametrize("years", [0.01, 12])
def test_what_was_missed_and_is_still_to_come_comes(app, world, clock, read, years):
    fill(app, world, clock, 3)
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    clock.pass_time(days=365 * years)
    scheduler.tick()
    assert set(read(ReminderOccurrence.missed_because)) >= {("too_late",)}
    # A month of it at most, whatever year it is.
    assert len(read(ReminderOccurrence.id)) <= 3 * (7 + 31 + 7 + 2)

    clock.moment = MONDAY_MORNING
    scheduler.tick()
    assert scheduler.sent_keys() == []
    assert read(Heartbeat.beat_at) == [(MONDAY_MORNING,)]
    assert {status for (status,) in read(ReminderOccurrence.status)} == {"due"}
    planned = read(Reminder.planned_until, Reminder.status)
    assert {at - MONDAY_MORNING for at, status in planned if status == "active"} == {A_WEEK}
    turns = read(PatientSummary.silence_check_at)
    assert all(at <= MONDAY_MORNING + timedelta(days=15) for (at,) in turns)
    for day in range(1, 4):
        clock.moment = MONDAY_MORNING + timedelta(days=day - 1, hours=1, minutes=1)
        scheduler.tick()
        assert len(set(scheduler.sent_keys())) == len(scheduler.sent_keys()) == 3 * day


def test_what_waited_for_another_year_is_tried_now(app, world, clock, read):
    fill(app, world, clock, 1)
    Scheduler(app, clock).tick()
    clock.pass_time(hours=1)
    true = clock.now()
    clock.pass_time(minutes=50)
    Scheduler(app, clock, Broken(TryAgain("busy"))).tick()
    assert read(OutboxMessage.next_try_at)[0][0] > true + timedelta(minutes=50)

    clock.moment = true
    again = Scheduler(app, clock)
    again.tick()
    assert len(again.sent_keys()) == 1


def test_a_worker_held_up_does_not_take_the_others_for_ahead(app, world, clock, read):
    fill(app, world, clock, 1)
    clock.pass_time(hours=1)
    others = Scheduler(app, clock)
    decide_due(app, clock, others.owner)
    with app.app_context(), transaction() as session:
        lease = {"now": clock.now(), "lease": timedelta(days=1)}
        leased = leasing.claim(session, owner=others.owner, limit=9, channel="push", **lease)
    assert leased

    waits = []

    def wait_for_a_turn(*_):
        if not waits:
            waits.append("the other's own turn is not waited for")
            clock.pass_time(minutes=6)
            with app.app_context(), transaction() as session:
                beat(session, HEARTBEAT, clock.now())
            waits.clear()

    with app.app_context():
        pool = db.engine.pool
    held_up = Scheduler(app, clock)
    sa.event.listen(pool, "checkout", wait_for_a_turn)
    held_up.tick()
    sa.event.remove(pool, "checkout", wait_for_a_turn)
    assert read(OutboxMessage.lease_owner) == [(others.owner,)], "what it is sending stays its own"


def test_a_clock_without_a_battery_is_no_judge(app, world, clock, read):
    fill(app, world, clock, 1)
    Scheduler(app, clock).tick()
    before = read(Reminder.planned_until)
    clock.moment = MONDAY_MORNING.replace(year=1970)
    Scheduler(app, clock).tick()
    assert read(Reminder.planned_until) == before


def test_a_heartbeat_from_the_future_is_none(app, clock):
    with app.app_context(), transaction() as session:
        session.add(Heartbeat(name="tick", beat_at=clock.now() + timedelta(days=1)))
    with app.app_context(), transaction() as session:
        assert scheduler_is_late(session, now=clock.now(), after=LATE_AFTER)


def test_a_round_in_which_the_clock_is_put_right_leaves_the_repair_to_the_next(
    app, world, clock, read
):
    fill(app, world, clock, 1)
    Scheduler(app, clock).tick()
    clock.pass_time(hours=1)
    true = clock.now()

    class PutRight(KeptChannel):
        """Sending takes until somebody puts the clock right."""

        def send(self, message):
            clock.moment = true
            return super().send(message)

    clock.pass_time(minutes=50)
    Scheduler(app, clock, PutRight()).tick()
    assert clock.now() == true
    assert read(Heartbeat.beat_at)[0][0] > true
    Scheduler(app, clock).tick()
    assert read(Heartbeat.beat_at)[0][0] == true
