"""What RFC 5545 says, in the dullest way there is: walk over every day and ask.

Shares no code with the product, and reads the rule's text itself.
"""

from calendar import monthcalendar, monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

NAMES = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def days(rule: str, start: date, before: date) -> Iterator[date]:
    """Name every day the rule falls on, from its start and before a day."""
    parts = dict(part.split("=") for part in rule.split(";"))
    left = int(parts["COUNT"]) if "COUNT" in parts else None
    last = date.fromisoformat(parts["UNTIL"][:8]) if "UNTIL" in parts else date.max
    day = start
    while day < before and day <= last and left != 0:
        if falls_on(parts, start, day):
            left = None if left is None else left - 1
            yield day
        day += timedelta(days=1)


def falls_on(parts: dict[str, str], start: date, day: date) -> bool:
    frequency, interval = parts["FREQ"], int(parts.get("INTERVAL", 1))
    if frequency == "DAILY":
        turn = day.toordinal() - start.toordinal()
    elif frequency == "WEEKLY":
        # Day 1 of the calendar was a Monday.
        turn = (day.toordinal() - 1) // 7 - (start.toordinal() - 1) // 7
    else:
        turn = day.year * 12 + day.month - start.year * 12 - start.month
    if turn % interval:
        return False
    by_day, by_month_day = parts.get("BYDAY"), parts.get("BYMONTHDAY")
    if by_day and not any(_is_weekday(word, day) for word in by_day.split(",")):
        return False
    if by_month_day:
        length = monthrange(day.year, day.month)[1]
        wanted = [int(word) for word in by_month_day.split(",")]
        return day.day in [n if n > 0 else length + 1 + n for n in wanted]
    if not by_day and frequency == "WEEKLY":
        return day.isoweekday() == start.isoweekday()
    return bool(by_day) or frequency == "DAILY" or day.day == start.day


def _is_weekday(word: str, day: date) -> bool:
    number = int(word[:-2] or 0)
    column = NAMES.index(word[-2:])
    those = [week[column] for week in weeks(day.year, day.month) if week[column]]
    if number == 0:
        return day.day in those
    return len(those) >= abs(number) and day.day == those[number - (number > 0)]


def moment(local: datetime, zone: ZoneInfo) -> datetime:
    """Read the moment off the zone's own clock: as it runs, minute by minute, around that day.

    The first minute that shows the time; if none does, the gap is in the way, and the time is
    as far after it as it would have been before.
    """
    offsets = sorted(
        {
            (datetime.combine(local, datetime.min.time(), UTC) + timedelta(hours=h))
            .astimezone(zone)
            .utcoffset()
            for h in range(-30, 54)
        }
    )
    # The later the offset, the earlier the moment.
    for offset in reversed(offsets):
        at = (local - offset).replace(tzinfo=UTC)
        if at.astimezone(zone).replace(tzinfo=None) == local:
            return at
    return (local - offsets[0]).replace(tzinfo=UTC)


weeks = cache(monthcalendar)
