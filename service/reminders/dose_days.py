"""On which days a treatment expects a dose, for reminders that ring on those days alone."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.clinical.regimens import OnFile, Period, expected_doses
from service.reminders.queries import TREATMENTS

# By name, not by import, as treatments are.
_PERIODS = sa.table(
    "dosage_periods",
    sa.column("treatment_id", sa.Uuid), sa.column("starts_at", sa.String),
    sa.column("ends_at", sa.String), sa.column("status", sa.String),
    sa.column("day_one", sa.Date), sa.column("schedule", sa.JSON),
)  # fmt: skip
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DoseDays:
    """The days on which one treatment expects a dose."""

    periods: Sequence[Period] = ()

    def among(self, times: Sequence[datetime]) -> frozenset[datetime]:
        """Return those of some local date-times on whose days a dose is expected.

        Nothing is asked while the course is on hold, or after its end: neither on days without a
        dose, nor in what is left of a day with one.  A course that says nothing of a schedule
        leaves the days to the reminder.
        """
        if not times:
            return frozenset()
        days = self._days(min(times).date(), max(times).date())
        return frozenset(at for at in times if self._is_asked_for(at, days))

    def is_taken(self, at: datetime) -> bool:
        """Tell whether the course goes on at a local date-time: begun, not on hold, not over."""
        return next(self._in_force(at), None) is not None

    def _days(self, first: date, last: date) -> frozenset[date]:
        since, before = (datetime.combine(day, time.min) for day in (first, last + _DAY))
        doses = expected_doses(self.periods, since=since, before=before)
        return frozenset(dose.local.date() for dose in doses)

    def _is_asked_for(self, at: datetime, days: frozenset[date]) -> bool:
        return any(
            at.date() in days or _says_nothing(period.schedule) for period in self._in_force(at)
        )

    def _in_force(self, at: datetime) -> Iterator[Period]:
        for period in self.periods:
            is_over = period.ends_at is not None and period.ends_at <= at
            if period.starts_at <= at and not is_over and not period.is_held:
                yield period


def dose_days_of(
    session: Session, treatment_ids: Collection[UUID], *, since: date
) -> Mapping[UUID, DoseDays]:
    """Return the dose days of some treatments from a day on, in one statement.

    A treatment that has been deleted, or has not begun, expects nothing: it is left out.
    """
    if not treatment_ids:
        return {}
    rows = session.execute(
        sa.select(_PERIODS)
        .join(TREATMENTS, TREATMENTS.c.id == _PERIODS.c.treatment_id)
        .where(
            _PERIODS.c.treatment_id.in_(treatment_ids),
            TREATMENTS.c.deleted_at.is_(None),
            # Text in the order of time: what ended before is of no use.
            sa.or_(_PERIODS.c.ends_at.is_(None), _PERIODS.c.ends_at >= since.isoformat()),
        )
        .order_by(_PERIODS.c.treatment_id, _PERIODS.c.starts_at)
    )
    periods: dict[UUID, list[Period]] = defaultdict(list)
    for row in rows:
        periods[row.treatment_id].append(Period.on_file(cast(OnFile, row)))
    return {treatment: DoseDays(of_it) for treatment, of_it in periods.items()}


def _says_nothing(schedule: Mapping[str, Any] | None) -> bool:
    return not schedule or schedule["type"] == "none"
