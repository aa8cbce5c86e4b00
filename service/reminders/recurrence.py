"""How often: the part of RFC 5545 that reminders need, read strictly and expanded by dateutil.

    FREQ=DAILY|WEEKLY|MONTHLY   INTERVAL=1..366   BYDAY   BYMONTHDAY   COUNT=1..5000 | UNTIL

Everything else is refused.  The library looks until the year 9999 for a rule that never fires, so
it is asked for the next day only once ``comes_round`` has seen that there is one within ``NEVER``:
that bounds its work.  See docs/decisions/0012.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Self

from dateutil import rrule as library

from service.errors import Rejected

# A recurrence that does not come round within this time of its start, or of the last time,
# counts as never: nobody is waiting for it, and every search has an end.
NEVER = timedelta(days=3653)
INTERVAL_AT_MOST = 366
COUNT_AT_MOST = 5000
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_MONTH_DAY = re.compile(r"[+-]?(0?[1-9]|[12]\d|3[01])", re.ASCII)
_WHOLE = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII)
_DAY = timedelta(days=1)


class BadRecurrence(Rejected):
    """The recurrence is not in our part of RFC 5545, or never comes true."""

    slug = "bad-recurrence"
    title = "This recurrence cannot be used."

    def __init__(self, detail: str, pointer: str = "/recurrence") -> None:
        super().__init__(errors=[(pointer, detail)])


class Frequency(StrEnum):
    """The length of a period."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """On which days something comes round.

    ``weekdays`` are ``(ordinal, weekday)``: ordinal 0 is every one, 2 the second of the month,
    -1 the last; Monday is 0.  ``month_days`` count from the end when negative.  ``count`` and
    ``until`` are both ``None`` for something that has no end; ``until`` is naive local time, or
    aware if the rule gave it in UTC.
    """

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    count: int | None = None
    until: datetime | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an RRULE value, as ``FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH``.

        Raises:
            BadRecurrence: it says anything this class does not.
        """
        parts = _parts(text)
        rule = cls(
            frequency=_frequency(parts.pop("FREQ", "")),
            interval=_whole("INTERVAL", parts.pop("INTERVAL", "1"), INTERVAL_AT_MOST),
            weekdays=_weekdays(parts.pop("BYDAY", None)),
            month_days=_month_days(parts.pop("BYMONTHDAY", None)),
            count=_whole("COUNT", parts.pop("COUNT"), COUNT_AT_MOST) if "COUNT" in parts else None,
            until=_until(parts.pop("UNTIL", None)),
        )
        if parts:
            raise BadRecurrence(f"{min(parts)} is not supported.")
        rule._check_combination()
        return rule

    def days(self, start: date, *, since: date, before: date = date.max) -> Iterator[date]:
        """Name the days it falls on, in order, from ``since`` and strictly before ``before``.

        The library begins in the period ``since`` lies in: those before are passed over unseen.

        Args:
            start: the day it was begun; what ``interval`` and ``count`` count from.
            since: nothing earlier is named.
            before: where to stop.
        """
        begin = self._passed_over(start, since)
        left = None if self.count is None else self.count - self._used_up(start, begin)
        expansion = self._expansion(start, begin, left)
        since, last = max(since, begin), max(since, begin) + NEVER
        while self.comes_round(start, since=begin, before=last):
            moment = next(expansion, None)
            if moment is None or moment.date() >= before:
                return
            begin = moment.date() + _DAY
            if begin > since:
                yield moment.date()
                last = begin + NEVER

    def comes_round(self, start: date, *, since: date, before: date) -> bool:
        """Tell whether it falls on any day of a stretch, without asking the library."""
        return next(self._walk(start, since, before), None) is not None

    def falls_on(self, day: date, start: date) -> bool:
        """Tell whether it falls on a day, were there no ``count`` and no ``until``."""
        if day < start or self._units_between(start, day) % self.interval:
            return False
        if self.weekdays or self.month_days:
            return self._is_named(day)
        if self.frequency is Frequency.WEEKLY:
            return day.weekday() == start.weekday()
        return self.frequency is Frequency.DAILY or day.day == start.day

    def _check_combination(self) -> None:
        if self.count is not None and self.until is not None:
            raise BadRecurrence("COUNT and UNTIL exclude each other.")
        if self.frequency is Frequency.WEEKLY and self.month_days:
            raise BadRecurrence("BYMONTHDAY does not go with FREQ=WEEKLY.")
        if self.frequency is not Frequency.MONTHLY and any(n for n, _day in self.weekdays):
            raise BadRecurrence("BYDAY takes a number only with FREQ=MONTHLY.")

    def _expansion(self, start: date, begin: date, count: int | None) -> Iterator[datetime]:
        """Prepare the library for naive days: what it takes from the start is said outright."""
        weekdays, month_days = self._library_weekdays(), self.month_days or None
        if not weekdays and not month_days:
            if self.frequency is Frequency.WEEKLY:
                weekdays = [library.weekday(start.weekday())]
            if self.frequency is Frequency.MONTHLY:
                month_days = (start.day,)
        return iter(
            library.rrule(
                getattr(library, self.frequency),
                dtstart=datetime.combine(begin, time.min),
                interval=self.interval,
                wkst=library.MO,
                byweekday=weekdays or None,
                bymonthday=month_days,
                count=count if count is None else max(count, 0),
            )
        )

    def _library_weekdays(self) -> list[library.weekday]:
        """Write the weekdays for the library.

        Of ``BYDAY=TU,1FR`` it takes only Tuesdays that are also first Fridays; RFC 5545 means
        either.  Tuesdays are the first to the fifth of them, then.
        """
        numbers = range(1, 6) if any(n for n, _day in self.weekdays) else (None,)
        return [
            library.weekday(day, n or number)
            for n, day in self.weekdays
            for number in (numbers if n == 0 else (n,))
        ]

    def _passed_over(self, start: date, since: date) -> date:
        """Return the first day of the period of ours ``since`` lies in or waits for."""
        if since <= start:
            return start
        number = self._units_between(start, since) // self.interval * self.interval
        if number == 0:
            return start
        if self.frequency is Frequency.MONTHLY:
            years, month = divmod(start.month - 1 + number, 12)
            return date(start.year + years, month + 1, 1)
        if self.frequency is Frequency.WEEKLY:
            return _monday(start) + number * 7 * _DAY
        return start + number * _DAY

    def _used_up(self, start: date, begin: date) -> int:
        """Return how many of ``count`` lie before the day the library begins with."""
        return sum(1 for _ in islice(self._walk(start, start, begin), self.count))

    def _walk(self, start: date, since: date, before: date) -> Iterator[date]:
        """Name the days of a stretch it falls on, by asking each day."""
        step = 1
        if self.frequency is Frequency.DAILY:
            step = self.interval
            since += (start - since).days % step * _DAY
        for n in range(0, max((before - since).days, 0), step):
            day = since + n * _DAY
            if self.falls_on(day, start):
                yield day

    def _units_between(self, start: date, day: date) -> int:
        """Return how many days, weeks or months lie between the periods of two days."""
        if self.frequency is Frequency.MONTHLY:
            return (day.year - start.year) * 12 + day.month - start.month
        if self.frequency is Frequency.WEEKLY:
            return (_monday(day) - _monday(start)).days // 7
        return (day - start).days

    def _is_named(self, day: date) -> bool:
        length = monthrange(day.year, day.month)[1]
        if self.month_days and not {day.day, day.day - length - 1} & set(self.month_days):
            return False
        nth, nth_from_end = (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)
        return not self.weekdays or any(
            weekday == day.weekday() and n in (0, nth, nth_from_end) for n, weekday in self.weekdays
        )


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or not name.isascii() or not name.isupper():
            raise BadRecurrence("Not a recurrence, as FREQ=WEEKLY;BYDAY=MO.")
        if name in parts:
            raise BadRecurrence(f"{name} stands twice.")
        parts[name] = value
    return parts


def _frequency(value: str) -> Frequency:
    if value not in set(Frequency):
        raise BadRecurrence("FREQ must be DAILY, WEEKLY or MONTHLY.")
    return Frequency(value)


def _whole(name: str, value: str, most: int) -> int:
    if not _WHOLE.fullmatch(value) or int(value) > most:
        raise BadRecurrence(f"{name} must be a whole number from 1 to {most}.")
    return int(value)


def _weekdays(value: str | None) -> tuple[tuple[int, int], ...]:
    found = [_BYDAY.fullmatch(word) for word in value.split(",")] if value else []
    named = [(int(m[1] or 0), _WEEKDAYS.index(m[2])) for m in found if m]
    if len(named) < len(found) or len(set(named)) < len(named):
        raise BadRecurrence("BYDAY must be weekdays, each once, as MO,TH or 2TU or -1FR.")
    return tuple(named)


def _month_days(value: str | None) -> tuple[int, ...]:
    words = value.split(",") if value else []
    if not all(_MONTH_DAY.fullmatch(word) for word in words):
        raise BadRecurrence("BYMONTHDAY must be days from 1 to 31, or from -31 to -1.")
    return tuple(sorted({int(word) for word in words}))


def _until(value: str | None) -> datetime | None:
    if value is None:
        return None
    if not _UNTIL.fullmatch(value):
        raise BadRecurrence("UNTIL must be 20261231, 20261231T090000 or 20261231T170000Z.")
    try:
        day = date.fromisoformat(value[:8])
        if len(value) == 8:
            return datetime.combine(day, time.max)
        at = datetime.combine(day, time.fromisoformat(value[9:15]))
    except ValueError:
        raise BadRecurrence("UNTIL names no such moment.") from None
    return at.replace(tzinfo=UTC) if value.endswith("Z") else at
