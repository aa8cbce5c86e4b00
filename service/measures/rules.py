"""What is true of figures: how weeks add up, and which numbers are too small to show.  Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

# Upper ends of the classes lengths of time are counted in, in minutes; one more class lies beyond.
# 48 h, 72 h and 7 days are those in which a programme of remote monitoring reports closing (UAB).
TIMES = (5, 10, 15, 30, 45, 60, 120, 240, 480, 1440, 2880, 4320, 10080)
_TWO_DAYS, _THREE_DAYS, _WEEK = (TIMES.index(one) + 1 for one in (2880, 4320, 10080))
# Fewer people than this could be told apart.  Project choice.
SMALL = 5
Histogram = list[int]
Figures = Mapping[str, Any]
_AGES = (40, 50, 60, 70)
_FIRST_MONTHS, _FIRST_YEAR = timedelta(days=91), timedelta(days=365)


def monday_of(day: date) -> date:
    """Return the Monday of the week a day lies in."""
    return day - timedelta(days=day.weekday())


def no_times() -> Histogram:
    """Return a histogram in which nothing is counted yet."""
    return [0] * (len(TIMES) + 1)


def class_of(length: timedelta) -> int:
    """Return the place of a length of time in a histogram."""
    minutes = length / timedelta(minutes=1)
    return next((place for place, most in enumerate(TIMES) if minutes <= most), len(TIMES))


def age_band(birth_year: int | None, year: int) -> str:
    """Return the age band of somebody born in a year: ``"40-49"``; ``"unknown"`` without one."""
    if birth_year is None:
        return "unknown"
    age = year - birth_year
    if age < _AGES[0]:
        return f"under {_AGES[0]}"
    if age >= _AGES[-1]:
        return f"{_AGES[-1]} and over"
    low = max(one for one in _AGES if one <= age)
    return f"{low}-{low + 9}"


def time_with_us(joined_at: datetime, at: datetime) -> str:
    """Return how long somebody has been with the clinic's Waymark, in three classes."""
    passed = at - joined_at
    if passed < _FIRST_MONTHS:
        return "first 3 months"
    return "first year" if passed < _FIRST_YEAR else "longer than a year"


def share(part: float, whole: float) -> float | None:
    """Return a share between 0 and 1, to three places; ``None`` of nothing."""
    return round(part / whole, 3) if whole else None


def added(figures: Iterable[Figures]) -> dict[str, Any]:
    """Add up weeks: numbers by name, lists place by place, whatever is nested likewise."""
    total: dict[str, Any] = {}
    for one in figures:
        total = _plus(total, one)
    return total


def quantile(times: Sequence[int], part: float) -> float | None:
    """Return the length in minutes within which this part of what was counted lies.

    Within its class it is taken to grow evenly.  ``None`` if nothing was counted; beyond the last
    class its lower end, which is then the least it can be.
    """
    number = sum(times)
    if not number:
        return None
    wanted = part * number
    for place, (count, through) in enumerate(zip(times, accumulate(times), strict=True)):
        if through >= wanted and count:
            low = float(TIMES[place - 1]) if place else 0.0
            if place == len(TIMES):
                return low
            inside = (wanted - (through - count)) / count
            return round(low + (TIMES[place] - low) * inside, 1)
    return None


def closing_classes(times: Sequence[int]) -> dict[str, int]:
    """Return how many were closed within 48 h, in 48 to 72 h, in 3 to 7 days, and later."""
    return {
        "within_48_h": sum(times[:_TWO_DAYS]),
        "48_to_72_h": sum(times[_TWO_DAYS:_THREE_DAYS]),
        "3_to_7_days": sum(times[_THREE_DAYS:_WEEK]),
        "later": sum(times[_WEEK:]),
    }


def shown_groups(groups: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
    """Return the groups of one kind, each ``[patients, reported]``, the small ones hidden.

    A single hidden group could be worked out from the total: the next smallest is hidden with it.
    """
    small = {name for name, (patients, _reported) in groups.items() if 0 < patients < SMALL}
    if len(small) == 1:
        others = sorted(groups.keys() - small, key=lambda name: (groups[name][0], name))
        small |= {name for name in others if groups[name][0]} & set(others[:1])
    return [
        {
            "group": name,
            "hidden": name in small,
            "patients": None if name in small else patients,
            "completion": None if name in small else share(reported, patients),
        }
        for name, (patients, reported) in sorted(groups.items())
        if patients
    ]


def unless_small(number: int) -> int | None:
    """Return a number of people, ``None`` if it is too small to show; nobody is no small number."""
    return None if 0 < number < SMALL else number


def _plus(left: Any, right: Any) -> Any:
    if isinstance(right, Mapping):
        known = left or {}
        return {
            name: _plus(known.get(name), right[name]) if name in right else known[name]
            for name in (*known, *(name for name in right if name not in known))
        }
    if isinstance(right, list):
        return [a + b for a, b in zip(left or [0] * len(right), right, strict=True)]
    return (left or 0) + right
