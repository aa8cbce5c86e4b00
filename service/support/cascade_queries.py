"""What can be asked of cascades: what is on its way, and where people drop out."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import QUEUES, Viewer
from service.accounts.models import Patient, Queue
from service.accounts.sharing import seen_by_team
from service.errors import NotFound
from service.support.models import Cascade, CascadeStep
from service.support.rules import ENDED, STAGES

# The last row seen: the day its follow-up was due on, ``None`` if none is; when it opened; its id.
Position = tuple[date | None, datetime, UUID]
_REACHED: dict[str, Any] = {stage: getattr(Cascade, f"{stage}_at") for stage in STAGES[1:]}


def page_of(
    session: Session,
    viewer: Viewer,
    *,
    queue: Queue | None = None,
    stage: str | None = None,
    patient_id: UUID | None = None,
    today: date,
    limit: int,
    last: Position | None = None,
) -> Sequence[tuple[Cascade, str]]:
    """Return cascades of the viewer's queues with the names of their patients.

    Those on their way: follow-ups that are due first, the longest due leading, then who waits
    longest.  Those that have ended only if asked for, the newest first.

    Args:
        session: any.
        viewer: whose clinic and queues bound what is found.
        queue: this only; ``None`` for all of hers.
        stage: those that stand at this stage; ``"ended"`` for those that have ended; ``None`` for
            every stage.
        patient_id: this patient's only.
        today: the clinic's day.
        limit: one row more than this is returned if there are more.
        last: the last row seen.
    """
    statement: sa.Select[Any, Any] = (
        sa.select(Cascade, Patient.display_name)
        .join(Patient, Patient.id == Cascade.patient_id)
        .where(
            Cascade.clinic_id == viewer.clinic_id,
            Cascade.queue.in_(queues_of(viewer, queue)),
            seen_by_team(Cascade.patient_id, viewer.clinic_id),
        )
    )
    if patient_id is not None:
        statement = statement.where(Cascade.patient_id == patient_id)
    if stage == ENDED:
        statement = _ended(statement, last)
    else:
        statement = _on_its_way(statement, stage, today, last)
    return [(row, name) for row, name in session.execute(statement.limit(limit + 1))]


def cascade_for(session: Session, viewer: Viewer, id: UUID) -> Cascade:
    """Return one cascade of the viewer's queues.

    Raises:
        NotFound: no such cascade there.
    """
    cascade = session.scalar(
        sa.select(Cascade).where(
            Cascade.id == id, seen_by_team(Cascade.patient_id, viewer.clinic_id)
        )
    )
    if cascade is None or cascade.clinic_id != viewer.clinic_id:
        raise NotFound
    if cascade.queue not in QUEUES.get(viewer.role, ()):
        raise NotFound
    return cascade


def of_request(session: Session, request_id: UUID) -> Cascade | None:
    """Return the cascade of a request, ``None`` if it has none."""
    return session.scalars(sa.select(Cascade).where(Cascade.request_id == request_id)).one_or_none()


def steps_of(session: Session, cascade_id: UUID) -> Sequence[CascadeStep]:
    """Return every step of a cascade, the first first."""
    return session.scalars(
        sa.select(CascadeStep)
        .where(CascadeStep.cascade_id == cascade_id)
        .order_by(CascadeStep.at, CascadeStep.id)
    ).all()


def counts(session: Session, viewer: Viewer, *, since: datetime, until: datetime) -> Sequence[Any]:
    """Count cascades that opened from ``since`` until before ``until``, in one statement.

    Returns:
        Rows of queue, is_alert, is_drill, stage (its place among the stages), ended_as (``None``
        while it is on its way) and number.
    """
    each = (
        sa.select(
            Cascade.queue.label("queue"),
            Cascade.alert_id.is_not(None).label("is_alert"),
            Cascade.is_drill.label("is_drill"),
            sa.case(
                *(
                    (_REACHED[stage].is_not(None), sa.literal_column(str(STAGES.index(stage))))
                    for stage in reversed(STAGES[1:])
                ),
                else_=sa.literal_column("0"),
            ).label("stage"),
            Cascade.ended_as.label("ended_as"),
        )
        .where(
            Cascade.clinic_id == viewer.clinic_id,
            Cascade.queue.in_(queues_of(viewer, None)),
            Cascade.opened_at >= since,
            Cascade.opened_at < until,
            seen_by_team(Cascade.patient_id, viewer.clinic_id),
        )
        .subquery()
    )
    return session.execute(
        sa.select(*each.c, sa.func.count().label("number")).group_by(*each.c)
    ).all()


def queues_of(viewer: Viewer, queue: Queue | None) -> list[Queue]:
    """Return the viewer's queues, or the one of them that is asked for."""
    return [one for one in QUEUES.get(viewer.role, ()) if queue in (None, one)]


def _ended(statement: sa.Select[Any, Any], last: Position | None) -> sa.Select[Any, Any]:
    statement = statement.where(Cascade.ended_at.is_not(None))
    if last is not None:
        _day, opened_at, id = last
        statement = statement.where(
            sa.or_(
                Cascade.opened_at < opened_at,
                sa.and_(Cascade.opened_at == opened_at, Cascade.id < id),
            )
        )
    return statement.order_by(Cascade.opened_at.desc(), Cascade.id.desc())


def _on_its_way(
    statement: sa.Select[Any, Any], stage: str | None, today: date, last: Position | None
) -> sa.Select[Any, Any]:
    statement = statement.where(Cascade.ended_at.is_(None), *_stands_at(stage))
    # NULL, and so not due, where no day is set.
    is_due = Cascade.follow_up_on <= today
    waits = sa.case((is_due, 0), else_=1)
    due_on = sa.case((is_due, Cascade.follow_up_on), else_=None)
    if last is not None:
        day, opened_at, id = last
        later = sa.or_(
            Cascade.opened_at > opened_at,
            sa.and_(Cascade.opened_at == opened_at, Cascade.id > id),
        )
        rest = sa.and_(waits == 1, later)
        if day is not None:
            rest = sa.or_(waits == 1, due_on > day, sa.and_(due_on == day, later))
        statement = statement.where(rest)
    return statement.order_by(waits, due_on, Cascade.opened_at, Cascade.id)


def _stands_at(stage: str | None) -> list[sa.ColumnElement[bool]]:
    if stage is None:
        return []
    place = STAGES.index(stage)
    beyond = [_REACHED[one].is_(None) for one in STAGES[place + 1 :]]
    return beyond if place == 0 else [_REACHED[stage].is_not(None), *beyond]
