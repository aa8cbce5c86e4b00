"""What can be asked of alerts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import QUEUES, Viewer
from service.accounts.models import Queue
from service.accounts.sharing import seen_by_team
from service.alerts.models import (
    Alert,
    AlertHold,
    AlertReason,
    AlertState,
    AlertStep,
    Severity,
)  # fmt: skip
from service.errors import NotFound

Position = tuple[int, datetime | None, UUID]
# How many alerts that nobody answered are counted: enough to say that something is very wrong.
UNANSWERED_SHOWN = 100


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
    """Return alerts of the viewer's queues, most urgent first, then by the clock that runs.

    Those without a clock come last of their rank.

    Args:
        session: any.
        viewer: whose clinic and queues bound what is found.
        queues: these only; ``None`` for all of hers.
        state: this only; ``None`` for everything not closed.
        patient_id: this patient's only.
        assignee_id: those this account has.
        limit: one row more than this is returned if there are more.
        last: rank, clock (``due_at``) and id of the last row seen.
    """
    mine = [queue for queue in QUEUES.get(viewer.role, ()) if queues is None or queue in queues]
    if not mine:
        return ()
    wanted = [Alert.clinic_id == viewer.clinic_id, is_shown(viewer)]
    wanted.append(_is_closed() if state is AlertState.CLOSED else is_unclosed())
    if state not in {None, AlertState.CLOSED}:
        wanted.append(Alert.state == state)
    if patient_id is not None:
        wanted.append(Alert.patient_id == patient_id)
    if assignee_id is not None:
        wanted.append(Alert.assignee_id == assignee_id)
    if last is not None:
        wanted.append(_after(last))
    most = _at_most(limit + 1)
    order = (Alert.rank, Alert.due_at.asc().nulls_last(), Alert.id)
    # The first of each queue, and of these the first: an index has each queue in this order, and
    # none has several of them, however many alerts a clinic has.
    firsts = [
        sa.select(Alert.id).where(Alert.queue == queue, *wanted).order_by(*order).limit(most)
        for queue in mine
    ]
    ids = sa.union_all(*(sa.select(one.subquery().c.id) for one in firsts))
    return session.scalars(
        sa.select(Alert).where(Alert.id.in_(ids)).order_by(*order).limit(most)
    ).all()


def is_shown(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Return the condition that the viewer's clinic may see an alert.

    Of a patient who does not share her record, only what was urgent before she said so, until a
    person has closed it: an emergency that somebody was told of is not made to disappear.
    """
    kept = sa.and_(is_unclosed(), Alert.severity == Severity.URGENT)
    return sa.or_(seen_by_team(Alert.patient_id, viewer.clinic_id), kept)


def is_unclosed() -> sa.ColumnElement[bool]:
    """Return the condition that an alert is not closed, in the words of the partial indexes.

    A bound value would not match them, and every look would read what was closed long ago.
    """
    return Alert.state != sa.literal_column(f"'{AlertState.CLOSED.value}'")


def _is_closed() -> sa.ColumnElement[bool]:
    return Alert.state == sa.literal_column(f"'{AlertState.CLOSED.value}'")


def unanswered(session: Session, viewer: Viewer) -> Mapping[Queue, int]:
    """Return how many alerts nobody has answered, all of them told, by queue of the viewer's.

    Administrators work on every queue, and so see the whole clinic.  Of more than
    ``UNANSWERED_SHOWN`` the oldest are counted; queues without one are left out.
    """
    queues = QUEUES.get(viewer.role, ())
    if viewer.clinic_id is None or not queues:
        return {}
    oldest = (
        sa.select(Alert.queue)
        .where(
            Alert.clinic_id == viewer.clinic_id,
            Alert.unanswered_since.is_not(None),
            Alert.queue.in_(queues),
        )
        .order_by(Alert.unanswered_since)
        .limit(_at_most(UNANSWERED_SHOWN))
        .subquery()
    )
    rows = session.execute(
        sa.select(oldest.c.queue, sa.func.count().label("waiting")).group_by(oldest.c.queue)
    )
    counted = {row.queue: row.waiting for row in rows}
    return {queue: counted[queue] for queue in queues if queue in counted}


def alert_for(session: Session, viewer: Viewer, alert_id: UUID) -> Alert:
    """Return one alert of the viewer's queues.

    Raises:
        NotFound: no such alert there.
    """
    alert = session.scalar(sa.select(Alert).where(Alert.id == alert_id, is_shown(viewer)))
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


def snoozed(session: Session, alert: Alert) -> tuple[datetime | None, int]:
    """Return until when repeats of an alert are held back, and how many were.

    ``None`` where none are: it was never snoozed, or that has ended.
    """
    if alert.outcome != "snoozed":
        return None, 0
    rows = session.execute(
        sa.select(AlertHold.until, AlertHold.ended_at, AlertHold.suppressed).where(
            AlertHold.clinic_id == alert.clinic_id,
            AlertHold.started_at == alert.closed_at,
            AlertHold.alert_id == alert.id,
        )
    ).all()
    running = (row.until for row in rows if row.ended_at is None)
    return max(running, default=None), sum(row.suppressed for row in rows)


def alerts_of(session: Session, patient_id: UUID, *, limit: int = 50) -> Sequence[Alert]:
    """Return a patient's alerts, the latest opened first."""
    return session.scalars(
        sa.select(Alert)
        .where(Alert.patient_id == patient_id)
        .order_by(Alert.opened_at.desc(), Alert.id.desc())
        .limit(limit)
    ).all()


def _at_most(rows: int) -> sa.ColumnElement[int]:
    # Written out: what PostgreSQL does not know it takes for a tenth of the table.
    return sa.literal_column(str(rows), sa.Integer())


def _after(last: Position) -> sa.ColumnElement[bool]:
    rank, due, id = last
    if due is None:
        rest = sa.and_(Alert.due_at.is_(None), Alert.id > id)
    else:
        rest = sa.or_(
            Alert.due_at.is_(None),
            Alert.due_at > due,
            sa.and_(Alert.due_at == due, Alert.id > id),
        )
    # Said twice, so that an index is read from there on.
    return sa.and_(Alert.rank >= rank, sa.or_(Alert.rank > rank, sa.and_(Alert.rank == rank, rest)))
