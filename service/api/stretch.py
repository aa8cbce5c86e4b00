"""Stretches of time asked for with ``from`` and ``to``: days of hers, or moments."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.reminders.rules import start_of_day


def bounds(
    since: date | datetime | None, until: date | datetime | None, *, time_zone: str
) -> tuple[datetime | None, datetime | None]:
    """Return the first moment of a stretch and the first no more in it; ``None``: no bound.

    Both ends belong to the stretch: of a day all of it, of a moment that moment.
    """
    zone = ZoneInfo(time_zone)
    return _moment(since, zone, end_of_day=False), _moment(until, zone, end_of_day=True)


def _moment(asked: date | datetime | None, zone: ZoneInfo, *, end_of_day: bool) -> datetime | None:
    if asked is None:
        return None
    if isinstance(asked, datetime):
        return asked + timedelta(microseconds=1) if end_of_day else asked
    return start_of_day(asked + timedelta(days=1) if end_of_day else asked, zone)
