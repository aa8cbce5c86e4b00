"""Stretches of time as a query asks for them: ``from`` and ``to``, days of hers or moments."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.clock import start_of_day
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


def bounds(
    since: date | datetime | None, until: date | datetime | None, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """Return the same of a stretch that may have no bounds; ``None``: none."""
    return (
        None if since is None else _bound(since, zone, is_end=False),
        None if until is None else _bound(until, zone, is_end=True),
    )


def _bound(asked: date | datetime, zone: ZoneInfo, *, is_end: bool) -> datetime:
    if isinstance(asked, datetime):
        return asked + timedelta(microseconds=1) if is_end else asked
    return start_of_day(asked + timedelta(days=1) if is_end else asked, zone)
