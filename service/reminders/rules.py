"""When a reminder falls due: her own clock, turned into moments."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.clock import ZONES_APART, moment_of, start_of_day
from service.errors import Rejected
from service.reminders.recurrence import NEVER, BadRecurrence, Recurrence

EARLIEST_START, LATEST_START = datetime(2000, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - wall clock

# Occurrences are made a week at a time, and more of them two days before they run out: a phone
# that was offline over a weekend knows them, and few rows change when the schedule does.
TOP_UP_BEFORE = timedelta(days=2)
PLAN_AHEAD = timedelta(days=7)

# What a stopped scheduler left out is noted as missed, up to so long ago.  A clock that jumps to
# 2038 makes no twelve years of it.
NOTED_FOR = timedelta(days=31)

# Later than this a reminder is of no use any more: it is noted as missed, and not sent.
USEFUL_FOR = timedelta(hours=4)

# Two of one reminder are at least this long apart, wherever she flies: a morning dose is not to
# be taken again in the evening.  At home they are, for a day has 23 hours or more.
APART = timedelta(hours=20)


class StartOutOfRange(Rejected):
    """The local start lies before 2000 or after 2099."""

    slug = "start-out-of-range"
    title = "A reminder starts in this century."

    def __init__(self) -> None:
        super().__init__(errors=[("/local_start", "Must lie from 2000 to 2099.")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When something is to happen, on one wall clock.

    ``start`` is naive: what the clock on her wall shows.  Without ``recurrence`` it happens once.
    ``last_day`` is the last day it may happen on, ``None`` for no end of its own.  ``exdates``
    are left out (RFC 5545, 3.8.5.1); a recurrence with a ``count`` counts them all the same.
    """

    start: datetime
    recurrence: Recurrence | None
    zone: ZoneInfo
    last_day: date | None = None
    exdates: frozenset[datetime] = frozenset()

    def times(self, *, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Name each time as ``(local, moment)``, from the moment ``since`` on, in order.

        Nine in the morning stays nine when summer time begins or ends.  Where a day is missing
        from the calendar altogether (Apia, 30 December 2011) it falls on the next one; should
        that one be due as well, it happens once.  Stops after ``NEVER`` (ten years) without any.
        """
        previous = None
        for local in self._local_times((since - ZONES_APART).astimezone(self.zone).date()):
            moment = moment_of(local, self.zone)
            if moment >= since and moment != previous:
                yield local, moment
            previous = moment

    def _local_times(self, since: date) -> Iterator[datetime]:
        for day in self._days(max(since, self.start.date())):
            local = datetime.combine(day, self.start.time())
            if self._is_over(local):
                return
            if local not in self.exdates:
                yield local

    def _days(self, since: date) -> Iterator[date]:
        start = self.start.date()
        if self.recurrence is None:
            yield from [start] if start >= since else []
            return
        yield from self.recurrence.days(start, since=since)

    def _is_over(self, local: datetime) -> bool:
        if self.last_day is not None and local.date() > self.last_day:
            return True
        until = self.recurrence.until if self.recurrence else None
        if until is None:
            return False
        return (local if until.tzinfo is None else moment_of(local, self.zone)) > until


def check(schedule: Schedule) -> None:
    """Let a schedule past that comes true at least once.

    Raises:
        StartOutOfRange: it starts in another century.
        BadRecurrence: nothing is left of it within ten years of its start.
    """
    if not EARLIEST_START <= schedule.start < LATEST_START:
        raise StartOutOfRange
    if not _comes_round(schedule):
        raise BadRecurrence("This never comes round.", _to_blame(schedule))


def _comes_round(schedule: Schedule) -> bool:
    first = next(schedule.times(since=moment_of(schedule.start, schedule.zone)), None)
    return first is not None and first[0] < schedule.start + NEVER


def _to_blame(schedule: Schedule) -> str:
    """Point at what has to change for a schedule to come round."""
    if schedule.exdates and _comes_round(replace(schedule, exdates=frozenset())):
        return "/exdates"
    if schedule.last_day is not None and _comes_round(replace(schedule, last_day=None)):
        return "/until"
    return "/recurrence"


def plan(
    schedule: Schedule, *, since: datetime, before: datetime
) -> tuple[list[tuple[datetime, datetime]], datetime | None]:
    """Return the times from ``since`` until before ``before``, and when there is more.

    Returns:
        The ``(local, moment)`` pairs, and up to which moment they are complete: the next time
        after them, or ``None`` if there is none.
    """
    times = schedule.times(since=since)
    found: list[tuple[datetime, datetime]] = []
    for pair in times:
        if pair[1] >= before:
            return found, pair[1]
        found.append(pair)
    return found, None


def follow(
    pairs: Iterable[tuple[datetime, datetime]],
    *,
    zone: ZoneInfo,
    now: datetime,
    ahead: Collection[datetime],
    had: Collection[datetime],
    last: datetime | None,
) -> Iterator[tuple[datetime, datetime]]:
    """Fit what a clock says to what she has had: after a flight, or when the zone's rules change.

    What was ahead of her and is past by the new clock rings at once, today's at least.  What would
    ring less than ``APART`` after the one before waits until then; if that is another day by
    her clock, it is left out.

    Args:
        pairs: ``(local, moment)`` from the beginning of her day on.
        zone: whose clock it is.
        now: what is due at it or before has come due.
        ahead: the local times of those that had not come due by the old clock.
        had: the local times of those that had: they do not come again.
        last: when one last came due, ``None`` if none did lately.
    """
    for local, moment in pairs:
        if local in had or (moment <= now and local not in ahead):
            continue
        moment = max(moment, now)
        if last is not None and moment - last < APART:
            moment = last + APART
            if moment.astimezone(zone).date() != local.date():
                continue
        yield local, moment
        last = moment


def start_of_today(zone: ZoneInfo, now: datetime) -> datetime:
    """Return the moment the day began that it is now, by a zone's clock."""
    return start_of_day(now.astimezone(zone).date(), zone)
