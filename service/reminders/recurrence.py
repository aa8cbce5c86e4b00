"""How often: the part of RFC 5545 that reminders need, read strictly and bounded by construction.

    FREQ=DAILY|WEEKLY|MONTHLY   INTERVAL=1..366   BYDAY   BYMONTHDAY   COUNT=1..5000 | UNTIL

Everything else is refused: a general library can be kept busy for seconds by a rule that never
fires.  Here a rule is a row of periods (days, weeks, months), each of which has some days, so
looking for the next day can never take longer than the stretch that is looked through.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Self

from service.errors import Rejected

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

    def __init__(self, detail: str) -> None:
        super().__init__(errors=[("/recurrence", detail)])


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

    def days(self, start: date, *, since: date, before: date) -> Iterator[date]:
        """Name the days it falls on, in order, from ``since`` and strictly before ``before``.

        Args:
            start: the day it was begun; what ``interval`` and ``count`` count from.
            since: nothing earlier is named.  Whole periods are passed over unseen, save where
                ``count`` needs every one of them.
            before: where to stop looking.
        """
        left = self.count
        first = 0 if left is not None else self._periods_to_pass_over(start, since)
        for period in self._periods(start, first, before):
            for day in self._days_of(period, start):
                if day < start:
                    continue
                if day >= before or left == 0:
                    return
                if left is not None:
                    left -= 1
                if day >= since:
                    yield day

    def _check_combination(self) -> None:
        if self.count is not None and self.until is not None:
            raise BadRecurrence("COUNT and UNTIL exclude each other.")
        if self.frequency is Frequency.WEEKLY and self.month_days:
            raise BadRecurrence("BYMONTHDAY does not go with FREQ=WEEKLY.")
        if self.frequency is not Frequency.MONTHLY and any(n for n, _day in self.weekdays):
            raise BadRecurrence("BYDAY takes a number only with FREQ=MONTHLY.")

    def _periods_to_pass_over(self, start: date, since: date) -> int:
        days = (since - start).days
        if days <= 0:
            return 0
        if self.frequency is Frequency.MONTHLY:
            units = (since.year - start.year) * 12 + since.month - start.month
        elif self.frequency is Frequency.WEEKLY:
            units = (_monday(since) - _monday(start)).days // 7
        else:
            units = days
        return units // self.interval

    def _periods(self, start: date, first: int, before: date) -> Iterator[date]:
        """Name the first day of each period, from number ``first`` on."""
        number = first * self.interval
        while True:
            if self.frequency is Frequency.MONTHLY:
                years, month = divmod(start.month - 1 + number, 12)
                period = date(start.year + years, month + 1, 1)
            elif self.frequency is Frequency.WEEKLY:
                period = _monday(start) + number * 7 * _DAY
            else:
                period = start + number * _DAY
            if period >= before:
                return
            yield period
            number += self.interval

    def _days_of(self, period: date, start: date) -> list[date]:
        if self.frequency is Frequency.DAILY:
            return [period] if self._holds(period) else []
        if self.frequency is Frequency.WEEKLY:
            wanted = {day for _n, day in self.weekdays} or {start.weekday()}
            return [period + n * _DAY for n in sorted(wanted)]
        length = monthrange(period.year, period.month)[1]
        if not self.weekdays and not self.month_days:
            return [period.replace(day=start.day)] if start.day <= length else []
        return [day for day in (period + n * _DAY for n in range(length)) if self._holds(day)]

    def _holds(self, day: date) -> bool:
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
