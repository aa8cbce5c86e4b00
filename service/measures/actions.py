"""Counting what is to be counted: a week at a time, whenever its figures can have changed."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Clinic
from service.db import insert_all_if_new, skip_locked
from service.measures.counting import Week, count
from service.measures.models import MeasureWeek
from service.measures.rules import monday_of

_WEEKS: sa.Table = MeasureWeek.__table__  # type: ignore[assignment]
# As far back as a page looks.
WEEKS_AT_MOST = 53
# The week that runs is counted through the day; one that is over, once a day while alerts of it
# are closed and late reports come in.  Project choice.
_NOW_AND_THEN, _DAILY = timedelta(hours=3), timedelta(days=1)
_SETTLED_AFTER = timedelta(weeks=8)


def count_next(session: Session, *, now: datetime) -> int:
    """Count the latest week that is due, of any clinic; return how many were counted, 0 or 1.

    The row is claimed for this transaction: of two schedulers each week is another's or ours.
    """
    _begin_weeks(session, now)
    row = session.scalars(
        skip_locked(
            sa.select(MeasureWeek)
            .where(
                # Also what a clock gone wrong has counted: it would wait for that clock.
                sa.or_(MeasureWeek.count_again_at <= now, MeasureWeek.counted_at > now),
                MeasureWeek.week <= _tomorrow(now),
            )
            .order_by(MeasureWeek.week.desc(), MeasureWeek.clinic_id)
            .limit(1)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None:
        return 0
    clinic = session.get_one(Clinic, row.clinic_id)
    week = Week.of(row.clinic_id, row.week, clinic.time_zone)
    row.figures = count(session, week, now=now)
    row.counted_at = now
    row.count_again_at = _again_at(week, now)
    return 1


def _begin_weeks(session: Session, now: datetime) -> None:
    """Give every clinic a row for each week up to the one that runs."""
    latest = dict(
        session.execute(
            sa.select(_WEEKS.c.clinic_id, sa.func.max(_WEEKS.c.week))
            .where(_WEEKS.c.week <= _tomorrow(now))
            .group_by(_WEEKS.c.clinic_id)
        ).all()
    )
    rows = [
        {"clinic_id": clinic.id, "week": week, "figures": {}, "counted_at": now,
         "count_again_at": now}
        for clinic in session.execute(
            sa.select(Clinic.id, Clinic.time_zone, Clinic.created_at)
        )
        for week in _missing(latest.get(clinic.id), clinic.created_at, clinic.time_zone, now)
    ]  # fmt: skip
    if rows:
        insert_all_if_new(session, _WEEKS, rows, conflict_on="clinic_id week")


def _missing(last: date | None, created_at: datetime, time_zone: str, now: datetime) -> list[date]:
    zone = ZoneInfo(time_zone)
    this_week = monday_of(now.astimezone(zone).date())
    earliest = this_week - timedelta(weeks=WEEKS_AT_MOST - 1)
    first = monday_of(created_at.astimezone(zone).date())
    if last is not None:
        first = last + timedelta(weeks=1)
    weeks = (this_week - max(first, earliest)).days // 7 + 1
    return [this_week - timedelta(weeks=back) for back in range(max(weeks, 0))]


def _tomorrow(now: datetime) -> date:
    """Return a day that no clinic's clock is past, wherever it stands."""
    return now.date() + timedelta(days=1)


def _again_at(week: Week, now: datetime) -> datetime | None:
    if now < week.ends_at:
        return now + _NOW_AND_THEN
    return None if now > week.ends_at + _SETTLED_AFTER else now + _DAILY
