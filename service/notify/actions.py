"""What can be done with what leaves: tell, lease, record, take back.

A message is written in the transaction of what caused it and sent later, at least once:

    tell → claim (lease) → gate, channel (no transaction) → record

Killed before the channel took it, or after and before ``record``: the lease runs out and the
message goes out again under the same ``collapse_key``, so the phone shows it once.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import insert_all_if_new, insert_if_new, skip_locked
from service.ids import new_id
from service.notify import queries
from service.notify.models import Heartbeat, OutboxMessage
from service.notify.rules import Leased, Outcome, Result, next_try

_OUTBOX: sa.Table = OutboxMessage.__table__  # type: ignore[assignment]
_HEARTBEATS: sa.Table = Heartbeat.__table__  # type: ignore[assignment]

_STATE_AFTER = {
    Outcome.SENT: "sent", Outcome.AGAIN: "pending", Outcome.NOT_TRIED: "pending",
    Outcome.DEAD: "dead", Outcome.WITHHELD: "withheld",
}  # fmt: skip
_OURS = sa.and_(
    _OUTBOX.c.id == sa.bindparam("message_id"),
    _OUTBOX.c.lease_owner == sa.bindparam("owner"),
    _OUTBOX.c.attempts == sa.bindparam("try_no"),
)
# What was taken back while it was on its way went out all the same, and the books say so.
_RECORD_SENT = (
    sa.update(_OUTBOX)
    .where(_OURS)
    .values(state="sent", sent_at=sa.bindparam("at"), next_try_at=None, last_error=None)
)
_RECORD_REST = (
    sa.update(_OUTBOX)
    .where(_OURS, _OUTBOX.c.state == "pending")
    .values(
        state=sa.bindparam("new_state"),
        next_try_at=sa.bindparam("new_try_at"),
        last_error=sa.bindparam("why"),
        attempts=_OUTBOX.c.attempts - sa.bindparam("not_counted", type_=sa.Integer),
    )
)


class Message(TypedDict):
    """One message to one person.

    ``collapse_key`` (80 characters) makes it once: the same key again writes nothing.
    ``title`` and ``body`` hold no clinical words; what is said is read after signing in.
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
    channel: NotRequired[str]
    useful_until: NotRequired[datetime | None]


def tell(session: Session, **message: Unpack[Message]) -> None:
    """Write one message to be sent after this transaction, unless its key was told already."""
    tell_all(session, [message])


def tell_all(session: Session, messages: Iterable[Message]) -> None:
    """Write messages to be sent after this transaction, in one statement."""
    rows = [_row(message) for message in messages]
    insert_all_if_new(session, _OUTBOX, rows, conflict_on="collapse_key")


def claim(
    session: Session, *, owner: UUID, now: datetime, lease: timedelta, limit: int
) -> list[Leased]:
    """Take messages that are due, the longest due first, for as long as the lease runs.

    Of two workers each message goes to one.  Where people stand is read here, so what
    the gate decides on is never older than the lease.
    """
    rows = session.execute(
        skip_locked(
            sa.select(_OUTBOX)
            .where(_OUTBOX.c.next_try_at <= now)
            .order_by(_OUTBOX.c.next_try_at, _OUTBOX.c.id)
            .limit(limit)
        )
    ).all()
    if not rows:
        return []
    session.execute(
        sa.update(_OUTBOX)
        .where(_OUTBOX.c.id.in_([row.id for row in rows]))
        .values(lease_owner=owner, next_try_at=now + lease, attempts=_OUTBOX.c.attempts + 1)
    )
    standing = queries.standing_of(
        session,
        patients={row.patient_id for row in rows if row.patient_id},
        accounts={row.recipient_id for row in rows},
    )
    return [
        Leased(
            id=row.id, try_no=row.attempts + 1, until=now + lease,
            collapse_key=row.collapse_key, patient_id=row.patient_id,
            recipient_id=row.recipient_id, to_staff=row.to_staff, channel=row.channel,
            kind=row.kind, subject_id=row.subject_id, title=row.title, body=row.body,
            useful_until=row.useful_until,
            due_at=row.due_at,
            **standing.facts_of(
                row.patient_id, row.recipient_id, row.channel, row.kind, row.to_staff
            ),
        )
        for row in rows
    ]  # fmt: skip


def record(session: Session, results: Sequence[Result], *, owner: UUID, now: datetime) -> None:
    """Note how sending went, in at most two statements.

    Touches only messages whose last lease was this owner's and this very try: somebody who
    wakes up after his lease has run out changes nothing that another has taken since.
    """
    sent = [
        _ours(result, owner) | {"at": now} for result in results if result.outcome is Outcome.SENT
    ]
    rest = [
        _ours(result, owner)
        | {
            "new_state": _STATE_AFTER[result.outcome],
            "new_try_at": next_try(result, now=now),
            "why": result.why,
            "not_counted": int(result.outcome is Outcome.NOT_TRIED),
        }
        for result in results
        if result.outcome is not Outcome.SENT
    ]
    if sent:
        session.execute(_RECORD_SENT, sent)
    if rest:
        session.execute(_RECORD_REST, rest)


def withdraw(
    session: Session, *, patient_id: UUID, why: str, subjects: Collection[UUID] | None = None
) -> None:
    """Take back what has not gone out yet to a patient and her family; never what staff are told.

    Args:
        session: inside the transaction of the reason.
        patient_id: whom it is about.
        why: a few words for the books, without patient data.
        subjects: only what is about these, as the occurrences just answered; ``None`` for all.
    """
    statement = sa.update(_OUTBOX).where(
        _OUTBOX.c.patient_id == patient_id,
        _OUTBOX.c.next_try_at.is_not(None),
        _OUTBOX.c.state == "pending",
        _OUTBOX.c.to_staff.is_(False),
    )
    if subjects is not None:
        statement = statement.where(_OUTBOX.c.subject_id.in_(subjects))
    session.execute(statement.values(state="withheld", next_try_at=None, last_error=why))


def beat(session: Session, name: str, now: datetime) -> None:
    """Note that a part of the scheduler did its work to the end; never backwards."""
    if not insert_if_new(session, _HEARTBEATS, {"name": name, "beat_at": now}, conflict_on="name"):
        session.execute(
            sa.update(_HEARTBEATS)
            .where(_HEARTBEATS.c.name == name, _HEARTBEATS.c.beat_at < now)
            .values(beat_at=now)
        )


def _ours(result: Result, owner: UUID) -> dict[str, Any]:
    return {"message_id": result.message.id, "owner": owner, "try_no": result.message.try_no}


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
        "useful_until": message.get("useful_until"),
        "state": "pending",
        "attempts": 0,
        "next_try_at": now,
    }
