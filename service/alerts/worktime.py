"""The clinic's own time: when a span that counts working hours is over.  Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.clinical.spans import Span

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AHEAD_DAYS = 400


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


def deadline(start: datetime, span: Span, working: WorkingTime, *, share: float = 1.0) -> datetime:
    """Return when a share of a span is over that begins at a moment.

    A working day is one whole opening period, wherever it begins: from Monday 14:00 to Tuesday
    14:00, from Friday evening to Monday's closing time.  Where a clinic is never open, working
    time is everyone's: no report is refused, and no alert waits for ever, for a roster's mistake.

    Args:
        start: aware moment.
        span: on everyone's clock or on the clinic's.
        working: the clinic's hours; read for working time only.
        share: 1.0 is the whole span, 0.5 half of it.
    """
    if not span.is_working_time:
        return start + span.duration * share
    left = span.amount * share
    for opens, closes in working.open_periods(start):
        begins = max(opens, start)
        whole = closes - opens
        unit = whole if span.unit == "working_days" else timedelta(hours=1)
        available = (closes - begins) / unit
        if left <= available:
            return begins + unit * left
        left -= available
    unit = timedelta(days=1) if span.unit == "working_days" else timedelta(hours=1)
    return start + unit * span.amount * share
