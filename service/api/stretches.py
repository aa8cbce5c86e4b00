"""Stretches of time as a query asks for them: ``from`` and ``to``, days of hers or moments."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.clock import moment_of
from service.errors import Rejected


class StretchTooLong(Rejected):
    """More time is asked for than one list may cover."""

    slug = "stretch-too-long"
    title = "Ask for a shorter time."


def stretch(
    since: date | datetime, until: date | datetime, zone: ZoneInfo, *, most: timedelta
) -> tuple[datetime, datetime]:
    """Return the first moment of a stretch and the first no more in it; both ends belong to it.

    Raises:
        StretchTooLong: it is longer than ``most``.
    """
    first, end = _bound(since, zone, is_end=False), _bound(until, zone, is_end=True)
    # A day is longer by an hour where summer time ends.
    if end - first > most + timedelta(hours=2):
        raise StretchTooLong(errors=[("/to", f"At most {most.days} days after from.")])
    return first, end


def _bound(asked: date | datetime, zone: ZoneInfo, *, is_end: bool) -> datetime:
    if isinstance(asked, datetime):
        return asked + timedelta(microseconds=1) if is_end else asked
    day = asked + timedelta(days=1) if is_end else asked
    return moment_of(datetime.combine(day, time.min), zone)
