"""When rosters change.  Pure functions; who is on duty at a moment is not asked here."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from service.accounts.rules import DAYS
from service.clock import moment_of, start_of_day

_DAY = timedelta(days=1)


class Shift(Protocol):
    """What of a roster's entry says when it counts; see ``models.RosterEntry``."""

    starts_at: datetime | None
    ends_at: datetime | None
    days: list[str] | None
    from_time: str | None
    to_time: str | None


def reaches_into(shift: Shift, day: date, zone: ZoneInfo) -> bool:
    """Tell whether somebody answers at any time of a day on the clinic's clock."""
    if shift.starts_at is not None and shift.starts_at >= start_of_day(day + _DAY, zone):
        return False
    if shift.ends_at is not None and shift.ends_at <= start_of_day(day, zone):
        return False
    if shift.days is None:
        return True
    over_midnight = (
        shift.from_time is not None
        and shift.to_time is not None
        and "00:00" < shift.to_time <= shift.from_time
    )
    began = [day, day - _DAY] if over_midnight else [day]
    return any(DAYS[one.weekday()] in shift.days for one in began)


def moments_of_change(
    shifts: Iterable[Shift],
    away: Iterable[tuple[datetime, datetime]],
    *,
    first: datetime,
    days: int,
    zone: ZoneInfo,
) -> list[datetime]:
    """Return the moments from ``first`` on at which somebody else may be on duty, in order.

    Args:
        shifts: of one roster.
        away: beginnings and ends of absences.
        first: the first moment.
        days: how many days on the clinic's clock, the one of ``first`` included.
        zone: the clinic's.
    """
    today = first.astimezone(zone).date()
    spread = [today + number * _DAY for number in range(days)]
    found = {first, *(start_of_day(day, zone) for day in spread)}
    for shift in shifts:
        found |= {moment for moment in (shift.starts_at, shift.ends_at) if moment is not None}
        for text in (shift.from_time, shift.to_time):
            if text is not None:
                clock = time.fromisoformat(text)
                found |= {moment_of(datetime.combine(day, clock), zone) for day in spread}
    found |= {moment for absence in away for moment in absence}
    until = start_of_day(spread[-1] + _DAY, zone)
    return sorted(moment for moment in found if first <= moment < until)


def in_order_of_week(days: Sequence[str] | None) -> list[str] | None:
    """Return days of the week from Monday on; ``None`` stays, and so every day."""
    return None if days is None else [day for day in DAYS if day in days]
