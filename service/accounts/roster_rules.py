"""Who answers for a duty at a moment: shifts on the clinic's clock, absences, stand-ins.  Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT = time(0)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One line of a roster.

    ``starts_at`` and ``ends_at`` bound it, ``None`` means always.  ``days``, ``from_time`` and
    ``to_time`` (``HH:MM``) come back every week; ``None`` is every day, and midnight.
    """

    duty: str
    account_id: UUID
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    days: Sequence[str] | None = None
    from_time: str | None = None
    to_time: str | None = None

    def covers(self, now: datetime, zone: ZoneInfo) -> bool:
        """Tell whether the shift is on at a moment.

        A shift that ends no later than it begins runs over midnight, and belongs to the day it
        begins on.  A time of day that the change of the clock leaves out or repeats is the same
        moment for who goes and who comes: nobody's hour is missing, and none is double.
        """
        if self.starts_at is not None and now < self.starts_at:
            return False
        if self.ends_at is not None and now >= self.ends_at:
            return False
        if self.days is None and self.from_time is None and self.to_time is None:
            return True
        today = now.astimezone(zone).date()
        return any(
            self._covers_of(day, now, zone)
            for day in (today - _ONE_DAY, today)
            if self.days is None or DAYS[day.weekday()] in self.days
        )

    def _covers_of(self, day: date, now: datetime, zone: ZoneInfo) -> bool:
        begins = time.fromisoformat(self.from_time) if self.from_time else _MIDNIGHT
        ends = time.fromisoformat(self.to_time) if self.to_time else _MIDNIGHT
        last = day if ends > begins else day + _ONE_DAY
        return _moment(day, begins, zone) <= now < _moment(last, ends, zone)


@dataclass(frozen=True, slots=True)
class Roster:
    """A clinic's roster at one moment.

    ``shifts`` stand in the order in which people are told; ``away`` names who is absent just
    now, with who stands in, ``None`` for nobody.
    """

    now: datetime
    zone: ZoneInfo
    shifts: Sequence[Shift] = ()
    away: Mapping[UUID, UUID | None] = field(default_factory=dict)

    def on_duty(self, duty: str) -> list[UUID]:
        """Return who answers for a duty, the first to be told first, each once.

        A stand-in has the place of whom she stands in for; where nobody stands in, the next
        moves up.
        """
        return list(dict.fromkeys(self._present(duty)))

    def in_place_of(self, account_id: UUID) -> UUID | None:
        """Return who does what somebody would do: herself, or who stands in; ``None``: nobody.

        A stand-in who is away as well is stood in for in turn; a circle of them is nobody.
        """
        asked: set[UUID] = set()
        there: UUID | None = account_id
        while there is not None and there in self.away:
            if there in asked:
                return None
            asked.add(there)
            there = self.away[there]
        return there

    def _present(self, duty: str) -> Iterator[UUID]:
        for shift in self.shifts:
            if shift.duty == duty and shift.covers(self.now, self.zone):
                there = self.in_place_of(shift.account_id)
                if there is not None:
                    yield there


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
