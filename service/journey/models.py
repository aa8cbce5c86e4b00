"""Tables: the diagnosis and its history, what happens on the way, questions, notes, absences."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.accounts.models import Role, one_of
from service.db import Model
from service.ids import new_id
from service.records import PatientRecord
from service.words import Words


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
    notes: Mapped[str | None] = mapped_column(Words("events.notes"))


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


class Question(PatientRecord, Model):
    """What she wants to ask at the next visit.  ``answer`` is what she, or the team, noted then."""

    __tablename__ = "questions"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "asked_at", "id"),
    )

    text: Mapped[str] = mapped_column(Words("questions.text"))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Words("questions.answer"))


class AwayPeriod(PatientRecord, Model):
    """Days on which she is not expected to report, and why: a known reason is no silence.

    Both days count; ``ends_on`` is ``None`` while nobody knows.  ``paused`` is written by the
    service while her care is paused or has ended.
    """

    __tablename__ = "away_periods"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "starts_on", "id"),
        sa.CheckConstraint("kind IN ('inpatient', 'holiday', 'other', 'paused')", name="kind"),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after"),
    )

    kind: Mapped[str] = mapped_column(sa.String(10))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Words("away_periods.note"))


class CareNote(PatientRecord, Model):
    """What somebody of the care team wrote down about her for the others.  She may read it."""

    __tablename__ = "care_notes"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "written_at", "id"),
    )

    text: Mapped[str] = mapped_column(Words("care_notes.text"))
    written_at: Mapped[datetime]
    by_role: Mapped[Role] = mapped_column(one_of(Role))
