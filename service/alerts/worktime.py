"""The clinic's own time: when a span that counts working hours is over.  Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import takewhile
from zoneinfo import ZoneInfo

from service.clinical.spans import Span

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AHEAD_DAYS = 400
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When a clinic is open, on its own clock.

    ``hours`` maps ``mon`` … ``sun`` to opening and closing time; a day left out is closed, as is
    every day in ``holidays``.
    """

    zone: ZoneInfo
    hours: Mapping[str, tuple[time, time]]
    holidays: frozenset[date]

    @classmethod
    def of(
        cls, time_zone: str, hours: Mapping[str, Sequence[str]], holidays: Sequence[str]
    ) -> "WorkingTime":
        """Read a clinic's hours as they are stored: ``{"mon": ["08:00", "17:00"]}``."""
        return cls(
            zone=ZoneInfo(time_zone),
            hours={
                day: (time.fromisoformat(opens), time.fromisoformat(closes))
                for day, (opens, closes) in hours.items()
            },
            holidays=frozenset(date.fromisoformat(day) for day in holidays),
        )

    def open_periods(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the opening periods from a moment on, the first cut to begin there."""
        day = start.astimezone(self.zone).date()
        for _ in range(_LOOK_AHEAD_DAYS):
            hours = self.hours.get(_DAYS[day.weekday()])
            if hours and day not in self.holidays:
                opens, closes = (
                    datetime.combine(day, clock, self.zone).astimezone(UTC) for clock in hours
                )
                if closes > start:
                    yield opens, closes
            day += timedelta(days=1)


def deadline(start: datetime, span: Span, working: WorkingTime) -> datetime:
    """Return when a span is over that begins at a moment.

    A working day is one whole opening period, wherever it begins: from Monday 14:00 to Tuesday
    14:00, from Friday evening to Monday's closing time.  Where a clinic is never open, working
    time is everyone's: no report is refused, and no alert waits for ever, for a roster's mistake.

    Args:
        start: aware moment.
        span: on everyone's clock or on the clinic's.
        working: the clinic's hours; read for working time only.
    """
    if not span.is_working_time:
        return start + span.duration
    if span.unit == "working_days":
        over = _after(start, Fraction(span.amount), working)
        return over or start + timedelta(days=span.amount)
    over = _after(start, Fraction(span.amount), working, unit=timedelta(hours=1))
    return over or start + timedelta(hours=span.amount)


def share_over(
    start: datetime, end: datetime, share: float, working: WorkingTime | None
) -> datetime:
    """Return when a share of the time between two moments is over.

    Args:
        start: aware moment.
        end: aware moment, not before ``start``.
        share: 0.5 is half-way, 1.0 is ``end``, more lies beyond it.
        working: count in the clinic's opening periods; ``None`` for everyone's clock, which also
            counts where the clinic is not open in between.
    """
    if working is not None:
        periods = sum(
            (
                _ratio(min(closes, end) - max(opens, start), closes - opens)
                for opens, closes in takewhile(
                    lambda period: period[0] < end, working.open_periods(start)
                )
            ),
            Fraction(0),
        )
        over = _after(start, periods * Fraction(share), working) if periods else None
        if over is not None:
            return over
    return start + (end - start) * share


def _after(
    start: datetime, amount: Fraction, working: WorkingTime, *, unit: timedelta | None = None
) -> datetime | None:
    """Return when so many units of working time are over; ``None``: a unit is a whole period.

    ``None`` where the clinic does not open often enough.
    """
    for opens, closes in working.open_periods(start):
        begins = max(opens, start)
        length = unit or closes - opens
        available = _ratio(closes - begins, length)
        if amount <= available:
            return begins + timedelta(microseconds=round(amount * (length // _MICROSECOND)))
        amount -= available
    return None


def _ratio(part: timedelta, whole: timedelta) -> Fraction:
    # Exact, so that half of a span and then its whole end where they should, to the microsecond.
    return Fraction(part // _MICROSECOND, whole // _MICROSECOND)
