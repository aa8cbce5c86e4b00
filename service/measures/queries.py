"""What can be asked of measures: some weeks of a clinic, added up."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Queue
from service.alerts.models import Severity
from service.errors import Rejected
from service.measures import rules
from service.measures.actions import WEEKS_AT_MOST
from service.measures.models import MeasureWeek

DEFAULT_WEEKS = 12
# A hundred years: no clinic's weeks lie further away, and no calendar ends before.
_REACH_DAYS = 36_525
# Information has no clock: nobody has to take it.
_WITH_A_CLOCK = (Severity.URGENT, Severity.SOON)


class WeeksUnusable(Rejected):
    """The weeks asked for run backwards, or are more than a year."""

    slug = "weeks-unusable"
    title = "These weeks cannot be asked for."


def measures(
    session: Session, clinic_id: UUID, *, first: date | None, last: date | None, today: date
) -> dict[str, Any]:
    """Return how well a clinic has answered, in the weeks these days lie in.

    Args:
        session: any.
        clinic_id: whose.
        first: a day of the first week; ``None`` for twelve weeks in all.
        last: a day of the last week; ``None`` for today.
        today: on the clinic's clock.

    Returns:
        Figures as ``measures.schemas.MeasuresOut`` says.  Numbers of people below five are
        ``None``.  ``weeks_counted`` below ``weeks`` says that counting is still under way.

    Raises:
        WeeksUnusable: they run backwards, or are more than 53.
    """
    if any(day is not None and abs((day - today).days) > _REACH_DAYS for day in (first, last)):
        raise WeeksUnusable(errors=[("/from", "Nothing is counted so far away.")])
    until = rules.monday_of(last or today)
    since = rules.monday_of(first) if first else until - timedelta(weeks=DEFAULT_WEEKS - 1)
    if since > until:
        raise WeeksUnusable(errors=[("/from", "Must not lie after the last day.")])
    if (until - since).days // 7 >= WEEKS_AT_MOST:
        raise WeeksUnusable(errors=[("/from", f"At most {WEEKS_AT_MOST} weeks.")])
    rows = session.scalars(
        sa.select(MeasureWeek)
        .where(
            MeasureWeek.clinic_id == clinic_id, MeasureWeek.week >= since, MeasureWeek.week <= until
        )
        .order_by(MeasureWeek.week)
    ).all()  # fmt: skip
    counted = [row for row in rows if row.figures]
    total = rules.added(row.figures for row in counted)
    # The week that runs is not over: who has not reported yet has not fallen behind.
    over = rules.added(row.figures for row in counted if _is_over(row, today))
    return {
        "from": since,
        "to": until + timedelta(days=6),
        "weeks": len(rows),
        "weeks_counted": len(counted),
        "counted_at": _oldest(counted),
        "weekly": [_week(row, today) for row in counted],
        "completion": rules.share(over.get("reported", 0), over.get("patients", 0)),
        "alerts_per_100_reports": _rate(total),
        "answers": _answers(total.get("alerts", {})),
        "drills": _answers(total.get("drills", {})),
        "snoozed": total.get("snoozed", 0),
        "suppressed": total.get("suppressed", 0),
        "declined": total.get("declined", 0),
        "doses": _doses(total.get("doses", {})),
        "groups": [
            {"kind": kind, **group}
            for kind, groups in sorted(_groups(counted).items())
            for group in rules.shown_groups(groups)
        ],
    }


def _oldest(rows: Sequence[MeasureWeek]) -> datetime | None:
    return min((row.counted_at for row in rows), default=None)


def _is_over(row: MeasureWeek, today: date) -> bool:
    return row.week + timedelta(days=7) <= today


def _week(row: MeasureWeek, today: date) -> dict[str, Any]:
    figures = row.figures
    patients = rules.unless_small(figures["patients"])
    return {
        "week": row.week,
        "is_over": _is_over(row, today),
        "patients": patients,
        "completion": rules.share(figures["reported"], patients) if patients else None,
        "reports": figures["reports"],
        "alerts_per_100_reports": _rate(figures),
    }


def _rate(figures: Mapping[str, Any]) -> float | None:
    """Return how many alerts with a clock were opened for each hundred reports."""
    opened = sum(
        cell["opened"]
        for name, cell in figures.get("alerts", {}).items()
        if not name.endswith(Severity.INFO.value)
    )
    share = rules.share(opened, figures.get("reports", 0))
    return None if share is None else round(share * 100, 1)


def _answers(cells: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        _answer(queue, severity, cells[f"{queue.value}.{severity.value}"])
        for queue in Queue
        for severity in _WITH_A_CLOCK
        if f"{queue.value}.{severity.value}" in cells
    ]


def _answer(queue: Queue, severity: Severity, cell: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "queue": queue,
        "severity": severity,
        "opened": cell["opened"],
        "in_time": rules.share(cell["in_time"], cell["due"]),
        "open": cell["open"],
        "minutes_to_acknowledge": _times(cell["taken"]),
        "minutes_to_close": _times(cell["closed"]),
        "closed": rules.closing_classes(cell["closed"]),
    }


def _times(times: Sequence[int]) -> dict[str, float | None]:
    return {"median": rules.quantile(times, 0.5), "p90": rules.quantile(times, 0.9)}


def _doses(doses: Mapping[str, Any]) -> dict[str, Any]:
    taken, missed = doses.get("taken", 0), doses.get("missed", 0)
    return {
        "taken": taken,
        "missed": missed,
        "not_said": doses.get("expected", 0),
        "adherence": rules.share(taken, taken + missed),
        "reasons": dict(sorted(doses.get("reasons", {}).items())),
    }


def _groups(rows: Sequence[MeasureWeek]) -> Mapping[str, Mapping[str, Sequence[int]]]:
    """Return the groups of the latest week that is over: people are counted once, not each week."""
    weeks = [row for row in rows if row.figures["patients"]]
    return (weeks[-2] if len(weeks) > 1 else weeks[-1]).figures["groups"] if weeks else {}
