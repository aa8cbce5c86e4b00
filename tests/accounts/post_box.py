"""What was mailed, as whoever opens it reads it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from service.db import transaction
from service.notify.models import OutboxMessage
from service.notify.sealed_urls import opened_mailbox, opened_url


@dataclass(frozen=True)
class Letter:
    """One mail: for whom, to which mailbox if not her account's, and the code it brings."""

    recipient_id: UUID
    mailbox: str | None
    title: str
    text: str
    code: str
    lasts_seconds: float | None


def letters_in(app: Flask) -> list[Letter]:
    """Return every mail that waits to be sent, oldest first."""
    with app.app_context(), transaction() as session:
        found = session.scalars(
            sa.select(OutboxMessage)
            .where(OutboxMessage.channel == "email")
            .order_by(OutboxMessage.id)
        ).all()
        return [_letter(one) for one in found]


def _letter(message: Any) -> Letter:
    until = message.useful_until
    return Letter(
        recipient_id=message.recipient_id,
        mailbox=opened_mailbox(message.recipient_id, message.body),
        title=message.title,
        text=message.body["text"],
        code=(opened_url(message.recipient_id, message.body) or "").partition("#")[2],
        lasts_seconds=(until - message.created_at).total_seconds() if until else None,
    )
