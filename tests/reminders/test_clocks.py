"""Nine in the morning on eleven clocks, through every change of theirs in 2026."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from service.reminders.recurrence import Recurrence
from service.reminders.rules import Schedule, check, plan
from tests.reminders import oracle

ZONES = [
    "America/Los_Angeles", "America/St_Johns", "America/Havana", "America/Santiago",
    "Europe/Berlin", "Europe/Dublin", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut",
    "Australia/Lord_Howe", "Pacific/Auckland",
]  # fmt: skip
TIMES = ["00:00", "00:30", "01:30", "02:00", "02:15", "02:30", "09:00", "23:45"]
KINDS = ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY={day}", "FREQ=MONTHLY;BYMONTHDAY={number}"]


@cache
def changes(zone: str) -> list[datetime]:
    """The hours of 2026 in which a zone's clock is put forward or back."""
    clock, first = ZoneInfo(zone), datetime(2026, 1, 1, tzinfo=UTC)
    hours = [first + timedelta(hours=n) for n in range(365 * 24)]
    offsets = [hour.astimezone(clock).utcoffset() for hour in hours]
    return [hour for n, hour in enumerate(hours) if n and offsets[n] != offsets[n - 1]]


CASES = [(zone, number) for zone in ZONES for number in range(len(changes(zone)))]


def test_these_are_enough_schedules():
    assert len(CASES) * len(TIMES) * len(KINDS) >= 480


@pytest.mark.parametrize(("zone", "number"), CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_rings_is_what_her_clock_shows_and_once_a_day(zone, number, kind):
    clock, change = ZoneInfo(zone), changes(zone)[number]
    around = change.astimezone(clock).date()
    rule = kind.format(day=oracle.NAMES[around.weekday()], number=around.day)
    for at in TIMES:
        # As the day before, and the day after, may be the one that the clock changes on.
        first = around - timedelta(days=40)
        start = datetime.fromisoformat(f"{first}T{at}")
        since, before = change - timedelta(days=35), change + timedelta(days=35)
        schedule = Schedule(start=start, recurrence=Recurrence.parse(rule), zone=clock)

        pairs, _more = plan(schedule, since=since, before=before)

        expected = []
        for day in oracle.days(rule, first, around + timedelta(days=40)):
            local = datetime.fromisoformat(f"{day}T{at}")
            moment = oracle.moment(local, clock)
            if since <= moment < before:
                expected.append((local, moment))
        assert pairs == expected, at
        moments = [moment for _local, moment in pairs]
        assert len({moment.astimezone(clock).date() for moment in moments}) == len(moments)
        assert all(b - a >= timedelta(hours=23) for a, b in pairwise(moments))


@pytest.mark.parametrize(
    ("zone", "offsets"),
    [
        ("Asia/Kolkata", ["+05:30"]),
        ("Asia/Kathmandu", ["+05:45"]),
        ("Australia/Lord_Howe", ["+11:00", "+10:30"]),
        ("Pacific/Chatham", ["+13:45", "+12:45"]),
    ],
)
def test_clocks_that_are_not_whole_hours_apart(zone, offsets):
    clock = ZoneInfo(zone)
    daily = Schedule(
        start=datetime.fromisoformat("2026-01-01T09:00"),
        recurrence=Recurrence.parse("FREQ=DAILY"),
        zone=clock,
    )
    since = datetime(2026, 1, 1, tzinfo=UTC)
    pairs, _more = plan(daily, since=since, before=since + timedelta(days=365))
    shown = [moment.astimezone(clock) for _local, moment in pairs]
    assert {f"{at:%H:%M}" for at in shown} == {"09:00"}
    assert {_offset(at) for at in shown} == set(offsets)
    assert len({at.date() for at in shown}) == len(shown) == 365


def _offset(at: datetime) -> str:
    text = at.strftime("%z")
    return f"{text[:3]}:{text[3:]}"


@pytest.mark.parametrize(
    ("rule", "start", "falls_on"),
    [
        ("FREQ=MONTHLY", "2026-01-31", ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-02-01", ["2026-03-31", "2026-05-31", "2026-07-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-31", ["2028-01-31", "2028-02-29", "2028-03-31"]),
        ("FREQ=MONTHLY;INTERVAL=12", "2024-02-29", ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=-29", "2024-02-01", ["2024-02-01", "2028-02-01"]),
        # 2100 is no leap year: eight years from one to the next.
        ("FREQ=MONTHLY;INTERVAL=12", "2096-02-29", ["2096-02-29", "2104-02-29"]),
    ],
)
def test_leap_days_and_the_31st_are_left_out_where_there_are_none(rule, start, falls_on):
    schedule = Schedule(
        start=datetime.fromisoformat(f"{start}T09:00"), recurrence=Recurrence.parse(rule),
        zone=ZoneInfo("Etc/UTC"),
    )  # fmt: skip
    check(schedule)
    times = schedule.times(since=datetime.fromisoformat(f"{start}T00:00:00+00:00"))
    assert [next(times)[0].date().isoformat() for _ in falls_on] == falls_on
    expected = oracle.days(rule, date.fromisoformat(start), date.fromisoformat(falls_on[-1]))
    assert [day.isoformat() for day in expected] == falls_on[:-1]
