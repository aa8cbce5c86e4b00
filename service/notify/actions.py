"""What can be done with what leaves: tell, and take back.

A message is written in the transaction of what caused it and sent later, at least once
(``leasing``).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import insert_each_if_new, insert_if_new
from service.hot import EachRow
from service.ids import new_id
from service.notify.models import Heartbeat, OutboxMessage
from service.notify.rules import ChannelName, mail_key

_OUTBOX: sa.Table = OutboxMessage.__table__  # type: ignore[assignment]
_HEARTBEATS: sa.Table = Heartbeat.__table__  # type: ignore[assignment]
_M = _OUTBOX.c


def _in_order(question: sa.Select[Any]) -> sa.Update:
    """Take back what a question names, in the order of ids as ``leasing.record`` writes them.

    So neither waits for the other.
    """
    mine = question.order_by(_M.id).with_for_update(of=_OUTBOX).cte("mine")
    why = sa.bindparam("why", type_=sa.Text())
    return (
        sa.update(_OUTBOX)
        .where(_M.id.in_(sa.select(mine.c.id)))
        .values(state="withheld", next_try_at=None, last_error=why)
    )


_WITHDRAW = EachRow(
    {"key": sa.String(80)},
    lambda given: _in_order(
        sa.select(_M.id)
        .select_from(given.join(_OUTBOX, _M.collapse_key == given.c.key))
        .where(
            _M.patient_id == sa.bindparam("patient", type_=sa.Uuid()),
            # Also what was given up: nobody is to try that again.
            sa.or_(_M.state == "pending", _M.state == "dead"),
            _M.to_staff.is_(False),
        )
    ),
)
_WITHDRAW_ALL = _in_order(
    sa.select(_M.id).where(
        _M.patient_id == sa.bindparam("patient", type_=sa.Uuid()),
        _M.next_try_at.is_not(None),
        _M.state == "pending",
        _M.to_staff.is_(False),
    )
)
# Found by the index on the subject of what is pending: as cheap however long the outbox is.
_WITHDRAW_FROM_STAFF = _in_order(
    sa.select(_M.id).where(
        _M.subject_id == sa.bindparam("subject", type_=sa.Uuid()),
        _M.next_try_at.is_not(None),
        _M.state == "pending",
        _M.to_staff.is_(True),
    )
)


class Message(TypedDict):
    """One message to one person.

    ``collapse_key`` (80 characters) makes it once: the same key again writes nothing.
    ``title`` and ``body`` hold no clinical words; what is said is read after signing in.
    ``due_at``: when it was to go out, if that was earlier; what is later counts as lateness.
    ``useful_until``: later than this it is withheld rather than sent; ``None`` is never too late.
    """

    recipient_id: UUID
    patient_id: UUID | None
    to_staff: bool
    kind: str
    subject_id: UUID | None
    title: str
    body: dict[str, Any]
    collapse_key: str
    now: datetime
    channel: NotRequired[ChannelName]
    due_at: NotRequired[datetime | None]
    useful_until: NotRequired[datetime | None]


def tell(session: Session, **message: Unpack[Message]) -> None:
    """Write one message to be sent after this transaction, unless its key was told already."""
    tell_all(session, [message])


def tell_all(session: Session, messages: Iterable[Message]) -> None:
    """Write messages to be sent after this transaction, in one statement."""
    rows = [_row(message) for message in messages]
    if rows:
        insert_each_if_new(session, _OUTBOX, rows, conflict_on="collapse_key")


def tell_nobody(session: Session) -> None:
    """Do what telling somebody takes, and tell nobody: the time tells whoever waits nothing."""
    insert_each_if_new(session, _OUTBOX, [], conflict_on="collapse_key")


def withdraw(
    session: Session, *, patient_id: UUID, why: str, keys: Collection[str] | None = None
) -> None:
    """Take back what has not gone out yet to a patient and her family; never what staff are told.

    Args:
        session: inside the transaction of the reason.
        patient_id: whom it is about.
        why: a few words for the books, without patient data.
        keys: only the messages of these collapse keys, and their copies by mail; ``None`` for all.
    """
    if keys is not None:
        given = [{"key": one} for key in keys for one in (key, mail_key(key))]
        if given:
            _WITHDRAW.run(session, given, patient=patient_id, why=why)
        return
    session.execute(_WITHDRAW_ALL, {"patient": patient_id, "why": why})


def withdraw_from_staff(session: Session, *, subject_id: UUID, why: str) -> None:
    """Take back what staff have not been told yet of an alert: somebody has it, or it is closed.

    What a worker has on its way may arrive all the same, and the books then say so; what it did
    not get rid of is not tried again.

    Args:
        session: inside the transaction of the reason.
        subject_id: the alert.
        why: a few words for the books, without patient data.
    """
    session.execute(_WITHDRAW_FROM_STAFF, {"subject": subject_id, "why": why})


def beat(session: Session, name: str, now: datetime) -> None:
    """Note that a part of the scheduler did its work to the end.

    Also backwards: one that a clock gone wrong left in the future would hide for as long that
    nothing beats any more.
    """
    if not insert_if_new(session, _HEARTBEATS, {"name": name, "beat_at": now}, conflict_on="name"):
        session.execute(
            sa.update(_HEARTBEATS).where(_HEARTBEATS.c.name == name).values(beat_at=now)
        )


def _row(message: Message) -> dict[str, Any]:
    now = message["now"]
    return {
        "id": new_id(),
        "collapse_key": message["collapse_key"],
        "patient_id": message["patient_id"],
        "recipient_id": message["recipient_id"],
        "to_staff": message["to_staff"],
        "channel": message.get("channel", "push"),
        "kind": message["kind"],
        "subject_id": message["subject_id"],
        "title": message["title"],
        "body": message["body"],
        "created_at": now,
        "due_at": message.get("due_at"),
        "useful_until": message.get("useful_until"),
        "state": "pending",
        "attempts": 0,
        "next_try_at": now,
        "lease_owner": None,
        "sent_at": None,
        "reached": [],
        "last_error": None,
    }
