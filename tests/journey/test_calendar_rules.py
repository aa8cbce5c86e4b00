"""A recurrence as a calendar app expands it falls when the reminder rings, and not otherwise."""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from operator import itemgetter
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from service.care.calendar_rules import start_and_rule
from service.care.icalendar_text import Entry, calendar_text
from service.clock import moment_of
from service.ids import NAMESPACE
from service.reminders.recurrence import BadRecurrence, Recurrence
from service.reminders.rules import Schedule
from tests.journey.rfc5545 import checked

ZONES = (
    "America/Los_Angeles",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
)
FIRST = datetime(2026, 1, 1, 9, 30)  # noqa: DTZ001 - wall clock
HORIZON = timedelta(days=8 * 366)


@st.composite
def recurrences(draw):
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]))
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    days = draw(
        st.lists(
            st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), unique=True, max_size=3
        )
    )
    if days and frequency == "MONTHLY" and draw(st.booleans()):
        days = [draw(st.sampled_from(["1", "+2", "-1", "-2"])) + day for day in days]
    if days:
        parts.append(f"BYDAY={','.join(days)}")
    if frequency == "MONTHLY" and not days and draw(st.booleans()):
        parts.append(f"BYMONTHDAY={draw(st.sampled_from(['1', '31', '-1', '15,30']))}")
    end = draw(st.sampled_from(["", "COUNT", "day", "local", "UTC"]))
    until = FIRST + timedelta(days=draw(st.integers(0, 400)), hours=draw(st.integers(0, 23)))
    if end == "COUNT":
        parts.append(f"COUNT={draw(st.integers(1, 40))}")
    elif end:
        form = {"day": "%Y%m%d", "local": "%Y%m%dT%H%M%S", "UTC": "%Y%m%dT%H%M%SZ"}[end]
        parts.append(f"UNTIL={until:{form}}")
    return ";".join(parts)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    text=recurrences(),
    begun=st.integers(0, 59).map(lambda days: FIRST + timedelta(days=days)),
    last_day=st.one_of(
        st.none(), st.integers(0, 400).map(lambda n: FIRST.date() + timedelta(days=n))
    ),
    zone=st.sampled_from(ZONES),
    floats=st.booleans(),
)
def test_an_app_that_reads_the_rule_rings_when_the_reminder_does(
    text, begun, last_day, zone, floats
):
    where = ZoneInfo(zone)
    rings = Schedule(start=begun, recurrence=Recurrence.parse(text), zone=where, last_day=last_day)
    expected = upto_horizon(local for local, _moment in rings.times(since=moment_of(begun, where)))

    found = start_and_rule(text, begun, last_day=last_day, zone=where, floats=floats)

    if found is None:
        assert expected == []
        return
    start, rule = found
    assert expanded(start, rule, where, floats) == expected
    entry = Entry(
        id=NAMESPACE, title="Walk", start=start, zone=None if floats else zone, recurrence=rule,
        revised_at=FIRST.replace(tzinfo=UTC), revision=0,
    )  # fmt: skip
    [event] = checked(calendar_text([entry], now=FIRST.replace(tzinfo=UTC))).of("VEVENT")
    assert expanded(start, event["RRULE"], where, floats) == expected


def expanded(start, rule, zone, floats):
    """Expand by another library: on the wall clock, as calendar apps do."""
    until = dict(part.split("=") for part in rule.split(";")).get("UNTIL", "")
    if not floats and until:
        local = datetime.fromisoformat(until).astimezone(zone)
        rule = rule.replace(until, f"{local:%Y%m%dT%H%M%S}")
    return upto_horizon(rrulestr(rule, dtstart=start))


def upto_horizon(times):
    return list(islice(takewhile(lambda at: at < FIRST + HORIZON, times), 60))


@pytest.mark.parametrize(
    ("text", "last_day", "expected"),
    [
        # It begins on a Monday and rings on Thursdays: the first Thursday is the start.
        ("FREQ=WEEKLY;BYDAY=TH", None, ("20260305T090000", "FREQ=WEEKLY;BYDAY=TH")),
        # A count and a last day: as many as are left until then.
        ("FREQ=DAILY;COUNT=90", date(2026, 3, 4), ("20260302T090000", "FREQ=DAILY;COUNT=3")),
        ("FREQ=DAILY", date(2026, 3, 4), ("20260302T090000", "FREQ=DAILY;UNTIL=20260304T235959")),
        ("FREQ=DAILY", date(9999, 12, 31), ("20260302T090000", "FREQ=DAILY")),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", None, ("20260302T090000", "FREQ=DAILY")),
        ("FREQ=DAILY;UNTIL=00010101T000000Z", None, None),
        ("FREQ=DAILY", date(2026, 3, 1), None),
        ("FREQ=DAILY", date(1, 1, 1), None),
    ],
)  # fmt: skip
def test_a_rule_is_written_with_one_end(text, last_day, expected):
    found = start_and_rule(
        text,
        datetime.fromisoformat("2026-03-02T09:00"),
        last_day=last_day,
        zone=ZoneInfo("Asia/Tokyo"),
        floats=True,
    )

    assert found == (expected and (datetime.fromisoformat(expected[0]), expected[1]))


def test_what_is_no_rule_of_ours_is_refused():
    with pytest.raises(BadRecurrence):
        start_and_rule("FREQ=HOURLY", FIRST, last_day=None, zone=ZoneInfo("UTC"), floats=True)


@pytest.mark.parametrize("zone", [*ZONES, "Asia/Tokyo", "Australia/Lord_Howe", "Etc/UTC"])
def test_a_zone_is_described_so_that_its_clock_reads_the_same(zone):
    """Read as RFC 5545 (3.6.5) says: the last onset before a time says how far it is from UTC."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    entry = Entry(
        id=NAMESPACE, title="Walk", start=datetime.fromisoformat("2011-12-28T09:00"), zone=zone, revised_at=now,
        revision=0,
    )  # fmt: skip
    [described] = checked(calendar_text([entry], now=now)).of("VTIMEZONE")
    onsets = []
    for part in described.inside:
        starts = [value for name, _p, value in part.properties if name in {"DTSTART", "RDATE"}]
        before, after = (_offset(part[name]) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
        for start in ",".join(starts).split(","):
            onsets.append((datetime.fromisoformat(start).replace(tzinfo=UTC) - before, after))
    onsets.sort()

    where, first = ZoneInfo(zone), datetime(2011, 12, 1, tzinfo=UTC)
    moments = {first + timedelta(hours=25 * n) for n in range(8000)}
    moments |= {onset + timedelta(seconds=s) for onset, _ in onsets[1:] for s in (-1, 0, 1, 1800)}
    assert max(moments) > datetime(2034, 1, 1, tzinfo=UTC)
    for moment in moments:
        described_offset = onsets[bisect_right(onsets, moment, key=itemgetter(0)) - 1][1]
        assert described_offset == moment.astimezone(where).utcoffset(), moment


def _offset(text):
    sign = -1 if text[0] == "-" else 1
    seconds = int(text[5:7] or 0)
    return sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5]), seconds=seconds)
