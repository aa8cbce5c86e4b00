"""Dead letters: what could not be sent, for the administrator of the clinic, and trying again.

Nobody reads here what a message said or to whom it went: title, body, names and addresses stay
out.  What a channel answered (``last_error``) holds no patient data; see ``channels.py``.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Account, Patient
from service.errors import Conflict, NotFound
from service.notify.models import IS_DEAD, OutboxMessage

_M = OutboxMessage
_SHOWN = (
    _M.id, _M.kind, _M.channel, _M.created_at, _M.due_at, _M.attempts, _M.last_error, _M.to_staff,
    _M.useful_until,
)  # fmt: skip
COUNTED_AT_MOST = 100


class MessageNotDead(Conflict):
    """The message was sent, is on its way, or was withheld."""

    slug = "message-not-dead"
    title = "This message is not among those that failed."


class MessageTooLate(Conflict):
    """The message is of no use any more."""

    slug = "message-too-late"
    title = "This message is of no use any more."


def dead_page(
    session: Session, clinic_id: UUID, *, limit: int, last: tuple[datetime, UUID] | None
) -> Sequence[sa.Row[Any]]:
    """Return a clinic's messages that could not be sent, newest first, and one more than asked.

    ``last`` is the moment and id of the last one of the page before.
    """
    statement = _of_clinic(_SHOWN, clinic_id).where(IS_DEAD)
    if last is not None:
        at, id = last
        statement = statement.where(
            sa.or_(_M.created_at < at, sa.and_(_M.created_at == at, _M.id < id))
        )
    newest_first = statement.order_by(_M.created_at.desc(), _M.id.desc())
    return session.execute(newest_first.limit(limit + 1)).all()


def count_dead(session: Session, clinic_id: UUID) -> int:
    """Count them, up to ``COUNTED_AT_MOST``."""
    some = _of_clinic((_M.id,), clinic_id).where(IS_DEAD)
    counted = some.limit(COUNTED_AT_MOST).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0


def try_again(session: Session, id: UUID, *, clinic_id: UUID, now: datetime) -> None:
    """Let a message that failed be sent after all, with all its tries before it.

    The devices that have taken it already stay out of it; whether it may leave is asked at the
    gate, as for every message.

    Raises:
        NotFound: there is no such message of this clinic.
        MessageNotDead: it did not fail, or somebody else was first.
        MessageTooLate: nobody needs it any more.
    """
    found = session.execute(
        _of_clinic((_M.state, _M.useful_until), clinic_id).where(_M.id == id)
    ).one_or_none()
    if found is None:
        raise NotFound
    if found.state == "dead" and found.useful_until is not None and found.useful_until < now:
        raise MessageTooLate
    revived = session.execute(
        sa.update(_M)
        .where(_M.id == id, _M.state == "dead")
        .values(state="pending", attempts=0, next_try_at=now, lease_owner=None, last_error=None)
        .returning(_M.id)
    ).one_or_none()
    if revived is None:
        raise MessageNotDead


def _of_clinic(columns: Sequence[Any], clinic_id: UUID) -> sa.Select[Any]:
    """Ask for messages about a patient of the clinic, or about none to somebody of it."""
    return (
        sa.select(*columns)
        .select_from(_M)
        .join(Account, Account.id == _M.recipient_id)
        .outerjoin(Patient, Patient.id == _M.patient_id)
        .where(sa.func.coalesce(Patient.clinic_id, Account.clinic_id) == clinic_id)
    )
