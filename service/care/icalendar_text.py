"""Calendars as calendar apps read them: RFC 5545, written with ``icalendar``.  Pure functions.

Wall-clock times stay wall-clock times: floating where a thing goes wherever its reader goes, with
the zone's name and its rules (VTIMEZONE) where it stays in one place.  Moments are in UTC.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import (
    Calendar,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vDatetime,
    vRecur,
)  # fmt: skip

PRODUCT = "-//Waymark//Waymark//EN"
CONTENT_TYPE = "text/calendar; charset=utf-8"
# Apps that go by the zone's name have rules of their own for later years.
_YEARS_AHEAD = 10
# A time in this zone is written as a moment (RFC 5545, 3.2.19).
_UTC = "UTC"
_READ_AGAIN = timedelta(hours=1)
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing in a calendar.

    ``start`` is aware for a moment; naive for what the clock on the wall shows, in ``zone`` or,
    without one, wherever the reader is.  ``recurrence`` is an RRULE value whose UNTIL is in
    the form that RFC 5545 (3.3.10) asks of it; ``left_out`` are starts that do not come about.
    ``revised_at`` is when it was entered and ``revision`` counts its changes from 0.
    """

    id: UUID
    title: str
    start: datetime
    zone: str | None = None
    recurrence: str | None = None
    left_out: tuple[datetime, ...] = ()
    place: str | None = None
    revised_at: datetime
    revision: int


def calendar_text(entries: Iterable[Entry], *, now: datetime) -> bytes:
    """Write a calendar: the same entries give the same text all year.

    ``now`` says how far ahead the rules of zones are written out.
    """
    entries = list(entries)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("refresh-interval", _READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    first_years: dict[str, int] = {}
    for entry in entries:
        if entry.zone not in (None, _UTC):
            year = min(entry.start.year, first_years.get(entry.zone, now.year))
            first_years[entry.zone] = year
    for zone, year in sorted(first_years.items()):
        calendar.add_component(_time_zone(zone, year - 1, now.year + _YEARS_AHEAD))
    for entry in entries:
        calendar.add_component(_event(entry))
    text: bytes = calendar.to_ical()
    return text


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", str(entry.id))
    event.add("dtstamp", entry.revised_at.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", entry.revision)
    event.add("summary", _one_line(entry.title))
    event["DTSTART"] = _time(entry.start, entry.zone)
    if entry.recurrence is not None:
        event.add("rrule", vRecur.from_ical(entry.recurrence))
    for start in entry.left_out:
        event.add("exdate", _time(start, entry.zone), encode=False)
    if entry.place is not None:
        event.add("location", _one_line(entry.place))
    # A reminder does not keep her from anything else, and the app rings, not the calendar.
    event.add("transp", "TRANSPARENT")
    return event


def _time(start: datetime, zone: str | None) -> vDatetime:
    if zone == _UTC:
        return vDatetime(start.replace(tzinfo=UTC))
    written = vDatetime(start if start.tzinfo is None else start.astimezone(UTC))
    if zone is not None:
        # By name: attaching the zone would have its database's say on a time that is skipped.
        written.params["TZID"] = zone
    return written


def _one_line(text: str) -> str:
    """Leave out control characters, which RFC 5545 (3.1) does not allow in text."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()


@lru_cache(maxsize=128)
def _time_zone(name: str, first_year: int, last_year: int) -> Timezone:
    """Return a zone's rules between two years, as the changes of its clock.

    Not ``Timezone.from_tzid``: as of icalendar 7.3 it writes when a clock is put forward by the
    time it shows afterwards, so that summer begins an hour late (RFC 5545, 3.6.5: by the
    time it showed before).
    """
    zone = ZoneInfo(name)
    described = Timezone()
    described.add("tzid", name)
    first = datetime(first_year, 1, 1, tzinfo=UTC)
    before = _offset(zone, first)
    seen: dict[tuple[timedelta, timedelta, str, bool], list[datetime]] = {
        (before, before, *_kind(zone, first)): [first.replace(tzinfo=None)]
    }
    for change in _changes(zone, first.date(), date(last_year, 1, 1)):
        after = _offset(zone, change)
        key = (before, after, *_kind(zone, change))
        seen.setdefault(key, []).append((change + before).replace(tzinfo=None))
        before = after
    for (offset_before, offset, zone_name, is_summer), starts in seen.items():
        part = TimezoneDaylight() if is_summer else TimezoneStandard()
        part.add("dtstart", starts[0])
        part.add("tzoffsetfrom", offset_before)
        part.add("tzoffsetto", offset)
        part.add("tzname", zone_name)
        if starts[1:]:
            part.add("rdate", starts[1:])
        described.add_component(part)
    return described


def _changes(zone: ZoneInfo, first: date, last: date) -> Iterator[datetime]:
    """Name the moments, in UTC, at which a zone's clock is put forward or back."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    moments = (start + n * _DAY for n in range((last - first).days + 1))
    for early, late in pairwise(moments):
        low, high = early, late
        if _rule(zone, low) == _rule(zone, high):
            continue
        while high - low > _SECOND:
            middle = low + (high - low) // _SECOND // 2 * _SECOND
            if _rule(zone, middle) == _rule(zone, early):
                low = middle
            else:
                high = middle
        yield high


def _rule(zone: ZoneInfo, moment: datetime) -> tuple[timedelta, str, bool]:
    return _offset(zone, moment), *_kind(zone, moment)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _kind(zone: ZoneInfo, moment: datetime) -> tuple[str, bool]:
    there = moment.astimezone(zone)
    return there.tzname() or zone.key, bool(there.dst())
