"""When a group meets: a recurrence on a wall clock, in the zone of the place it meets in.

Six in the evening stays six in the evening when the clocks change.  Pure.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from service.clock import moment_of
from service.errors import Rejected
from service.reminders.recurrence import NEVER, BadRecurrence, Recurrence

# Years of a first date: they bound the search, and no arithmetic on days leaves the calendar.
_YEARS = range(2000, 2101)
# So many dates ahead are named.
NAMED = 3
_DAY = timedelta(days=1)


class BadMeeting(Rejected):
    """A group cannot meet like this."""

    slug = "meeting-unusable"
    title = "These dates cannot be used."

    def __init__(self, word: str, detail: str) -> None:
        super().__init__(errors=[(f"/meets/{word}", detail)])


class Date(NamedTuple):
    """One meeting: two moments, and the wall clock where it is."""

    starts_at: datetime
    ends_at: datetime
    local_start: datetime
    time_zone: str


class Meeting(NamedTuple):
    """When a group meets.

    ``start`` is naive local time in ``zone``; ``recurrence`` is ``None`` for a single meeting;
    ``not_on`` are days it falls out.
    """

    start: datetime
    minutes: int
    recurrence: Recurrence | None
    zone: ZoneInfo
    not_on: frozenset[date]

    def dates(self, now: datetime) -> Iterator[Date]:
        """Name the meetings that are not over yet, the next one first.

        However often it meets, each step costs the same; one that never comes round ends it.
        """
        length = timedelta(minutes=self.minutes)
        # One that began yesterday may still go on.
        since = now.astimezone(self.zone).date() - length - _DAY
        for day in self._days(since):
            local = datetime.combine(day, self.start.time())
            begins = moment_of(local, self.zone)
            if self._is_after_the_last(local, begins):
                return
            if day not in self.not_on and begins + length > now:
                # As a wall clock there shows it: a time the clocks skip is read a little later.
                shown = begins.astimezone(self.zone).replace(tzinfo=None)
                yield Date(begins, begins + length, shown, self.zone.key)

    def _days(self, since: date) -> Iterator[date]:
        if self.recurrence is None:
            return iter([self.start.date()] if self.start.date() >= since else [])
        return self.recurrence.days(self.start.date(), since=since)

    def ends_before(self, day: date) -> bool:
        """Tell whether its last day is past before a day it would fall on."""
        local = datetime.combine(day, self.start.time())
        return self._is_after_the_last(local, moment_of(local, self.zone))

    def _is_after_the_last(self, local: datetime, begins: datetime) -> bool:
        until = self.recurrence.until if self.recurrence else None
        return until is not None and (begins if until.tzinfo else local) > until


def meeting_of(said: Mapping[str, Any]) -> Meeting:
    """Read when a group meets.

    ``said`` has ``local_start``, ``minutes``, ``recurrence``, ``time_zone`` and ``not_on``.

    Raises:
        BadMeeting: its first date is too far off, its recurrence is not in our part of RFC 5545,
            or it never meets.
    """
    text = said["recurrence"]
    begins = datetime.fromisoformat(said["local_start"])
    if begins.year not in _YEARS:
        raise BadMeeting("local_start", f"From {_YEARS[0]} to {_YEARS[-1]}.")
    try:
        recurrence = None if text is None else Recurrence.parse(text)
    except BadRecurrence as wrong:
        raise BadMeeting("recurrence", wrong.errors[0][1]) from None
    meeting = Meeting(
        begins, said["minutes"], recurrence,
        ZoneInfo(said["time_zone"]), frozenset(map(date.fromisoformat, said["not_on"])),
    )  # fmt: skip
    start = meeting.start.date()
    if recurrence is None:
        return meeting
    first = next(recurrence.days(start, since=start, before=start + NEVER), None)
    if first is None or meeting.ends_before(first):
        raise BadMeeting("recurrence", "It never comes round.")
    return meeting


def next_dates(said: Mapping[str, Any] | None, *, now: datetime) -> list[Date]:
    """Return the next ``NAMED`` dates of a group; empty if it names none, or meets no more."""
    return [] if said is None else list(islice(meeting_of(said).dates(now), NAMED))
