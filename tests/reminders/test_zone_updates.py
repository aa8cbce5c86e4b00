"""A government moves its clocks: what is ahead follows, what is past does not."""

import io
from datetime import timedelta
from importlib.resources import files
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.ids import new_id
from service.reminders import zone_updates
from service.reminders.models import Reminder, ReminderOccurrence, ZoneClock
from tests.jobs.scheduler import Scheduler

HOUR = timedelta(hours=1)
LOS_ANGELES = "America/Los_Angeles"


@pytest.fixture
def sql(app):
    def sql(statement):
        with app.app_context(), transaction() as session:
            result = session.execute(statement)
            return None if statement.is_dml else result.all()

    return sql


@pytest.fixture
def remind(call):
    def remind(name="ana", **more):
        body = {
            "id": str(uuid4()), "kind": "custom", "title": "Tablets", "recurrence": "FREQ=DAILY",
            "local_start": "2026-03-02T10:00",
        } | more  # fmt: skip
        assert call(name, "POST /patients/me/reminders", body).status_code == 201
        return body["id"]

    return remind


@pytest.fixture
def due(call):
    def due(name="ana"):
        items = call(name, "GET /patients/me/reminder-occurrences").json["items"]
        return [(one["local_at"][8:], one["due_at"][8:], one["status"]) for one in reversed(items)]

    return due


def planned_by_other_rules(sql):
    """As if an hour later by the clock, for all that is there."""
    for id, at in sql(sa.select(ReminderOccurrence.id, ReminderOccurrence.due_at)):
        sql(
            sa.update(ReminderOccurrence)
            .where(ReminderOccurrence.id == id)
            .values(due_at=at + HOUR, next_at=at + HOUR)
        )


def updated(sql):
    """As if the zone data had been others until now."""
    sql(sa.update(ZoneClock).values(fingerprint="another"))


def altered(zone: str, was: bytes, now: bytes) -> ZoneInfo:
    data = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    assert data.count(was) == 1
    return ZoneInfo.from_file(io.BytesIO(data.replace(was, now)), key=zone)


def test_a_fingerprint_tells_rules_that_differ_by_a_day_or_an_hour():
    berlin = zone_updates.fingerprint(ZoneInfo("Europe/Berlin"))
    rule = b"CET-1CEST,M3.5.0,M10.5.0/3"
    assert zone_updates.fingerprint(altered("Europe/Berlin", rule, rule)) == berlin
    for other in (b"CET-1CEST,M3.4.0,M10.5.0/3", b"CET-1CEST,M3.5.0,M10.5.0/2", b"CET-1"):
        assert zone_updates.fingerprint(altered("Europe/Berlin", rule, other)) != berlin
    assert zone_updates.fingerprint(ZoneInfo("Europe/Paris")) == berlin
    assert zone_updates.fingerprint_of("Mars/Olympus") is None


def test_the_first_look_keeps_the_fingerprints_of_the_zones_in_use(app, clock, remind, sql):
    remind(time_zone="Asia/Tokyo")
    Scheduler(app, clock).tick()
    assert dict(sql(sa.select(ZoneClock.name, ZoneClock.fingerprint))) == {
        name: zone_updates.fingerprint_of(name) for name in (LOS_ANGELES, "Asia/Tokyo")
    }


def test_what_is_ahead_follows_and_what_is_past_does_not(app, clock, remind, due, sql):
    remind()
    right = due()
    Scheduler(app, clock).tick()
    planned_by_other_rules(sql)
    clock.pass_time(hours=2, minutes=5)
    Scheduler(app, clock).tick()
    clock.pass_time(hours=23, minutes=25)
    assert [row[1:] for row in due()[:2]] == [
        ("02T19:00:00Z", "sent"), ("03T19:00:00Z", "due"),
    ]  # fmt: skip

    updated(sql)
    counts = Scheduler(app, clock).tick()

    after = due()
    assert counts.clocks_changed == 1
    assert after[0] == ("02T10:00", "02T19:00:00Z", "sent")
    # Still to come by the old rules, and half an hour ago by the new: at once.
    assert after[1] == ("03T10:00", "03T18:30:00Z", "sent")
    assert after[2:7] == right[2:]
    assert sql(sa.select(sa.func.count()).where(Reminder.needs_planning)) == [(0,)]
    [(kept,)] = sql(sa.select(ZoneClock.fingerprint).where(ZoneClock.name == LOS_ANGELES))
    assert kept == zone_updates.fingerprint_of(LOS_ANGELES)


def test_only_reminders_that_go_by_that_clock_are_planned_anew(app, clock, remind, due, sql):
    mine = remind()
    theirs = remind(time_zone="Asia/Tokyo")
    ended = remind()
    sql(sa.update(Reminder).where(Reminder.id == UUID(ended)).values(status="ended"))
    Scheduler(app, clock).tick()
    sql(sa.update(ZoneClock).where(ZoneClock.name == LOS_ANGELES).values(fingerprint="another"))
    with app.app_context(), transaction() as session:
        assert zone_updates.notice_zone_updates(session, now=clock.now()) == 1
    marked = {str(id) for (id,) in sql(sa.select(Reminder.id).where(Reminder.needs_planning))}
    assert (marked, theirs in marked) == ({mine}, False)


def test_an_update_that_moves_nothing_of_hers_changes_no_row(app, clock, remind, sql):
    remind()
    Scheduler(app, clock).tick()
    updated(sql)
    columns = sa.select(ReminderOccurrence.id, ReminderOccurrence.version).order_by("id")
    before = sql(columns)
    assert Scheduler(app, clock).tick().clocks_changed == 1
    assert sql(columns) == before


def test_many_are_marked_in_batches_and_none_is_forgotten(app, clock, remind, sql):
    for name in ("ana", "ben", "ana", "ben", "ana"):
        remind(name)
    Scheduler(app, clock).tick()
    updated(sql)
    counts = []
    for _ in range(4):
        with app.app_context(), transaction() as session:
            counts.append(zone_updates.notice_zone_updates(session, now=clock.now(), limit=2))
    assert counts == [2, 2, 1, 0]


def test_a_worker_looks_when_it_begins_and_then_once_an_hour(app, clock, remind, sql):
    remind()
    Scheduler(app, clock).tick()
    worker = new_id()
    looked = []
    for minutes in (0, 15, 44, 1, 1):
        clock.pass_time(minutes=minutes)
        sql(sa.delete(ZoneClock))
        with app.app_context(), transaction() as session:
            zone_updates.look(session, now=clock.now(), worker=worker)
        looked.append(bool(sql(sa.select(ZoneClock.name))))
    assert looked == [True, False, False, True, False]
