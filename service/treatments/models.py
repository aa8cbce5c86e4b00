"""Tables: treatments, what was to be taken when, and each single dose."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id
from service.records import PatientRecord
from service.words import Words

_PLANNED = sa.text("doses_until IS NOT NULL")
_ANSWERED = sa.text("status <> 'expected'")


class Treatment(PatientRecord, Model):
    """A drug, an operation or a course of radiation, from the catalogue or in her own words.

    ``facts_changed_at`` is when something a rule reads (what it is, its status, its days) last
    changed; a new note does not move it.  Every dose expected before ``doses_until`` is a row;
    ``None`` when no more are to come.
    """

    __tablename__ = "treatments"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "started_on", "id"),
        sa.Index(None, "patient_id", "ended_on", "id"),
        sa.Index(None, "doses_until", postgresql_where=_PLANNED, sqlite_where=_PLANNED),
        sa.CheckConstraint("code IS NOT NULL OR name IS NOT NULL", name="says_what"),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="ends_after"),
        sa.CheckConstraint(
            "status IN ('planned', 'active', 'held', 'stopped', 'completed')", name="status"
        ),
    )

    code: Mapped[str | None] = mapped_column(sa.String(60))
    name: Mapped[str | None] = mapped_column(sa.String(200))
    modality: Mapped[str] = mapped_column(sa.String(20))
    body_site: Mapped[str | None] = mapped_column(sa.String(200))
    line: Mapped[int | None]
    started_on: Mapped[date]
    ended_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(sa.String(10))
    stop_reason: Mapped[str | None] = mapped_column(sa.String(200))
    dose: Mapped[str | None] = mapped_column(sa.String(200))
    schedule: Mapped[dict[str, Any] | None]
    notes: Mapped[str | None] = mapped_column(Words("treatments.notes"))
    facts_changed_at: Mapped[datetime]
    doses_until: Mapped[datetime | None]


class DosagePeriod(Model):
    """What was to be taken of a treatment, from one moment on her wall until another.

    A change of dose or schedule, a hold and a stop each end one period and begin the next, so
    what was asked of her in the past stays what it was.  ``starts_at`` and ``ends_at`` are local
    date-times without a zone (``2026-03-02T00:00``); the end is the first minute no more in it,
    ``None`` while it goes on.  Days of a cycle count from ``day_one``.
    """

    __tablename__ = "dosage_periods"
    __table_args__ = (
        sa.Index(None, "patient_id", "treatment_id", "starts_at"),
        sa.Index(None, "patient_id", "made_at", "id"),
        sa.CheckConstraint("status IN ('active', 'held')", name="status"),
        sa.CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_after"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    treatment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("treatments.id"))
    starts_at: Mapped[str] = mapped_column(sa.String(16))
    ends_at: Mapped[str | None] = mapped_column(sa.String(16))
    status: Mapped[str] = mapped_column(sa.String(10))
    day_one: Mapped[date]
    schedule: Mapped[dict[str, Any] | None]
    dose: Mapped[str | None] = mapped_column(sa.String(200))
    made_at: Mapped[datetime]


class Dose(PatientRecord, Model):
    """One dose: identified by the treatment and its local date-time, as a phone works it out.

    ``expected`` until somebody says what became of it.  Only doses within the horizon, and those
    answered, are rows; all others are computed from the dosage periods.  ``cycle`` counts from 1.
    """

    __tablename__ = "doses"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "due_at", "id"),
        sa.Index(None, "patient_id", "treatment_id", "local_at"),
        sa.Index(
            "ix_doses_answered",
            "patient_id",
            "due_at",
            "id",
            postgresql_where=_ANSWERED,
            sqlite_where=_ANSWERED,
        ),
        sa.CheckConstraint("status IN ('expected', 'taken', 'missed', 'held')", name="status"),
        sa.CheckConstraint(
            "reason IN ('forgot', 'side_effects', 'cost', 'supply', 'told_to_hold', 'other')",
            name="reason",
        ),
    )

    treatment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("treatments.id"))
    local_at: Mapped[str] = mapped_column(sa.String(16))
    due_at: Mapped[datetime]
    cycle: Mapped[int]
    status: Mapped[str] = mapped_column(sa.String(10))
    taken_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(sa.String(20))
    answered_at: Mapped[datetime | None]
