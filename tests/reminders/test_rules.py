"""When a reminder falls due: tables, no fixtures."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from time import thread_time
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from service.clock import moment_of
from service.reminders.recurrence import BadRecurrence, Recurrence
from service.reminders.rules import NEVER, Schedule, StartOutOfRange, check, plan

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    return at(text).replace(tzinfo=UTC)


def schedule(rule: str | None, start: str, zone: ZoneInfo = LOS_ANGELES, **more) -> Schedule:
    recurrence = Recurrence.parse(rule) if rule else None
    return Schedule(start=at(start), recurrence=recurrence, zone=zone, **more)


def local_days(rule: str | None, start: str, days: int = 100, **more) -> list[str]:
    since = moment_of(at(start), LOS_ANGELES)
    pairs, _next = plan(
        schedule(rule, start, **more), since=since, before=since + timedelta(days=days)
    )
    return [local.strftime("%m-%d") for local, _moment in pairs]


@pytest.mark.parametrize(
    ("rule", "start", "days", "falls_on"),
    [
        (None, "2026-01-05T09:00", 9, ["01-05"]),
        ("FREQ=DAILY", "2026-01-05T09:00", 3, ["01-05", "01-06", "01-07"]),
        ("FREQ=DAILY;INTERVAL=3", "2026-01-05T09:00", 7, ["01-05", "01-08", "01-11"]),
        ("FREQ=DAILY;BYDAY=SA,SU", "2026-01-05T09:00", 9, ["01-10", "01-11"]),
        ("FREQ=DAILY;COUNT=2", "2026-01-05T09:00", 9, ["01-05", "01-06"]),
        ("FREQ=DAILY;UNTIL=20260107", "2026-01-05T09:00", 9, ["01-05", "01-06", "01-07"]),
        ("FREQ=DAILY;UNTIL=20260107T085959", "2026-01-05T09:00", 9, ["01-05", "01-06"]),
        # 17:00 in UTC is nine in the morning: that one is still in.
        ("FREQ=DAILY;UNTIL=20260106T170000Z", "2026-01-05T09:00", 9, ["01-05", "01-06"]),
        ("FREQ=WEEKLY", "2026-01-05T09:00", 15, ["01-05", "01-12", "01-19"]),
        ("FREQ=WEEKLY;INTERVAL=2", "2026-01-05T09:00", 30, ["01-05", "01-19", "02-02"]),
        # Every second week, begun on a Thursday: weeks begin on Monday, so Tuesday comes 12 days on.
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "2026-01-08T09:00", 15, ["01-08", "01-20", "01-22"]),
        ("FREQ=MONTHLY", "2026-01-15T09:00", 60, ["01-15", "02-15", "03-15"]),
        # A month without a 31st is left out, as RFC 5545 says, not moved to the 30th.
        ("FREQ=MONTHLY", "2026-01-31T09:00", 130, ["01-31", "03-31", "05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31T09:00", 60, ["01-31", "02-28", "03-31"]),
        ("FREQ=MONTHLY;BYDAY=2TU", "2026-01-05T09:00", 60, ["01-13", "02-10"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-05T09:00", 60, ["01-30", "02-27"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-01-05T09:00", 80, ["02-13", "03-13"]),
        # The start itself is no occurrence when the rule does not fall on it.
        ("FREQ=WEEKLY;BYDAY=WE", "2026-01-05T09:00", 9, ["01-07"]),
    ],
)
def test_a_recurrence_falls_on_these_days(rule, start, days, falls_on):
    assert local_days(rule, start, days) == falls_on


def test_its_own_last_day_ends_it():
    assert local_days("FREQ=DAILY", "2026-01-05T09:00", 9, last_day=date(2026, 1, 6)) == [
        "01-05",
        "01-06",
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "DAILY",
        "FREQ=",
        "FREQ=YEARLY",
        "FREQ=HOURLY",
        "FREQ=SECONDLY",
        "freq=DAILY",
        "RRULE:FREQ=DAILY",
        "FREQ=DAILY;",
        "FREQ=DAILY;FREQ=DAILY",
        "INTERVAL=2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=367",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=1.5",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=5001",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=20270230",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;BYDAY=1MO",
        "FREQ=WEEKLY;BYDAY=MO,MO",
        "FREQ=WEEKLY;BYDAY=MO,",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=DAILY;BYSETPOS=1",
        "FREQ=DAILY;WKST=SU",
        "FREQ=DAILY\nDTSTART:20260101T000000",
    ],
)
def test_what_is_not_in_the_grammar_is_refused(rule):
    with pytest.raises(BadRecurrence) as refused:
        Recurrence.parse(rule)
    assert refused.value.errors[0][0] == "/recurrence"


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30", "2026-02-02T09:00"),  # 30 February
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "2026-02-02T09:00"),  # always a Monday
        ("FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=1MO", "2026-02-02T09:00"),
        ("FREQ=DAILY;UNTIL=20250101", "2026-02-02T09:00"),
    ],
)
def test_what_never_comes_round_is_refused_at_once(rule, start):
    began = thread_time()
    with pytest.raises(BadRecurrence):
        check(schedule(rule, start))
    # A general library looks for these until the year 9999; this one looks ten years ahead.
    assert thread_time() - began < 0.2


def test_a_leap_day_comes_round():
    check(schedule("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=29", "2026-02-02T09:00"))


@pytest.mark.parametrize("start", ["1999-12-31T09:00", "2100-01-01T00:00", "9999-12-31T23:59"])
def test_another_century_is_refused(start):
    with pytest.raises(StartOutOfRange):
        check(schedule("FREQ=DAILY", start))


@pytest.mark.parametrize(
    ("zone", "local", "moment"),
    [
        ("America/Los_Angeles", "2026-03-07T09:00", "2026-03-07T17:00"),
        ("America/Los_Angeles", "2026-03-09T09:00", "2026-03-09T16:00"),  # nine stays nine
        # 02:30 on 8 March does not exist: as much later as the gap is long, so 03:30.
        ("America/Los_Angeles", "2026-03-08T02:30", "2026-03-08T10:30"),
        # 01:30 on 1 November comes twice: the first, still summer time.
        ("America/Los_Angeles", "2026-11-01T01:30", "2026-11-01T08:30"),
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30"),
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"),  # a gap of half an hour
        ("Africa/Cairo", "2026-04-24T00:00", "2026-04-23T22:00"),  # midnight itself is missing
        ("Asia/Kathmandu", "2026-01-05T09:00", "2026-01-05T03:15"),
    ],
)
def test_her_clock_names_one_moment(zone, local, moment):
    assert moment_of(at(local), ZoneInfo(zone)) == utc(moment)


@pytest.mark.parametrize(
    ("start", "before", "moments"),
    [
        ("2026-03-07T02:30", "2026-03-10T00:00", ["03-07 10:30", "03-08 10:30", "03-09 09:30"]),
        ("2026-10-31T01:30", "2026-11-03T00:00", ["10-31 08:30", "11-01 08:30", "11-02 09:30"]),
    ],
)
def test_summer_time_loses_no_day_and_doubles_none(start, before, moments):
    pairs, _next = plan(schedule("FREQ=DAILY", start), since=utc("2026-01-01"), before=utc(before))
    assert [moment.strftime("%m-%d %H:%M") for _local, moment in pairs] == moments


def test_apias_missing_day_falls_on_the_next_and_only_once():
    apia = ZoneInfo("Pacific/Apia")  # 30 December 2011 was left out of the calendar

    daily, _next = plan(
        schedule("FREQ=DAILY", "2011-12-28T09:00", apia), since=utc("2011-12-28"),
        before=utc("2012-01-02"),
    )  # fmt: skip
    on_fridays, _next = plan(
        schedule("FREQ=WEEKLY", "2011-12-23T09:00", apia), since=utc("2011-12-28"),
        before=utc("2012-01-07"),
    )  # fmt: skip

    assert [m.strftime("%m-%d %H") for _l, m in daily] == [
        "12-28 19", "12-29 19", "12-30 19", "12-31 19", "01-01 19",
    ]  # fmt: skip
    assert [m.strftime("%m-%d %H") for _l, m in on_fridays] == ["12-30 19", "01-05 19"]


def test_a_plan_says_up_to_when_it_is_complete():
    daily = schedule("FREQ=DAILY;COUNT=3", "2026-01-05T09:00")

    first, more = plan(daily, since=utc("2026-01-05"), before=utc("2026-01-06T12:00"))
    rest, none = plan(daily, since=more, before=utc("2026-02-01"))

    assert len(first) == 1
    assert more == utc("2026-01-06T17:00")
    assert len(rest) == 2
    assert none is None


def test_a_plan_in_pieces_is_the_plan_in_one():
    every_other = schedule("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "2026-01-05T02:30")
    since, end = utc("2026-01-01"), utc("2027-01-01")

    whole, _more = plan(every_other, since=since, before=end)
    pieces = []
    while since is not None and since < end:
        piece, since = plan(every_other, since=since, before=min(since + timedelta(days=7), end))
        pieces += piece

    assert pieces == whole


def test_a_rule_an_old_start_away_costs_no_more():
    began = thread_time()
    for _ in range(200):
        plan(
            schedule("FREQ=DAILY", "2000-01-01T09:00"),
            since=utc("2099-01-01"),
            before=utc("2099-01-08"),
        )
    assert thread_time() - began < 1


@pytest.mark.parametrize("seed", range(20))
def test_another_librarys_answer_is_the_same(seed):
    dice = random.Random(seed)
    for _ in range(40):
        rule, start = _any_rule(dice), at("2026-01-01T09:00") + timedelta(days=dice.randrange(700))
        since = (start + timedelta(days=dice.randrange(-30, 400))).date()
        end = start + timedelta(days=600)

        ours = list(Recurrence.parse(rule).days(start.date(), since=since, before=end.date()))

        theirs = takewhile(end.__gt__, rrulestr(rule, dtstart=start))
        assert ours == [t.date() for t in theirs if since <= t.date() < end.date()], (rule, start)


def _any_rule(dice: random.Random) -> str:
    frequency = dice.choice(["DAILY", "WEEKLY", "MONTHLY"])
    parts = [f"FREQ={frequency}", f"INTERVAL={dice.choice([1, 1, 2, 3, 5, 13])}"]
    if dice.random() < 0.5:
        # dateutil wants both at once of BYDAY=TU,1SU, where RFC 5545 says either: not mixed here.
        numbers = ["1", "-1", "3", "-2"] if frequency == "MONTHLY" and dice.random() < 0.5 else [""]
        days = {dice.choice(numbers) + dice.choice(["MO", "TU", "FR", "SU"]) for _ in range(2)}
        parts.append("BYDAY=" + ",".join(sorted(days)))
    elif frequency != "WEEKLY" and dice.random() < 0.6:
        parts.append(f"BYMONTHDAY={dice.choice(['1', '31', '-1', '15,29', '-31,7'])}")
    if dice.random() < 0.3:
        parts.append(f"COUNT={dice.randrange(1, 40)}")
    return ";".join(parts)


def test_never_is_longer_than_any_leap_year_gap():
    assert timedelta(days=8 * 366) < NEVER
