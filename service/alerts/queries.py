"""What can be asked of alerts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import QUEUES, Viewer
from service.accounts.models import Queue
from service.alerts.models import Alert, AlertReason, AlertState, AlertStep
from service.errors import NotFound

Position = tuple[int, datetime | None, UUID]


def queue_page(
    session: Session,
    viewer: Viewer,
    *,
    queues: Sequence[Queue] | None,
    state: AlertState | None,
    patient_id: UUID | None = None,
    assignee_id: UUID | None = None,
    limit: int,
    last: Position | None = None,
) -> Sequence[Alert]:
    """Return alerts of the viewer's queues, most urgent first, then by time left.

    Args:
        session: any.
        viewer: whose clinic and queues bound what is found.
        queues: these only; ``None`` for all of hers.
        state: this only; ``None`` for everything not closed.
        patient_id: this patient's only.
        assignee_id: those this account has.
        limit: one row more than this is returned if there are more.
        last: rank, deadline and id of the last row seen.
    """
    mine = [queue for queue in QUEUES.get(viewer.role, ()) if queues is None or queue in queues]
    statement = sa.select(Alert).where(Alert.clinic_id == viewer.clinic_id, Alert.queue.in_(mine))
    if state is None:
        statement = statement.where(Alert.state != AlertState.CLOSED)
    else:
        statement = statement.where(Alert.state == state)
    if patient_id is not None:
        statement = statement.where(Alert.patient_id == patient_id)
    if assignee_id is not None:
        statement = statement.where(Alert.assignee_id == assignee_id)
    without_clock = sa.case((Alert.acknowledge_by.is_(None), 1), else_=0)
    if last is not None:
        statement = statement.where(_after(last, without_clock))
    return session.scalars(
        statement.order_by(Alert.rank, without_clock, Alert.acknowledge_by, Alert.id).limit(
            limit + 1
        )
    ).all()


def alert_for(session: Session, viewer: Viewer, alert_id: UUID) -> Alert:
    """Return one alert of the viewer's queues.

    Raises:
        NotFound: no such alert there.
    """
    alert = session.get(Alert, alert_id)
    if alert is None or alert.clinic_id != viewer.clinic_id:
        raise NotFound
    if alert.queue not in QUEUES.get(viewer.role, ()):
        raise NotFound
    return alert


def reasons_of(session: Session, alert_ids: Sequence[UUID]) -> dict[UUID, list[AlertReason]]:
    """Return the reasons of some alerts, by alert, the most pressing first."""
    found: dict[UUID, list[AlertReason]] = {id: [] for id in alert_ids}
    if alert_ids:
        for row in session.scalars(
            sa.select(AlertReason)
            .where(AlertReason.alert_id.in_(alert_ids))
            .order_by(AlertReason.added_at.desc(), AlertReason.id)
        ):
            found[row.alert_id].append(row)
    return found


def steps_of(session: Session, alert_id: UUID) -> Sequence[AlertStep]:
    """Return every step of an alert's life, the first first."""
    return session.scalars(
        sa.select(AlertStep)
        .where(AlertStep.alert_id == alert_id)
        .order_by(AlertStep.at, AlertStep.id)
    ).all()


def alerts_of(session: Session, patient_id: UUID, *, limit: int = 50) -> Sequence[Alert]:
    """Return a patient's alerts, the latest opened first."""
    return session.scalars(
        sa.select(Alert)
        .where(Alert.patient_id == patient_id)
        .order_by(Alert.opened_at.desc(), Alert.id.desc())
        .limit(limit)
    ).all()


def _after(last: Position, without_clock: sa.Case[int]) -> sa.ColumnElement[bool]:
    rank, deadline, id = last
    if deadline is None:
        rest = sa.and_(without_clock == 1, Alert.id > id)
    else:
        rest = sa.or_(
            without_clock == 1,
            Alert.acknowledge_by > deadline,
            sa.and_(Alert.acknowledge_by == deadline, Alert.id > id),
        )
    return sa.or_(Alert.rank > rank, sa.and_(Alert.rank == rank, rest))
