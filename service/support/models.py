"""Tables: requests for a person, and each step of answering them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.accounts.models import Queue, Role, one_of
from service.db import Model
from service.ids import new_id
from service.records import PatientRecord


class SupportRequest(PatientRecord, Model):
    """She asks for a person: received, somebody is on it, contacted, closed.

    ``origin`` is the record the wish was expressed in, ``None`` when she asked outright.
    """

    __tablename__ = "support_requests"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "requested_at", "id"),
        sa.Index(None, "clinic_id", "queue", "state", "requested_at"),
        sa.CheckConstraint("state IN ('received', 'claimed', 'contacted', 'closed')", name="state"),
    )

    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    kind: Mapped[str] = mapped_column(sa.String(20))
    queue: Mapped[Queue] = mapped_column(one_of(Queue))
    message: Mapped[str | None] = mapped_column(sa.Text)
    contact_by: Mapped[str | None] = mapped_column(sa.String(10))
    origin: Mapped[dict[str, Any] | None]
    state: Mapped[str] = mapped_column(sa.String(10))
    requested_at: Mapped[datetime]
    claimed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    contacted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class SupportStep(Model):
    """One step of answering a request: what was done, by whom, when."""

    __tablename__ = "support_steps"
    __table_args__ = (sa.Index(None, "request_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[UUID] = mapped_column(sa.ForeignKey("support_requests.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(20))
    by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_role: Mapped[Role | None] = mapped_column(one_of(Role))
    note: Mapped[str | None] = mapped_column(sa.Text)
