"""What somebody asks of a clinic's log, from days on its clock to moments."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from service.audit.queries import Asked
from service.clock import start_of_day
from service.errors import Rejected


class PeriodUnusable(Rejected):
    """The days asked for run backwards."""

    slug = "period-unusable"
    title = "This time ends before it begins."


def asked_of(asked: Mapping[str, Any], zone: str) -> Asked:
    """Return what is asked for, its days as moments of the clinic's zone, the last included.

    Raises:
        PeriodUnusable: it ends before it begins.
    """
    since = _moment(asked["since"], zone, days=0)
    until = _moment(asked["until"], zone, days=1)
    if since is not None and until is not None and until <= since:
        raise PeriodUnusable(errors=[("/to", "Ends before it begins.")])
    return Asked(
        patient_id=asked["patient"], account_id=asked["account"], topic=asked["topic"],
        since=since, until=until,
    )  # fmt: skip


def _moment(asked: date | datetime | None, zone: str, *, days: int) -> datetime | None:
    if asked is None or isinstance(asked, datetime):
        return asked
    return start_of_day(asked + timedelta(days=days), ZoneInfo(zone))
