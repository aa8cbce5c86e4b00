"""What can be done with what leaves: put a message in the outbox, in the transaction of its cause."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import UUID

from sqlalchemy.orm import Session

from service.db import insert_all_if_new
from service.ids import new_id
from service.notify.models import OutboxMessage


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
    insert_all_if_new(
        session, OutboxMessage.__table__, rows, conflict_on="collapse_key"  # type: ignore[arg-type]
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
        "useful_until": message.get("useful_until"),
        "state": "pending",
        "attempts": 0,
        "next_try_at": now,
    }
