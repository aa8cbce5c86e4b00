"""Recurrences as calendar apps take them.  Pure functions.

Three things differ from how a reminder keeps its rule.  A calendar counts the start in, so the
start has to be a day of the rule.  A rule has one end, COUNT or UNTIL, where a reminder may also
have a last day.  And UNTIL is in UTC for what stays in a zone, on the wall clock for what floats.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.clock import moment_of
from service.reminders.recurrence import NEVER, Recurrence

# What goes on for longer goes on without end.
_NO_END = date(2200, 1, 1)
_DAY = timedelta(days=1)


def start_and_rule(
    text: str, begun: datetime, *, last_day: date | None, zone: ZoneInfo, floats: bool
) -> tuple[datetime, str] | None:
    """Return the first start and the RRULE value of a recurrence; ``None`` if it never comes.

    Args:
        text: the rule as a reminder keeps it.
        begun: naive local start it is counted from.
        last_day: the last day it may fall on, ``None`` for no end beside the rule's own.
        zone: whose clock it goes by.
        floats: whether it goes where its reader goes.

    Raises:
        BadRecurrence: the rule is none of ours.
    """
    rule = Recurrence.parse(text)
    day = begun.date()
    first = next(rule.days(day, since=day, before=day + NEVER), None)
    if first is None or (last_day is not None and last_day < first):
        return None
    if rule.until is not None and rule.until.date() < first - 2 * _DAY:
        # Zones differ by less: it is over, whosever clock it goes by.
        return None
    start = datetime.combine(first, begun.time())
    end = _end(rule, day, last_day, zone=zone, floats=floats)
    if isinstance(end, datetime):
        if end < (start if end.tzinfo is None else moment_of(start, zone)):
            return None
        end = f"UNTIL={end:%Y%m%dT%H%M%S}{'' if floats else 'Z'}"
    parts = [part for part in text.split(";") if part.partition("=")[0] not in ("COUNT", "UNTIL")]
    return start, ";".join([*parts, end] if end else parts)


def _end(
    rule: Recurrence, day: date, last_day: date | None, *, zone: ZoneInfo, floats: bool
) -> datetime | str | None:
    """Return how a rule ends: COUNT, or a moment in UTC or, of what floats, on the wall clock."""
    has_last_day = last_day is not None and last_day < _NO_END
    if rule.count is not None:
        count = rule.count
        if last_day is not None and has_last_day:
            # COUNT and UNTIL exclude each other: so many are left until her last day.
            count = sum(1 for _ in rule.days(day, since=day, before=last_day + _DAY))
        return f"COUNT={count}"
    ends = []
    if last_day is not None and has_last_day:
        ends.append(datetime.combine(last_day, time(23, 59, 59)))
    if rule.until is not None and rule.until.date() < _NO_END:
        ends.append(rule.until)
    return min((_on_clock(end, zone, floats=floats) for end in ends), default=None)


def _on_clock(end: datetime, zone: ZoneInfo, *, floats: bool) -> datetime:
    if floats:
        return end if end.tzinfo is None else end.astimezone(zone).replace(tzinfo=None)
    return moment_of(end, zone) if end.tzinfo is None else end
