"""What moves a cascade on: it opens, is offered, she is contacted; it ends, and may open again.

The functions here are called in the transaction of what they follow from: an alert raised or
answered, a request made or answered, a death entered.  What staff do to a cascade itself stands
in ``cascade_actions``.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.alerts.models import Alert, AlertState
from service.alerts.queries import is_unclosed
from service.alerts.steps import Doer
from service.clinical import knowledge
from service.records import Keeps
from service.support import rules
from service.support.models import Cascade, CascadeStep, SupportRequest
from service.support.queries import TAKEN

DEATH = "deceased"


def open_cascade(
    session: Keeps,
    patient: PatientRef,
    *,
    queue: Queue,
    kind: str,
    step: int | None,
    now: datetime,
    alert_id: UUID | None = None,
    request_id: UUID | None = None,
    assignee_id: UUID | None = None,
    remind_at: datetime | None = None,
) -> Cascade:
    """Begin: with an alert, if a screen was positive or a rule found a need, or with a request.

    Args:
        session: in a transaction that holds the patient's lock.
        patient: whose need it is.
        queue: who answers for it.
        kind: what it is about; see ``Cascade``.
        step: of stepped care, ``None`` where the file names none.
        now: when this happens.
        alert_id: the alert, or
        request_id: her request; exactly one of them.
        assignee_id: who has the alert already.
        remind_at: when somebody else is told that nobody has taken the request.
    """
    cascade = Cascade(
        clinic_id=patient.clinic_id, patient_id=patient.id, queue=queue, kind=kind,
        step=step, alert_id=alert_id, request_id=request_id, opened_at=now,
        assignee_id=assignee_id, remind_at=remind_at, is_drill=patient.is_drill,
    )  # fmt: skip
    session.add(cascade)
    session.flush()
    session.add(CascadeStep(cascade_id=cascade.id, at=now, kind="opened"))
    return cascade


def running(
    session: Session, *, alert_id: UUID | None = None, request_id: UUID | None = None
) -> Cascade | None:
    """Return the cascade of an alert or a request that has not ended, to be changed; or none."""
    mine = Cascade.alert_id == alert_id if alert_id else Cascade.request_id == request_id
    return session.scalars(_to_change(mine, Cascade.ended_at.is_(None))).one_or_none()


def raise_step(
    session: Keeps, cascade: Cascade, *, kind: str, step: int | None, now: datetime
) -> None:
    """Let something more pressing that came in lift it to its own step and kind; never lower it."""
    pressing = knowledge().stepped_care.pressing
    if pressing(kind, step) < pressing(cascade.kind, cascade.step):
        cascade.step, cascade.kind = step, kind
        add_step(session, cascade, "raised", None, now)


def note_offer(
    session: Keeps, cascade: Cascade, by: Doer | None, *, note: str | None, now: datetime
) -> None:
    """Note that help was offered; by nobody, if it stood in the answer to what she reported."""
    cascade.offered_at = cascade.offered_at or now
    add_step(session, cascade, "offered", by, now, note)


def note_contact(
    session: Keeps, cascade: Cascade, by: Doer, *, reached: bool, now: datetime
) -> None:
    """Note that somebody tried to reach her."""
    if reached:
        cascade.contacted_at = cascade.contacted_at or now
    take(cascade, by)
    add_step(session, cascade, "contacted" if reached else "tried", by, now)


def note_assessment(
    session: Keeps, cascade: Cascade, by: Doer, *, need: str, step: int,
    follow_up_on: date | None, note: str | None, now: datetime,
) -> None:  # fmt: skip
    """Note what she needs; whoever has assessed her has been in contact with her."""
    cascade.contacted_at = cascade.contacted_at or now
    cascade.assessed_at = cascade.assessed_at or now
    cascade.need, cascade.step, cascade.follow_up_on = need, step, follow_up_on
    take(cascade, by)
    add_step(session, cascade, "assessed", by, now, note)


def note_follow_up(
    session: Keeps, cascade: Cascade, by: Doer, *, next_on: date | None, note: str | None,
    now: datetime,
) -> None:  # fmt: skip
    """Note that somebody looked after her again."""
    cascade.contacted_at = cascade.contacted_at or now
    cascade.followed_up_at = now
    cascade.follow_up_on = next_on
    take(cascade, by)
    add_step(session, cascade, "followed_up", by, now, note)


def hand_to(
    session: Session,
    account_id: UUID | None,
    *,
    alert_id: UUID | None = None,
    request_id: UUID | None = None,
) -> None:
    """Let whoever has the alert or the request have its cascade."""
    mine = Cascade.alert_id == alert_id if alert_id else Cascade.request_id == request_id
    session.execute(
        sa.update(Cascade)
        .where(mine, Cascade.ended_at.is_(None), Cascade.assignee_id.is_distinct_from(account_id))
        .values(assignee_id=account_id, remind_at=None, version=Cascade.version + 1)
        .execution_options(synchronize_session="fetch")
    )


def hand_on(session: Session, viewer: Viewer, *, to: UUID, queues: Collection[Queue]) -> None:
    """Let a colleague have the viewer's cascades of the alerts and requests she was handed."""
    # Each by the index of what is not closed: this must not read all a clinic ever had.
    alerts = sa.select(Alert.id).where(Alert.assignee_id == to, is_unclosed())
    requests = sa.select(SupportRequest.id).where(
        SupportRequest.clinic_id == viewer.clinic_id, SupportRequest.queue.in_(queues),
        SupportRequest.state.in_(TAKEN), SupportRequest.claimed_by == to,
    )  # fmt: skip
    session.flush()
    session.execute(
        sa.update(Cascade)
        .where(
            Cascade.clinic_id == viewer.clinic_id, Cascade.queue.in_(queues),
            Cascade.assignee_id == viewer.account_id, Cascade.ended_at.is_(None),
            sa.or_(Cascade.alert_id.in_(alerts), Cascade.request_id.in_(requests)),
        )
        .values(assignee_id=to, remind_at=None, version=Cascade.version + 1)
        .execution_options(synchronize_session="fetch")
    )  # fmt: skip


def give_to(cascade: Cascade, account_id: UUID) -> None:
    """Let somebody have a running cascade, as ``hand_to`` does."""
    if cascade.assignee_id != account_id:
        cascade.assignee_id, cascade.remind_at = account_id, None
        cascade.version += 1


def take(cascade: Cascade, by: Doer) -> None:
    """Let whoever does something about it have it, if nobody has."""
    cascade.assignee_id = cascade.assignee_id or by.account_id
    cascade.remind_at = None


def settle(
    session: Keeps, cascade: Cascade, by: Doer, *, ended_as: str, reached: bool, now: datetime
) -> None:
    """Let the closing of its alert or request end it, unless a follow-up is still to come."""
    if reached and cascade.contacted_at is None:
        note_contact(session, cascade, by, reached=True, now=now)
    take(cascade, by)
    if rules.awaits_follow_up(cascade):
        add_step(session, cascade, "source_closed", by, now)
    else:
        end(session, cascade, by, ended_as=ended_as, note=None, now=now)


def end(
    session: Keeps,
    cascade: Cascade,
    by: Doer | None,
    *,
    ended_as: str,
    note: str | None,
    now: datetime,
) -> None:
    """End it, and say how."""
    cascade.ended_at, cascade.ended_as, cascade.remind_at = now, ended_as, None
    add_step(session, cascade, "ended", by, now, note)


def reopen(session: Session, cascade: Cascade, by: Viewer, *, now: datetime) -> None:
    """Let it go on where it was; a request nobody has is told of once more."""
    cascade.ended_at = cascade.ended_as = None
    if cascade.request_id is not None and cascade.assignee_id is None:
        cascade.remind_at = now
    add_step(session, cascade, "reopened", by, now)


def reopen_of_alert(session: Session, alert_id: UUID, by: Viewer, *, now: datetime) -> None:
    """Let the last cascade of an alert go on that was opened again."""
    last = session.scalars(
        _to_change(Cascade.alert_id == alert_id)
        .order_by(Cascade.opened_at.desc(), Cascade.id.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.ended_at is not None:
        reopen(session, last, by, now=now)


def end_all(session: Session, patient_id: UUID, by: Doer, *, ended_as: str, now: datetime) -> None:
    """End whatever is on its way of a patient: she has died, does not share, or was made up."""
    for cascade in _of_patient(session, patient_id, Cascade.ended_at.is_(None)):
        end(session, cascade, by, ended_as=ended_as, note=None, now=now)


def reopen_after_error(session: Session, patient_id: UUID, by: Viewer, *, now: datetime) -> None:
    """Let go on again what ended with a death that was entered by mistake.

    What was closed meanwhile, or taken out, stays ended: nobody would end it once more.
    """
    unclosed = sa.or_(
        sa.exists().where(Alert.id == Cascade.alert_id, Alert.state != AlertState.CLOSED),
        sa.exists().where(
            SupportRequest.id == Cascade.request_id, SupportRequest.state != "closed",
            SupportRequest.deleted_at.is_(None),
        ),
        Cascade.follow_up_on.is_not(None),
    )  # fmt: skip
    session.flush()
    for cascade in _of_patient(session, patient_id, sa.and_(Cascade.ended_as == DEATH, unclosed)):
        reopen(session, cascade, by, now=now)


def end_of_requests(
    session: Session, request_ids: Sequence[UUID], by: UUID, *, now: datetime
) -> None:
    """End the cascades of requests that were taken out: nobody had asked."""
    found = _to_change(Cascade.request_id.in_(request_ids), Cascade.ended_at.is_(None))
    for cascade in session.scalars(found).all():
        cascade.ended_at, cascade.ended_as, cascade.remind_at = now, "not_needed", None
        cascade.version += 1
        session.add(CascadeStep(cascade_id=cascade.id, at=now, kind="ended", by=by))


def add_step(
    session: Keeps,
    cascade: Cascade,
    kind: str,
    by: Doer | None,
    now: datetime,
    note: str | None = None,
) -> None:
    """Write down what happened, by whom; ``by`` is ``None`` for the service itself."""
    cascade.version += 1
    session.add(
        CascadeStep(
            cascade_id=cascade.id, at=now, kind=kind, by=by.account_id if by else None,
            by_role=by.role if by else None, note=note,
        )
    )  # fmt: skip


def _of_patient(
    session: Session, patient_id: UUID, which: sa.ColumnElement[bool]
) -> Sequence[Cascade]:
    found = _to_change(Cascade.patient_id == patient_id, which).order_by(Cascade.id)
    return session.scalars(found).all()


def _to_change(*which: sa.ColumnElement[bool]) -> sa.Select[Cascade]:
    return (
        sa.select(Cascade).where(*which).with_for_update().execution_options(populate_existing=True)
    )
