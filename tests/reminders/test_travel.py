"""Reminders that travel with her: none lost, none twice, none soon after another."""

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from service.db import transaction
from service.reminders.planning import plan_occurrences
from tests.jobs.scheduler import Scheduler

REMINDERS, OCCURRENCES = "/patients/me/reminders", "/patients/me/reminder-occurrences"
HOME = "America/Los_Angeles"
PLACES = [
    HOME, "Pacific/Auckland", "Pacific/Honolulu", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo",
    "Pacific/Kiritimati", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo",
    "Pacific/Pago_Pago",
]  # fmt: skip
HOURS_20 = timedelta(hours=20)


@pytest.fixture
def remind(call):
    def remind(at="10:00", **more):
        body = {
            "id": str(uuid4()), "kind": "custom", "title": "Tablets", "recurrence": "FREQ=DAILY",
            "local_start": f"2026-03-02T{at}",
        } | more  # fmt: skip
        assert call("ana", f"POST {REMINDERS}", body).status_code == 201
        return body["id"]

    return remind


@pytest.fixture
def fly(call):
    def fly(zone):
        assert call("ana", "PATCH /me", {"time_zone": zone}).status_code == 200

    return fly


@pytest.fixture
def rows(call):
    """All live occurrences of a reminder in the order of time: (local_at, due_at, status)."""

    def rows(reminder_id):
        found, cursor = [], ""
        while cursor is not None:
            page = call(
                "ana", f"GET {OCCURRENCES}?reminder_id={reminder_id}&limit=100{cursor}"
            ).json
            found += page["items"]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        return [
            (one["local_at"], datetime.fromisoformat(one["due_at"]), one["status"])
            for one in reversed(found)
        ]

    return rows


def shown(rows, zone):
    return [f"{due.astimezone(ZoneInfo(zone)):%d %H:%M}" for _local, due, _status in rows]


def test_what_she_had_at_home_does_not_come_again_where_the_day_is_younger(
    app, clock, remind, fly, rows
):
    id = remind("09:30")
    clock.pass_time(hours=1)
    Scheduler(app, clock).tick()
    fly("Pacific/Honolulu")  # it is eight there, on the same day
    assert shown(rows(id), "Pacific/Honolulu")[:3] == ["02 07:30", "03 09:30", "04 09:30"]
    assert [status for *_rest, status in rows(id)][:2] == ["sent", "due"]


def test_the_next_is_not_due_a_few_hours_after_the_last(app, clock, remind, fly, rows):
    id = remind("09:30")
    clock.pass_time(hours=1)
    Scheduler(app, clock).tick()
    fly("Europe/Berlin")  # sent at 18:30 by that clock; half past nine is 15 hours on
    # Each at least 20 hours after the one before, until the morning is reached again.
    assert shown(rows(id), "Europe/Berlin")[:4] == ["02 18:30", "03 14:30", "04 10:30", "05 09:30"]


def test_what_she_had_already_does_not_hold_up_the_next(app, clock, remind, fly, rows):
    clock.pass_time(hours=-10)
    id = remind("00:15")
    clock.pass_time(hours=1, minutes=30)
    Scheduler(app, clock).tick()
    fly("Pacific/Pago_Pago")  # still the 1st there: 00:15 on the 2nd is to come, and she had it
    assert shown(rows(id), "Pacific/Pago_Pago")[:3] == ["01 21:15", "03 00:15", "04 00:15"]


def test_a_day_she_flies_over_is_left_out(app, clock, remind, fly, rows):
    id = remind("09:30")
    clock.pass_time(hours=1)
    Scheduler(app, clock).tick()
    fly("Pacific/Auckland")  # seven in the morning of the 3rd: hers was two hours ago
    assert shown(rows(id), "Pacific/Auckland")[:2] == ["03 06:30", "04 09:30"]


def test_what_was_ahead_and_is_past_by_the_new_clock_rings_at_once(app, clock, remind, fly, rows):
    id = remind("10:00")
    fly("Europe/Berlin")  # it is six in the evening there, and she has had none today
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    assert (len(scheduler.sent_keys()), rows(id)[0][2]) == (1, "sent")
    assert shown(rows(id), "Europe/Berlin")[:3] == ["02 18:00", "03 14:00", "04 10:00"]


def test_what_was_over_before_she_made_it_does_not_ring_because_she_flies(remind, fly, rows):
    id = remind("08:00")
    fly("Europe/Berlin")
    assert shown(rows(id), "Europe/Berlin")[0] == "03 08:00"


def test_a_time_she_chooses_herself_holds_however_soon(app, clock, call, remind, rows):
    id = remind("09:30")
    clock.pass_time(hours=1)
    Scheduler(app, clock).tick()
    call("ana", f"PATCH {REMINDERS}/{id}", {"local_start": "2026-03-02T14:00"})
    assert shown(rows(id), HOME)[:2] == ["02 09:30", "02 14:00"]


def test_a_zone_of_its_own_stays_where_it_is(remind, fly, rows):
    id = remind(time_zone=HOME)
    before = rows(id)
    fly("Asia/Tokyo")
    assert rows(id) == before


def test_there_and_back_again_is_as_if_she_had_stayed(remind, fly, rows):
    id = remind("20:00")
    before = rows(id)
    for zone in ("America/New_York", "Pacific/Honolulu", HOME):
        fly(zone)
    assert rows(id) == before


@pytest.mark.parametrize("seed", range(20))
def test_two_hundred_trips(app, clock, remind, fly, rows, seed):
    """Ten reminders on twenty journeys: after each flight and at the end the promises hold."""
    dice = random.Random(seed)
    ids = [remind(f"{hour:02}:{dice.choice([0, 15, 30]):02}") for hour in (0, 2, 7, 9, 10, 12, 15, 18, 21, 23)]  # fmt: skip
    stays = [(clock.moment, HOME)]
    came_due = {id: [] for id in ids}
    for _flight in range(4):
        clock.pass_time(hours=dice.randrange(3, 150))
        _plan(app, clock)
        for id in ids:
            now_due = [row for row in rows(id) if row[1] <= clock.moment]
            # What came due before an earlier flight is as it was.
            assert now_due[: len(came_due[id])] == came_due[id]
            came_due[id] = now_due
        zone = dice.choice([place for place in PLACES if place != stays[-1][1]])
        fly(zone)
        stays.append((clock.moment, zone))
    clock.pass_time(hours=150)
    _plan(app, clock)

    for id in ids:
        found = [row for row in rows(id) if row[1] <= clock.moment]
        days = [local[:10] for local, _due, _status in found]
        assert len(set(days)) == len(days)
        for (_a, before, _s), (_b, after, _t) in pairwise(found):
            assert after - before >= HOURS_20
        for day in _whole_days(stays, clock.moment):
            assert days.count(day.isoformat()) == 1, (day, stays)


def _plan(app, clock):
    with app.app_context(), transaction() as session:
        while plan_occurrences(session, now=clock.now(), limit=500):
            pass


def _whole_days(stays, end):
    """The days she spent in one place from midnight to midnight."""
    for (since, zone), (until, _next) in zip(stays, [*stays[1:], (end, None)], strict=True):
        clock = ZoneInfo(zone)
        day = since.astimezone(clock).date() + timedelta(days=1)
        while midnight(day + timedelta(days=1), clock) <= until:
            yield day
            day += timedelta(days=1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def test_her_account_and_her_record_are_in_one_place(call):
    """Quiet hours go by the account's clock, reminders by the record's."""
    call("nora", f"PATCH /patients/{call('ana', 'GET /me').json['patient_id']}",
         {"time_zone": "Asia/Kolkata"})  # fmt: skip
    assert call("ana", "GET /me").json["time_zone"] == "Asia/Kolkata"
    call("ana", "PATCH /me", {"time_zone": "Asia/Tokyo"})
    assert call("ana", "GET /patients/me").json["time_zone"] == "Asia/Tokyo"


def test_one_answered_in_advance_does_not_hold_up_those_before_it(call):
    body = {
        "id": str(uuid4()), "kind": "custom", "title": "Walk", "recurrence": "FREQ=DAILY",
        "local_start": "2026-03-03T09:00",
    }  # fmt: skip
    assert call("ana", "POST /patients/me/reminders", body).status_code == 201
    path = "/patients/me/reminder-occurrences"
    items = call("ana", f"GET {path}").json["items"]
    call("ana", f"POST {path}/{items[0]['id']}/done")
    days = [one["local_at"] for one in items]

    assert call("ana", "PATCH /me", {"time_zone": "Pacific/Apia"}).status_code == 200

    after = call("ana", f"GET {path}").json["items"]
    assert {one["local_at"] for one in after} >= set(days[:-1])
    assert [one["local_at"] for one in after if one["status"] == "done"] == days[:1]
