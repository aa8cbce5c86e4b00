"""Table: where a clinic's own systems are told that something happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id
from service.words import Words


class WebhookEndpoint(Model):
    """One address of a clinic's own systems, and what it is told.

    ``types`` are the events it wants.  ``with_content``: it gets codes beside the ids.
    ``former_secret`` signs too until ``former_until``.  ``failing_since``: no delivery has worked
    since then.  ``disabled_because``: ``by_hand``, ``gone`` or ``failing``.  A row that is
    ``removed_at`` is kept without its secrets: whom a patient's data went to is asked for later.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        sa.Index("ix_webhook_endpoints_clinic_id_id", "clinic_id", "id"),
        sa.CheckConstraint(
            "disabled_because IN ('by_hand', 'gone', 'failing')", name="disabled_because"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    added_by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    url: Mapped[str] = mapped_column(sa.String(2000))
    description: Mapped[str] = mapped_column(sa.String(200))
    types: Mapped[list[Any]]
    with_content: Mapped[bool]
    secret: Mapped[str | None] = mapped_column(Words("webhook_endpoints.secret", whose=None))
    former_secret: Mapped[str | None] = mapped_column(
        Words("webhook_endpoints.former_secret", whose=None)
    )
    former_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    failing_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_because: Mapped[str | None] = mapped_column(sa.String(10))
    removed_at: Mapped[datetime | None]
