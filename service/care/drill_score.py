"""What came of drills: how long until somebody had it, reached her, and closed it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.alerts.models import Alert, AlertReason, AlertStep
from service.care.alert_view import person
from service.care.models import Drill
from service.clinical import knowledge

_ENDED = "drill_ended"
# Steps in which somebody else, or the same person again, was told that nobody had answered.
_TOLD = frozenset({"reminded", "escalated"})
_NOT_YET: Mapping[str, Any] = dict.fromkeys(
    ("alert_id", "queue", "state", "acknowledged_after", "acknowledged_by", "contacted_after",
     "closed_after", "in_time")
) | {"told": 0}  # fmt: skip
Position = tuple[datetime, UUID]


def drills_page(
    session: Session, clinic_id: UUID, *, limit: int, last: Position | None = None
) -> Sequence[Drill]:
    """Return a clinic's drills, the latest first, and one more than ``limit`` if there are."""
    found = sa.select(Drill).where(Drill.clinic_id == clinic_id)
    if last is not None:
        at, id = last
        found = found.where(
            sa.or_(Drill.started_at < at, sa.and_(Drill.started_at == at, Drill.id < id))
        )
    return session.scalars(
        found.order_by(Drill.started_at.desc(), Drill.id.desc()).limit(limit + 1)
    ).all()


def scored(session: Session, drills: Sequence[Drill], *, now: datetime) -> list[dict[str, Any]]:
    """Return drills with what came of them: four statements however many they are.

    Of each: minutes from its alert to the first person who took it, to the first who reached
    her, and to its closing (``None`` where that has not happened), whether it was taken in time
    (``None`` while that is open), how many people had been told before, and by whom.
    """
    alerts = _alerts(session, drills)
    steps = _steps(session, [alert.id for alert in alerts.values()])
    targets = _targets(session, [alert.id for alert in alerts.values()])
    takers = {step.by for some in steps.values() for step in some if step.by is not None}
    names = people.names_of(session, takers | {drill.started_by for drill in drills})
    shown = []
    for drill in drills:
        score = dict(_NOT_YET) | _drill(drill, names)
        alert = alerts.get(drill.patient_id)
        if alert is not None:
            score |= _answer(alert, steps[alert.id], targets.get(alert.id), names, now)
        shown.append(score)
    return shown


def _drill(drill: Drill, names: Mapping[UUID, Any]) -> dict[str, Any]:
    case = knowledge().drills.get(drill.scenario)
    return {
        "id": drill.id, "scenario": drill.scenario,
        "title": case.title if case else drill.scenario, "started_at": drill.started_at,
        "started_by": person(names, drill.started_by), "ended_at": drill.ended_at,
    }  # fmt: skip


def _answer(
    alert: Alert,
    steps: Sequence[AlertStep],
    target: datetime | None,
    names: Mapping[UUID, Any],
    now: datetime,
) -> dict[str, Any]:
    taken = next((step for step in steps if step.kind == "acknowledged"), None)
    reached = next(
        (one for one in steps if one.kind == "contact_attempt" and one.detail.get("reached")), None
    )
    was_answered = alert.outcome != _ENDED
    until = taken.at if taken else now
    return {
        "alert_id": alert.id, "queue": alert.queue, "state": alert.state,
        "acknowledged_after": _minutes(alert, taken.at if taken else None),
        "acknowledged_by": person(names, taken.by if taken else None),
        "contacted_after": _minutes(alert, reached.at if reached else None),
        "closed_after": _minutes(alert, alert.closed_at if was_answered else None),
        "in_time": _in_time(taken, target, over=alert.closed_at or now),
        "told": sum(one.kind in _TOLD and one.at <= until for one in steps),
    }  # fmt: skip


def _in_time(taken: AlertStep | None, target: datetime | None, *, over: datetime) -> bool | None:
    if target is None:
        return None
    if taken is not None:
        return taken.at <= target
    # Nobody had to have it yet when it ended: that shows nothing.
    return False if over > target else None


def _minutes(alert: Alert, at: datetime | None) -> int | None:
    return None if at is None else round((at - alert.opened_at).total_seconds() / 60)


def _alerts(session: Session, drills: Sequence[Drill]) -> dict[UUID, Alert]:
    """Return each drill's alert, by its patient: the one in the queue the case is made for."""
    if not drills:
        return {}
    meant = {drill.patient_id: knowledge().drills.get(drill.scenario) for drill in drills}
    found: dict[UUID, Alert] = {}
    rows = session.scalars(
        sa.select(Alert)
        .where(Alert.patient_id.in_(meant))
        .order_by(Alert.rank, Alert.opened_at, Alert.id)
    )
    for row in rows:
        case = meant[row.patient_id]
        if case is None or case.queue == row.queue:
            found.setdefault(row.patient_id, row)
    return found


def _steps(session: Session, alert_ids: Sequence[UUID]) -> dict[UUID, list[AlertStep]]:
    found: dict[UUID, list[AlertStep]] = {id: [] for id in alert_ids}
    if alert_ids:
        for row in session.scalars(
            sa.select(AlertStep)
            .where(AlertStep.alert_id.in_(alert_ids))
            .order_by(AlertStep.at, AlertStep.id)
        ):
            found[row.alert_id].append(row)
    return found


def _targets(session: Session, alert_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    if not alert_ids:
        return {}
    rows = session.execute(
        sa.select(AlertReason.alert_id, sa.func.min(AlertReason.acknowledge_by).label("by"))
        .where(AlertReason.alert_id.in_(alert_ids), AlertReason.acknowledge_by.is_not(None))
        .group_by(AlertReason.alert_id)
    )
    return {row.alert_id: row.by for row in rows}
