"""Tables: the outbox, the devices it reaches, and the scheduler's heartbeat."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id

_PENDING = sa.text("next_try_at IS NOT NULL")
# In the words of the partial index: a bound value would not match it, and every look would read
# the whole table.
IS_DEAD = sa.text("state = 'dead'")
IS_WEBHOOK = sa.text("channel = 'webhook'")


class OutboxMessage(Model):
    """One message to one person over one channel; written with what caused it, sent later.

    ``pending → sent | dead | withheld``.  ``collapse_key`` travels with it: should a worker die
    after the channel took the message and before we noted it, the repeat replaces the first on
    the phone.  ``next_try_at`` is when a worker may take it (also once a lease has run out),
    ``None`` when nothing is left to do.  ``withheld``: the gate said no, ``last_error`` why.
    ``body`` holds no clinical words: what is said is read after signing in.  ``attempts`` counts
    the leases: with ``lease_owner`` it fences off a worker that slept through its own.
    ``reached`` names the devices that have taken it, so that a second try goes to the others only.
    ``due_at`` is when it was to go out, ``None`` for at once; what is later counts as lateness.
    A webhook goes to the endpoint that is its ``subject_id``; ``recipient_id`` is who added that.
    """

    __tablename__ = "outbox_messages"
    __table_args__ = (
        sa.Index(None, "next_try_at", postgresql_where=_PENDING, sqlite_where=_PENDING),
        # For taking back what an answered reminder has not sent yet.
        sa.Index(None, "subject_id", postgresql_where=_PENDING, sqlite_where=_PENDING),
        sa.Index(None, "patient_id", "created_at"),
        sa.Index(None, "recipient_id", "created_at"),
        sa.Index(
            "ix_outbox_messages_dead",
            "created_at",
            "id",
            postgresql_where=IS_DEAD,
            sqlite_where=IS_DEAD,
        ),
        # What an endpoint was sent, newest first; no row of people's is in it.
        sa.Index(
            "ix_outbox_messages_webhooks",
            "subject_id",
            "created_at",
            "id",
            postgresql_where=IS_WEBHOOK,
            sqlite_where=IS_WEBHOOK,
        ),
        sa.CheckConstraint("state IN ('pending', 'sent', 'dead', 'withheld')", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    collapse_key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    # Whom it is about, and whom it goes to.
    patient_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("patients.id"))
    recipient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    to_staff: Mapped[bool]
    channel: Mapped[str] = mapped_column(sa.String(10))  # "push", "email", "webhook"
    kind: Mapped[str] = mapped_column(sa.String(20))
    subject_id: Mapped[UUID | None]
    title: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    useful_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(sa.String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    lease_owner: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    reached: Mapped[list[Any]] = mapped_column(default=list)
    last_error: Mapped[str | None] = mapped_column(sa.String(200))


class Device(Model):
    """A phone or browser that takes pushes for one person."""

    __tablename__ = "devices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    platform: Mapped[str] = mapped_column(sa.String(10))
    address: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    retired_because: Mapped[str | None] = mapped_column(sa.String(40))


class Heartbeat(Model):
    """When each part of the scheduler last did its work to the end."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    beat_at: Mapped[datetime]


class Lateness(Model):
    """How many messages left a channel how late: one row a channel, kind and bucket, ever growing.

    ``le_seconds`` is the upper bound of the bucket, as in a Prometheus histogram but not summed up.
    """

    __tablename__ = "lateness"

    channel: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    le_seconds: Mapped[int] = mapped_column(primary_key=True)
    messages: Mapped[int] = mapped_column(sa.BigInteger)
    seconds: Mapped[float]
