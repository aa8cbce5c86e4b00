"""How often she usually reports, and how much of that is missing.  Pure: days in, numbers out.

Everything is counted in her own days.  A day on which she was known to be away, or not in care,
counts nowhere: neither in the gaps her rhythm is made of nor in a silence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from service.clinical.silence_policy import SilencePolicy

_DAY = timedelta(days=1)
# Beyond this many days ahead nobody looks: what is known by then is another matter.
_FURTHEST = 90


class Away(NamedTuple):
    """Days on which she was not expected, both of them among these; ``last`` may be unknown."""

    first: date
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What was last known of her when she fell silent."""

    worst_grade: int
    distress: int
    is_myelosuppressed: bool
    urgent_alerts: int
    soon_alerts: int


def absences(
    periods: Iterable[Away], reported: Sequence[date], policy: SilencePolicy
) -> list[Away]:
    """Return absences that do not touch, earliest first, each with its last day.

    One of which nobody knows the end lasts until the day before she next reports, and no longer
    than the policy says: a stay in hospital that was forgotten must not hide her for ever.
    """
    ends = sorted(Away(first, last or _end(first, reported, policy)) for first, last in periods)
    merged: list[Away] = []
    for first, last in ends:
        assert last is not None  # noqa: S101 - tells mypy, not a check
        before = merged[-1].last if merged else None
        if before is not None and first <= before + _DAY:
            merged[-1] = Away(merged[-1].first, max(before, last))
        elif first <= last:
            merged.append(Away(first, last))
    return merged


def is_away(day: date, away: Sequence[Away]) -> bool:
    """Tell whether she was known to be away on a day."""
    return any(first <= day and (last is None or day <= last) for first, last in away)


def expected_days(after: date, until: date, away: Sequence[Away]) -> int:
    """Return how many days after one day, and up to another, she could have reported."""
    if until <= after:
        return 0
    lost = 0
    for first, last in away:
        begins, ends = max(first, after + _DAY), min(last or until, until)
        lost += max(0, (ends - begins).days + 1)
    return (until - after).days - lost


def usual_gap(
    reported: Sequence[date], away: Sequence[Away], policy: SilencePolicy
) -> float | None:
    """Return her rhythm in days: the median of her latest gaps between days with a report.

    It does not change while she is silent.  ``None`` before she has shown one.

    Args:
        reported: days on which we heard from her, in any order.
        away: as ``absences`` returns them.
        policy: how many gaps, how far back, and the bounds of a rhythm.
    """
    days = sorted(set(reported))
    if not days:
        return None
    days = [day for day in days if days[-1] - day <= policy.within]
    gaps = [expected_days(one, other, away) for one, other in pairwise(days)]
    # A report during a stay in hospital is none she was expected to make.
    gaps = [gap for gap in gaps if gap > 0][-policy.most_gaps :]
    if len(gaps) < policy.least_gaps:
        return None
    return float(min(max(median(gaps), policy.least_days), policy.most_days))


def missed_check_ins(since: date, today: date, away: Sequence[Away], rhythm: float) -> int:
    """Return how many whole rhythms have passed since a day, without a report."""
    return int(expected_days(since, today, away) // rhythm)


def silent_from(since: date, today: date, away: Sequence[Away], rhythm: float, missed: int) -> date:
    """Return the first day after today on which so many check-ins will be missed.

    A day far ahead, if she is away for so long that it cannot be told.

    Args:
        since: the day she was last heard of.
        today: her own day.
        away: as ``absences`` returns them.
        rhythm: in days.
        missed: how many check-ins.
    """
    day = today
    for _ in range(_FURTHEST):
        day += _DAY
        if not is_away(day, away) and missed_check_ins(since, day, away, rhythm) >= missed:
            return day
    return day


def every(days: float) -> str:
    """Write a rhythm: "every day", "every 2 days", "every 3.5 days"."""
    return "every day" if days == 1 else f"every {days:g} days"


def day_after(day: date) -> date:
    """Return the next day."""
    return day + _DAY


def worry(missed: int, signs: Signs, policy: SilencePolicy) -> int:
    """Return how much a silence worries: a higher number stands above a lower one.

    The weights are a project choice; the number means nothing by itself and is never shown.
    0 while she is not silent.
    """
    if missed < policy.missed_check_ins:
        return 0
    weights = policy.worry
    return 1 + (
        weights.missed_check_in * min(missed, weights.most_missed)
        + weights.grade * signs.worst_grade
        + weights.distress * signs.distress
        + weights.myelosuppressive * signs.is_myelosuppressed
        + weights.urgent_alert * (signs.urgent_alerts > 0)
        + weights.soon_alert * (signs.soon_alerts > 0)
    )


def _end(first: date, reported: Sequence[date], policy: SilencePolicy) -> date:
    longest = first + policy.open_ended - _DAY
    heard = min((day for day in reported if day > first), default=None)
    return longest if heard is None else min(longest, heard - _DAY)
