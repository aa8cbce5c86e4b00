"""What a treatment's dosage was and is, period by period, and which doses follow.  Pure functions.

Periods are on her wall clock (``2026-03-02T09:00``, no zone), so nothing of them moves when she
travels.  They are made here as plain values; ``dosing_actions`` keeps them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from service.clinical.regimens import Period, expected_doses
from service.clock import ZONES_APART, local_minute, local_text, moment_of
from service.ids import derived_id
from service.treatments.rules import ON

# Rows are made so far ahead, and made again when less than half of it is left: a phone that syncs
# once a week has always the week to come.
PLAN_AHEAD = timedelta(days=14)
TOP_UP_BEFORE = timedelta(days=7)
# After a long outage what was left out is caught up with in pieces, so that no batch grows large.
MOST_AT_ONCE = timedelta(days=56)
# An answer may come before the dose is due, from a clock that goes fast or a pill taken early.
ANSWERED_AHEAD = timedelta(hours=24)
# How far a dose that is no row yet is looked for by its id, into the past and the future.
LOOKED_FOR = timedelta(days=366)
# No rhythm is longer than a year, and no first day further off than ten.
_NO_MORE_AFTER = timedelta(days=366 * 12)
_DAY = timedelta(days=1)


class Course(Protocol):
    """What of a treatment says when its doses are expected."""

    status: Any
    started_on: Any
    ended_on: Any
    schedule: Any
    dose: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One dosage period, kept (``id``) or about to be; see ``models.DosagePeriod``."""

    starts_at: str
    ends_at: str | None
    status: str
    day_one: date
    schedule: Mapping[str, Any] | None
    dose: str | None
    made_at: datetime
    id: UUID | None = None

    def says_the_same(self, other: "Stretch") -> bool:
        """Tell whether the same is to be taken as in another period."""
        return (self.status, self.day_one, self.schedule, self.dose) == (
            other.status, other.day_one, other.schedule, other.dose,
        )  # fmt: skip


class ExpectedDose(NamedTuple):
    """One dose to come or gone by: ``local_at`` is what identifies it among its treatment's."""

    id: UUID
    local_at: str
    due_at: datetime
    cycle: int


def revised(
    periods: Sequence[Stretch], course: Course, *, at: datetime, made_at: datetime
) -> list[Stretch]:
    """Return a treatment's periods as they are after it was changed; the past stays what it was.

    What it says now holds from ``at`` on, or from its first day when nothing was in force before.
    An end holds from the day after it, also one told of late; and nothing is left of what was
    before its first day.  A first day put right was the first day all along.

    Args:
        periods: so far, in the order of time.
        course: the treatment as it is now.
        at: the local minute of the change, naive.
        made_at: the moment of the change.
    """
    start = _midnight(course.started_on)
    end = None if course.ended_on is None else _midnight(course.ended_on + _DAY)
    now = local_text(at)
    periods = _counted_from(course.started_on, periods)
    over = course.status not in ON or (end is not None and end <= now)
    kept = list(_between(periods, start, now if end is None else min(now, end)))
    if over:
        return kept
    begin = max(start, now) if kept else start
    new = Stretch(
        starts_at=begin, ends_at=end, status=course.status, day_one=_day_one(course),
        schedule=course.schedule, dose=course.dose, made_at=made_at,
    )  # fmt: skip
    if kept and kept[-1].ends_at == begin and kept[-1].says_the_same(new):
        return [*kept[:-1], replace(kept[-1], ends_at=end)]
    # One that has not begun, or began this minute, is made over.
    instead = next((period for period in periods if period.starts_at == begin), None)
    if instead is not None:
        new = replace(new, id=instead.id, made_at=instead.made_at)
    return [*kept, new]


def doses_between(
    periods: Sequence[Stretch], id_of: UUID, zone: ZoneInfo, *, since: datetime, before: datetime
) -> Iterator[ExpectedDose]:
    """Name the doses expected from one moment on and before another, in order of local time.

    Args:
        periods: of the treatment, in the order of time.
        id_of: the treatment's id.
        zone: where she is: whose clock says when a local time comes.
        since: aware.
        before: aware; what bounds the work.
    """
    for dose in doses_at(
        periods, id_of, zone,
        since=local_minute(since, zone) - ZONES_APART, before=local_minute(before, zone) + _DAY,
    ):  # fmt: skip
        if since <= dose.due_at < before:
            yield dose


def doses_at(
    periods: Sequence[Stretch], id_of: UUID, zone: ZoneInfo, *, since: datetime, before: datetime
) -> Iterator[ExpectedDose]:
    """Name the doses expected from one local date-time on and before another, in order."""
    in_force = [Period.on_file(period) for period in periods]
    for local, cycle in expected_doses(in_force, since=since, before=before):
        text = local_text(local)
        yield ExpectedDose(derived_id(id_of, text), text, moment_of(local, zone), cycle)


def planned(
    periods: Sequence[Stretch], id_of: UUID, zone: ZoneInfo, *, since: datetime, now: datetime
) -> tuple[list[ExpectedDose], datetime | None]:
    """Return the doses to be made rows from a moment on, and when the next one after them is due.

    Returns:
        The doses within the horizon, and up to which moment they are complete: the due moment of
        the next one, or ``None`` if there is none.
    """
    if not periods:
        return [], None
    since = max(since, asked_from(periods))
    before = min(now + PLAN_AHEAD, since + MOST_AT_ONCE)
    found = list(doses_between(periods, id_of, zone, since=since, before=before))
    later = doses_between(periods, id_of, zone, since=before, before=before + _NO_MORE_AFTER)
    return found, next((dose.due_at for dose in later), None)


def asked_from(periods: Iterable[Stretch]) -> datetime:
    """Return since when she is asked about her doses: since the treatment was entered.

    What lies before is not asked for, and nothing of it counts as missed.
    """
    return min(period.made_at for period in periods)


def find_dose(
    periods: Sequence[Stretch], id_of: UUID, zone: ZoneInfo, dose_id: UUID, *, now: datetime
) -> ExpectedDose | None:
    """Return the expected dose that has an id; ``None`` if none has, within a year.

    An id cannot be read backwards, so the doses' ids are worked out, those of late first.
    """
    local = local_minute(now, zone)
    week = timedelta(days=7)
    for first, last in (
        (local - week, local + week), (local - LOOKED_FOR, local - week),
        (local + week, local + LOOKED_FOR),
    ):  # fmt: skip
        for dose in doses_at(periods, id_of, zone, since=first, before=last):
            if dose.id == dose_id:
                return dose
    return None


def _between(periods: Iterable[Stretch], since: str, until: str) -> Iterator[Stretch]:
    """Yield what of the periods lies in a stretch of local time."""
    for period in periods:
        starts_at = max(period.starts_at, since)
        ends_at = until if period.ends_at is None else min(period.ends_at, until)
        if starts_at < ends_at:
            yield replace(period, starts_at=starts_at, ends_at=ends_at)


def _counted_from(first_day: date, periods: Sequence[Stretch]) -> list[Stretch]:
    """Return periods as they would be had the course begun on this day: as far back as it.

    What counts from a day one of its own goes on doing so.
    """
    counted = [
        period if "day_one" in (period.schedule or {}) else replace(period, day_one=first_day)
        for period in periods
    ]
    if counted:
        counted[0] = replace(counted[0], starts_at=min(counted[0].starts_at, _midnight(first_day)))
    return counted


def _day_one(course: Course) -> date:
    said = (course.schedule or {}).get("day_one")
    first: date = date.fromisoformat(said) if said else course.started_on
    return first


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00"
