"""What can be done about being erased: ask, take it back, and once the time is over, do it.

Until then nothing changes for her: her record works, she is reminded and answered, unless she
said that messages are to stop.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service import leases
from service.accounts import consent_actions
from service.accounts.access import Viewer
from service.accounts.consent_texts import text_for
from service.accounts.patient_ref import PatientRef
from service.erasures.models import UNDER_WAY, ArchivePiece, ErasureRequest, ErasureState
from service.errors import Conflict, NotFound
from service.hot import HotStatement
from service.leases import Held
from service.notify.actions import tell
from service.records import Change

_REQUESTS = cast(sa.Table, ErasureRequest.__table__)
_PIECES = cast(sa.Table, ArchivePiece.__table__)
_R = _REQUESTS.c
_MESSAGES = "messages"


class ErasureBegun(Conflict):
    """The time to take it back is over."""

    slug = "erasure-begun"
    title = "Erasing has begun. It cannot be taken back any more."


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Held):
    """A request that is ours to carry out, as long as its lease lasts.

    ``keep_until`` is set where somebody erased before came back with a backup.
    """

    patient_id: UUID
    account_id: UUID | None
    clinic_id: UUID
    keep_until: datetime | None


def ask(
    session: Session, viewer: Viewer, patient: PatientRef,
    *, change: Change, messages_stop: bool, wait: timedelta,
) -> tuple[ErasureRequest, bool]:  # fmt: skip
    """Ask that a patient be erased once a time is over; tell whether the request is new.

    Asked again, the first request stands.  She is told by mail: it may not have been her.

    Args:
        session: holding the patient's lock.
        viewer: who asks.
        patient: who is to be erased.
        change: that of the patient's record this makes.
        messages_stop: whether messages to her stop now, as by taking back her consent to them.
        wait: how long it can be taken back.
    """
    there = under_way(session, patient.id)
    if messages_stop:
        version = text_for(_MESSAGES, patient.locale).version
        consent_actions.answer(
            session, patient, change=change, purpose=_MESSAGES, given=False, text_version=version
        )
    if there is not None:
        there.messages_stop = there.messages_stop or messages_stop
        return there, False
    request = ErasureRequest(
        patient_id=patient.id, account_id=patient.account_id, clinic_id=patient.clinic_id,
        asked_at=change.now, asked_by=viewer.account_id, by_role=viewer.role,
        messages_stop=messages_stop, carry_out_at=change.now + wait,
    )  # fmt: skip
    session.add(request)
    session.flush()
    _tell(session, patient, request, now=change.now)
    return request, True


def withdraw(session: Session, patient_id: UUID, *, now: datetime) -> ErasureRequest:
    """Take a request back.  Consent to messages stays as it is: that is hers to give.

    Raises:
        NotFound: there is none to take back.
        ErasureBegun: too late.
    """
    request = under_way(session, patient_id)
    if request is None:
        raise NotFound
    # In the same statement as the question: the scheduler does not ask for her lock.
    taken_back = session.execute(
        sa.update(_REQUESTS)
        .where(_R.id == request.id, _R.state == ErasureState.WAITING)
        .values(state=ErasureState.WITHDRAWN, withdrawn_at=now)
        .returning(_R.id)
    ).one_or_none()
    if taken_back is None:
        raise ErasureBegun
    session.refresh(request)
    return request


def under_way(session: Session, patient_id: UUID) -> ErasureRequest | None:
    """Return the request of a patient that waits or is being carried out, if there is one."""
    return session.scalars(
        sa.select(ErasureRequest).where(ErasureRequest.patient_id == patient_id, UNDER_WAY)
    ).one_or_none()


def begin(session: Session, *, owner: UUID, now: datetime, lease: timedelta) -> Work | None:
    """Take the request that is longest due; ``None`` if none is.  It cannot be taken back now."""
    due = (
        sa.select(ErasureRequest)
        .where(UNDER_WAY, ErasureRequest.carry_out_at <= now)
        .order_by(ErasureRequest.carry_out_at, ErasureRequest.id)
    )
    request = leases.take(session, due, ErasureRequest, owner=owner, now=now, lease=lease)
    if request is None:
        return None
    drop_pieces(session, request.id)
    request.state = ErasureState.RUNNING
    return Work(
        id=request.id, patient_id=request.patient_id, account_id=request.account_id,
        clinic_id=request.clinic_id, keep_until=request.keep_until, owner=owner,
        attempt=request.attempts,
    )  # fmt: skip


def go_on(session: Session, work: Work, *, until: datetime) -> None:
    """Keep a request for longer.

    Raises:
        LeaseLost: it is another worker's.
    """
    write(session, work, {"lease_until": until})


def add_piece(session: Session, work: Work, number: int, data: bytes) -> None:
    """Put a sealed piece of what the law keeps by.

    Raises:
        LeaseLost: the request is another worker's.
    """
    write(session, work, {"state": _R.state})
    session.execute(
        sa.insert(_PIECES),
        [{"request_id": work.id, "number": number, "clinic_id": work.clinic_id, "data": data}],
    )


def write(session: Session, work: Work, values: dict[str, Any]) -> None:
    """Change a request that is still ours.

    Raises:
        LeaseLost: it is another worker's.
    """
    leases.write(session, ErasureRequest, work, values, still=_R.state == ErasureState.RUNNING)


def archive_piece(session: Session, request_id: UUID, number: int) -> bytes:
    """Return one sealed piece of what is kept."""
    data: bytes = session.execute(
        sa.select(_PIECES.c.data).where(
            _PIECES.c.request_id == request_id, _PIECES.c.number == number
        )
    ).scalar_one()
    return data


def drop_pieces(session: Session, request_id: UUID) -> None:
    """Erase what is kept sealed for a request."""
    session.execute(sa.delete(_PIECES).where(_PIECES.c.request_id == request_id))


def erase_kept(session: Session, *, now: datetime) -> int:
    """Erase what the law had us keep until now, and return of how many requests."""
    over = session.scalars(
        sa.select(ErasureRequest)
        .where(ErasureRequest.pieces.is_not(None), ErasureRequest.keep_until <= now)
        .order_by(ErasureRequest.id)
        .limit(50)
    ).all()
    for request in over:
        drop_pieces(session, request.id)
        request.pieces = request.writer_key = None
        request.kept_erased_at = now
    return len(over)


def next_moment(session: Session) -> datetime | None:
    """Return when there is something to erase next, ``None`` if never."""
    due: datetime | None = _NEXT_TO_ERASE.value(session)
    kept: datetime | None = _NEXT_KEPT.value(session)
    return min((at for at in (due, kept) if at is not None), default=None)


_NEXT_TO_ERASE = HotStatement(
    sa.select(sa.func.min(sa.func.coalesce(_R.lease_until, _R.carry_out_at))).where(UNDER_WAY)
)
_NEXT_KEPT = HotStatement(sa.select(sa.func.min(_R.keep_until)).where(_R.pieces.is_not(None)))


def _tell(session: Session, patient: PatientRef, request: ErasureRequest, *, now: datetime) -> None:
    if patient.account_id is None:
        return
    day = patient.local_date(request.carry_out_at).isoformat()
    tell(
        session, recipient_id=patient.account_id, patient_id=patient.id, to_staff=False,
        kind="account", channel="email", subject_id=request.id,
        title="You asked us to erase your record",
        body={
            "text": f"Your record will be erased on {day}. Until then you can take this back in"
            " the app. If it was not you who asked, sign in, take it back and change your"
            " password."
        },
        collapse_key=f"erasure:{request.id}", now=now,
    )  # fmt: skip
