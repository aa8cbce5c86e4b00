"""Tables: the diagnosis and its history, what happens along the way, and her calendar's link."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id
from service.records import PatientRecord


class Diagnosis(PatientRecord, Model):
    """What was known of the disease from one moment on.  The latest row holds; none is changed.

    Self-reported until a member of staff confirms it (``confirmed_by``).
    """

    __tablename__ = "diagnoses"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "received_at", "id"),
        sa.CheckConstraint("recurrence IN ('local', 'distant', 'none')", name="recurrence"),
    )

    recurrence: Mapped[str | None] = mapped_column(sa.String(10))
    stage_iv_at_diagnosis: Mapped[bool | None]
    diagnosed_on: Mapped[date | None]
    recurred_on: Mapped[date | None]
    initial_surgery: Mapped[str | None] = mapped_column(sa.String(20))
    metastatic_sites: Mapped[list[Any]]
    er: Mapped[str | None] = mapped_column(sa.String(10))
    pr: Mapped[str | None] = mapped_column(sa.String(10))
    her2: Mapped[str | None] = mapped_column(sa.String(10))
    mutations: Mapped[list[Any]]
    menopausal_status: Mapped[str | None] = mapped_column(sa.String(10))
    confirmed_by: Mapped[str | None] = mapped_column(sa.String(200))
    confirmed_at: Mapped[datetime | None]


class Event(PatientRecord, Model):
    """An appointment, a scan, a result or a milestone, at a moment."""

    __tablename__ = "events"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "starts_at", "id"),
        sa.CheckConstraint(
            "kind IN ('appointment', 'scan', 'result', 'milestone', 'other')", name="kind"
        ),
    )

    kind: Mapped[str] = mapped_column(sa.String(20))
    title: Mapped[str] = mapped_column(sa.String(200))
    starts_at: Mapped[datetime]
    place: Mapped[str | None] = mapped_column(sa.String(200))
    notes: Mapped[str | None] = mapped_column(sa.Text)


class CalendarLink(Model):
    """The private address of a patient's calendar: one at a time, kept as its SHA-256 only."""

    __tablename__ = "calendar_links"
    __table_args__ = (sa.Index(None, "patient_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    token_sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
