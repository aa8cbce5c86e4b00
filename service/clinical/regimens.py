"""What a schedule means: on which days, and at which times of day, a dose is expected.

A schedule is data, from the catalogue or edited for one patient:

    cycle      cycle_days, dose_days [1, 8, 15], times?     days 1, 8 and 15 of every 28
    on_off     on_days, off_days, times?                    21 on, 7 off; 28 on, 0 off
    interval   days, loading_days? [1, 15, 29]              every 28 days, after the loading doses
    daily      times                                        for as long as the course goes on
    once                                                    on its first day
    none                                                    nothing is expected

Days are days of her own calendar and are counted, so a cycle is as long in the week the clocks
change as in any other.  Where a schedule names no time of day, the dose is expected at nine.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, Protocol, Self

# A project choice: no label gives an infusion's time of day.
NINE = ("09:00",)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What was to be taken from one local date-time on until another.

    ``starts_at`` and ``ends_at`` are naive, what the clock on her wall shows; the end is the first
    minute no more in it, ``None`` while it goes on.  Days count from ``day_one``, which is day 1.
    Nothing is expected while it ``is_held``.
    """

    starts_at: datetime
    ends_at: datetime | None
    is_held: bool
    day_one: date
    schedule: Mapping[str, Any] | None

    @classmethod
    def on_file(cls, row: "OnFile") -> Self:
        """Read a period as it is kept: text for what the clock shows, a word for a hold."""
        return cls(
            starts_at=datetime.fromisoformat(row.starts_at),
            ends_at=None if row.ends_at is None else datetime.fromisoformat(row.ends_at),
            is_held=row.status == "held",
            day_one=row.day_one,
            schedule=row.schedule,
        )


class OnFile(Protocol):
    """A period as it is kept: ``starts_at`` and ``ends_at`` as ``2026-03-02T09:00``."""

    @property
    def starts_at(self) -> str: ...  # noqa: D102
    @property
    def ends_at(self) -> str | None: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def day_one(self) -> date: ...  # noqa: D102
    @property
    def schedule(self) -> Mapping[str, Any] | None: ...  # noqa: D102


class Expected(NamedTuple):
    """One dose expected: the local date-time, and the number of its cycle, from 1 on."""

    local: datetime
    cycle: int


def expected_doses(
    periods: Sequence[Period], *, since: datetime, before: datetime, held_too: bool = False
) -> Iterator[Expected]:
    """Name the doses expected from ``since`` on and strictly before ``before``, in order.

    Args:
        periods: of one treatment, in the order of time, none overlapping another.
        since: naive local date-time.
        before: naive local date-time; what bounds the work.
        held_too: also those that would be expected were it not held, for what was planned.
    """
    for period, cycles_before in _numbered(periods):
        pattern = _pattern(period.schedule)
        if pattern is None or (period.is_held and not held_too):
            continue
        first = max(since, period.starts_at)
        last = before if period.ends_at is None else min(before, period.ends_at)
        number = max((first.date() - period.day_one).days, 0)
        while (day := period.day_one + number * _DAY) <= last.date():
            if pattern.has_dose(number):
                for at in pattern.times:
                    local = datetime.combine(day, at)
                    if first <= local < last:
                        yield Expected(local, cycles_before + pattern.cycle(number) + 1)
            number += 1


def cycle_on(periods: Sequence[Period], day: date) -> tuple[int, date, date] | None:
    """Return number, first day and last day of the cycle a day lies in.

    ``None`` where there is no cycle: before the first day, after the last, and for what has no
    end of its own (daily, once, none).
    """
    for period, cycles_before in reversed(list(_numbered(periods))):
        pattern = _pattern(period.schedule)
        number = (day - period.day_one).days
        if period.starts_at.date() > day or number < 0:
            continue
        if period.ends_at is not None and period.ends_at <= datetime.combine(day, time.min):
            return None
        bounds = pattern.bounds(number) if pattern else None
        if pattern is None or bounds is None:
            return None
        first, last = (period.day_one + n * _DAY for n in bounds)
        return cycles_before + pattern.cycle(number) + 1, first, last
    return None


def _numbered(periods: Sequence[Period]) -> Iterator[tuple[Period, int]]:
    """Name each period with the number of cycles before its first: they go on counting.

    A hold or another dose changes nothing.  A later first day begins the next cycle, counted from
    those that had begun by then: a cycle that is put off keeps its number.  Another rhythm from
    the same first day goes on with the number it finds.
    """
    before = 0
    previous: Period | None = None
    for period in periods:
        if previous is not None:
            before += _cycles_gone(previous, period)
        yield period, before
        previous = period


def _cycles_gone(previous: Period, period: Period) -> int:
    """Return by how much the numbers of a period's cycles differ from a count of its own."""
    old, new = _pattern(previous.schedule), _pattern(period.schedule)
    same = (previous.day_one, _rhythm(previous)) == (period.day_one, _rhythm(period))
    if same or old is None or old.length is None:
        return 0
    if period.day_one > previous.day_one:
        last = min((period.day_one - previous.day_one).days - 1, _last_day_begun(previous, period))
        return old.cycle(last) + 1 if last >= 0 else 0
    if period.day_one == previous.day_one:
        day = max((period.starts_at.date() - period.day_one).days, 0)
        return old.cycle(day) - (new.cycle(day) if new else 0)
    return 0


def _last_day_begun(previous: Period, period: Period) -> int:
    # A day before its first time of day has asked for nothing yet.
    day = (period.starts_at.date() - previous.day_one).days
    pattern = _pattern(previous.schedule)
    first_time = pattern.times[0] if pattern else time.min
    return day if period.starts_at.time() > first_time else day - 1


def _rhythm(period: Period) -> dict[str, Any]:
    schedule = period.schedule or {}
    return {name: schedule[name] for name in schedule if name not in ("times", "day_one")}


@dataclass(frozen=True, slots=True)
class _Pattern:
    """On which of the days numbered from 0 a dose is expected.

    ``length`` is that of a cycle in days, ``None`` for what has no cycles; ``on`` are the days of
    it with a dose.  ``loading`` days come before the first cycle, each a cycle of its own.
    """

    times: tuple[time, ...]
    length: int | None
    on: frozenset[int]
    loading: tuple[int, ...] = ()

    def has_dose(self, number: int) -> bool:
        """Tell whether a dose is expected on a day."""
        if self.loading and number <= self.loading[-1]:
            return number in self.loading
        if self.length is None:
            return not self.on or number in self.on
        return (number - self._first) % self.length in self.on

    def cycle(self, number: int) -> int:
        """Return the cycle of a day, counted from 0."""
        if self.loading and number < self._first + (self.length or 0):
            return max(sum(day <= number for day in self.loading) - 1, 0)
        if self.length is None:
            return 0
        return max(len(self.loading) - 1, 0) + (number - self._first) // self.length

    def bounds(self, number: int) -> tuple[int, int] | None:
        """Return the first and the last day of the cycle of a day; ``None`` without cycles."""
        if self.length is None:
            return None
        if self.loading and number < self._first + self.length:
            # The first cycle begins with the course, whenever its own dose is.
            begins = (0, *self.loading[1:])
            after = min((day for day in begins if day > number), default=self._first + self.length)
            return max(day for day in begins if day <= number), after - 1
        begun = number - (number - self._first) % self.length
        return begun, begun + self.length - 1

    @property
    def _first(self) -> int:
        return self.loading[-1] if self.loading else 0


def _pattern(schedule: Mapping[str, Any] | None) -> _Pattern | None:
    kind = schedule["type"] if schedule else "none"
    if schedule is None or kind == "none":
        return None
    times = tuple(sorted(time.fromisoformat(text) for text in schedule.get("times") or NINE))
    if kind == "cycle":
        days = frozenset(day - 1 for day in schedule["dose_days"])
        return _Pattern(times, schedule["cycle_days"], days)
    if kind == "on_off":
        on = schedule["on_days"]
        return _Pattern(times, on + schedule["off_days"], frozenset(range(on)))
    if kind == "interval":
        loading = tuple(sorted(day - 1 for day in schedule.get("loading_days") or ()))
        return _Pattern(times, schedule["days"], frozenset({0}), loading)
    return _Pattern(times, None, frozenset({0}) if kind == "once" else frozenset())
