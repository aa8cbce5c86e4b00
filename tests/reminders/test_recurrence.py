"""Recurrences against an independent model, and how much the library is made to work."""

import random
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule as library
from hypothesis import given, settings
from hypothesis import strategies as st

from service.clock import start_of_day
from service.reminders.recurrence import NEVER, BadRecurrence, Recurrence
from service.reminders.rules import Schedule, check, plan
from tests.reminders import oracle

UTC_ZONE = ZoneInfo("Etc/UTC")
UTC_START = datetime(2026, 2, 2, tzinfo=UTC)
# What the library calls once for each period.
LOOKS = ("ddayset", "wdayset", "mdayset")
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def any_rule(dice: random.Random) -> str:
    frequency = dice.choice(["DAILY", "WEEKLY", "MONTHLY"])
    parts = [f"FREQ={frequency}"]
    if dice.random() < 0.7:
        parts.append(
            f"INTERVAL={dice.choice([1, 2, 3, 4, 5, 7, 12, 13, 24, 30, 48, 61, 365, 366])}"
        )
    if dice.random() < 0.5:
        numbers = ["", "1", "2", "5", "-1", "-2", "-5"] if frequency == "MONTHLY" else [""]
        days = {dice.choice(numbers) + dice.choice(WEEKDAYS) for _ in range(dice.randrange(1, 4))}
        parts.append("BYDAY=" + ",".join(sorted(days)))
    if frequency != "WEEKLY" and dice.random() < 0.4:
        days = {dice.choice([*range(1, 32), *range(-31, 0)]) for _ in range(dice.randrange(1, 4))}
        parts.append("BYMONTHDAY=" + ",".join(map(str, sorted(days))))
    ends = dice.random()
    if ends < 0.2:
        parts.append(f"COUNT={dice.randrange(1, 60)}")
    elif ends < 0.3:
        parts.append(f"UNTIL=20{dice.randrange(26, 30)}0{dice.randrange(1, 10)}15")
    return ";".join(parts)


@pytest.mark.parametrize("seed", range(30))
def test_a_walk_over_every_day_names_the_same_days(seed):
    dice = random.Random(seed)
    for _ in range(100):
        rule = any_rule(dice)
        start = date(2024, 1, 1) + timedelta(days=dice.randrange(1500))
        since = start + timedelta(days=dice.randrange(-30, 900))
        before = since + timedelta(days=500)

        recurrence = Recurrence.parse(rule)
        ours = recurrence.days(start, since=since, before=before)
        if recurrence.until is not None:
            ours = (day for day in ours if day <= recurrence.until.date())

        theirs = [day for day in oracle.days(rule, start, before) if day >= since]
        assert list(ours) == theirs, (rule, start, since)


@pytest.mark.parametrize("seed", range(10))
def test_a_rule_is_refused_exactly_if_ten_years_go_by_without_it(seed):
    dice = random.Random(1000 + seed)
    refused = 0
    for _ in range(40):
        rule = any_rule(dice)
        start = datetime.fromisoformat("2024-01-01T09:00") + timedelta(days=dice.randrange(1500))
        comes = next(oracle.days(rule, start.date(), start.date() + NEVER), None) is not None
        try:
            check(Schedule(start=start, recurrence=Recurrence.parse(rule), zone=UTC_ZONE))
        except BadRecurrence:
            assert not comes, (rule, start)
            refused += 1
        else:
            assert comes, (rule, start)
    assert refused > 0


NEVER_COMES_ROUND = [
    ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30", "2026-02-02"),  # 30 February
    ("FREQ=MONTHLY;INTERVAL=48;BYMONTHDAY=29", "2026-02-02"),  # never in a leap year
    ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "2026-02-02"),  # always a Monday
    ("FREQ=DAILY;INTERVAL=364;BYDAY=SU", "2026-02-02"),
    ("FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "2026-02-02"),
    ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=31", "2026-02-02"),
    ("FREQ=MONTHLY;INTERVAL=12;BYDAY=5MO", "2027-02-02"),  # 29 February 2044
    ("FREQ=DAILY;UNTIL=20250101", "2026-02-02"),
    ("FREQ=DAILY;UNTIL=20260202T085959", "2026-02-02"),
    ("FREQ=DAILY;COUNT=2", "2026-02-02", ["2026-02-02T09:00", "2026-02-03T09:00"]),
    ("FREQ=DAILY;UNTIL=20260203", "2026-02-02", ["2026-02-02T09:00", "2026-02-03T09:00"]),
]


@pytest.mark.parametrize("case", NEVER_COMES_ROUND, ids=lambda case: case[0])
def test_what_never_comes_round_is_refused_before_the_library_is_busy(case):
    rule, start, *exdates = case
    with counting() as looked_at, pytest.raises(BadRecurrence):
        check(_schedule(rule, start, *exdates))
    assert len(looked_at) <= 10


def test_an_exdate_leaves_one_out_and_is_counted():
    skipped = _schedule(
        "FREQ=DAILY;COUNT=4", "2026-02-02", ["2026-02-03T09:00", "2026-02-04T10:00"]
    )
    check(skipped)
    pairs, more = plan(skipped, since=UTC_START, before=UTC_START + timedelta(days=30))
    assert ([local.day for local, _moment in pairs], more) == ([2, 4, 5], None)


def test_what_leaves_nothing_is_pointed_at():
    left_out = _schedule("FREQ=DAILY;COUNT=1", "2026-02-02", ["2026-02-02T09:00"])
    ended = replace(_schedule("FREQ=DAILY", "2026-02-02"), last_day=date(2026, 2, 1))
    for schedule, pointer in ((left_out, "/exdates"), (ended, "/until")):
        with pytest.raises(BadRecurrence) as refused:
            check(schedule)
        assert refused.value.errors[0][0] == pointer


@settings(derandomize=True, max_examples=400, deadline=None)
@given(seed=st.integers(0, 10**9), later=st.integers(0, 80 * 365))
def test_no_accepted_rule_keeps_the_library_busy_ever(seed, later):
    """However long ago it began, and whatever it says: no further than ten years ahead."""
    dice = random.Random(seed)
    rule = any_rule(dice)
    start = datetime.fromisoformat("2000-01-01T09:00") + timedelta(days=dice.randrange(20 * 365))
    schedule = Schedule(start=start, recurrence=Recurrence.parse(rule), zone=UTC_ZONE)
    with counting() as looked_at:
        try:
            check(schedule)
            accepted = len(looked_at)
            since = start_of_day(start.date() + timedelta(days=later), UTC_ZONE)
            plan(schedule, since=since, before=since + timedelta(days=7))
        except BadRecurrence:
            assert len(looked_at) <= 1, rule
            return
    most = at_most(schedule.recurrence)
    assert accepted <= most, rule
    assert len(looked_at) - accepted <= most, rule


@pytest.mark.parametrize(
    "rule",
    ["FREQ=DAILY;BYMONTHDAY=31;BYDAY=MO", "FREQ=DAILY;INTERVAL=306;BYMONTHDAY=31;BYDAY=SU",
     "FREQ=DAILY;INTERVAL=27;BYMONTHDAY=31;BYDAY=SA", "FREQ=DAILY;COUNT=5000",
     "FREQ=MONTHLY;INTERVAL=12;BYDAY=5MO", "FREQ=MONTHLY;INTERVAL=48;BYMONTHDAY=29;BYDAY=TU"],
)  # fmt: skip
def test_the_rarest_rules_take_few_periods_at_every_point_of_their_lives(rule):
    recurrence = Recurrence.parse(rule)
    schedule = Schedule(
        start=datetime.fromisoformat("2000-02-29T09:00"), recurrence=recurrence, zone=UTC_ZONE
    )
    worst = 0
    for weeks in range(0, 100 * 52, 26):
        with counting() as looked_at:
            since = start_of_day(date(2000, 2, 29) + timedelta(weeks=weeks), UTC_ZONE)
            plan(schedule, since=since, before=since + timedelta(days=7))
        worst = max(worst, len(looked_at))
    assert worst <= 650


def at_most(recurrence):
    """The periods of ten years and two weeks, and the one it begins in."""
    length = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28}[recurrence.frequency]
    return (NEVER.days + 14) // (length * recurrence.interval) + 2


@contextmanager
def counting():
    """Count the periods the library looks at: that is its work."""
    looked_at = []
    originals = {name: getattr(library._iterinfo, name) for name in LOOKS}

    def counted(original):
        def look(self, *args):
            looked_at.append(1)
            return original(self, *args)

        return look

    try:
        for name, original in originals.items():
            setattr(library._iterinfo, name, counted(original))
        yield looked_at
    finally:
        for name, original in originals.items():
            setattr(library._iterinfo, name, original)


def _schedule(rule, start, exdates=()):
    return Schedule(
        start=datetime.fromisoformat(f"{start}T09:00"), recurrence=Recurrence.parse(rule),
        zone=UTC_ZONE, exdates=frozenset(map(datetime.fromisoformat, exdates)),
    )  # fmt: skip
