"""Tables: requests for a person, each step of answering them, and the cascade of support."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.accounts.models import Queue, Role, one_of
from service.db import Model
from service.ids import new_id
from service.records import PatientRecord
from service.words import Words

_RUNNING = sa.text("ended_at IS NULL")
_WAITS = sa.text("remind_at IS NOT NULL")
_OF_ALERT = sa.text("alert_id IS NOT NULL AND ended_at IS NULL")


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
    # Of the chaplain she would like; ``None`` for no wish.  A code of ``clinical/support.yaml``.
    faith: Mapped[str | None] = mapped_column(sa.String(20))
    message: Mapped[str | None] = mapped_column(Words("support_requests.message"))
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
    note: Mapped[str | None] = mapped_column(
        Words("support_steps.note", through=("support_requests", "request_id"))
    )


class Cascade(Model):
    """One need on its way: screened or asked, offered, contacted, assessed, followed up.

    It begins with an alert (``alert_id``: a screen was positive) or with her own request
    (``request_id``); exactly one of them is set.  A moment is ``None`` until its stage is
    reached, and a stage may be left out.  ``step`` is the level of stepped care, 1 to 4, see
    ``clinical/stepped_care.yaml``; ``None`` where the file names none.
    """

    __tablename__ = "cascades"
    __table_args__ = (
        sa.Index(None, "clinic_id", "opened_at", "id"),
        sa.Index(None, "patient_id", "opened_at"),
        sa.Index(
            "ix_cascades_running", "clinic_id", "queue", "opened_at", "id",
            postgresql_where=_RUNNING, sqlite_where=_RUNNING,
        ),
        sa.Index(
            "uq_cascades_alert", "alert_id", unique=True,
            postgresql_where=_OF_ALERT, sqlite_where=_OF_ALERT,
        ),
        sa.Index("uq_cascades_request", "request_id", unique=True),
        sa.Index(None, "remind_at", postgresql_where=_WAITS, sqlite_where=_WAITS),
        sa.CheckConstraint("(alert_id IS NULL) <> (request_id IS NULL)", name="one_source"),
        sa.CheckConstraint("step BETWEEN 1 AND 4", name="step"),
        sa.CheckConstraint("ended_at IS NULL OR ended_as IS NOT NULL", name="ended_says_how"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    queue: Mapped[Queue] = mapped_column(one_of(Queue))
    # distress · depression · anxiety · suicidal_thoughts · spiritual · practical · another; or
    # the kind of the request.
    kind: Mapped[str] = mapped_column(sa.String(30))
    step: Mapped[int | None]
    alert_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("alerts.id"))
    request_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("support_requests.id"))
    opened_at: Mapped[datetime]
    offered_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    assessed_at: Mapped[datetime | None]
    # What the person who assessed her found she needs.
    need: Mapped[str | None] = mapped_column(Words("cascades.need"))
    follow_up_on: Mapped[date | None]
    followed_up_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # completed · declined · not_reached · referred · not_needed · deceased
    ended_as: Mapped[str | None] = mapped_column(sa.String(20))
    assignee_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    # When somebody else is told that nobody has taken the request; ``None``: nobody has to be.
    remind_at: Mapped[datetime | None]
    is_drill: Mapped[bool] = mapped_column(default=False, server_default="0")
    version: Mapped[int] = mapped_column(default=1)


class CascadeStep(Model):
    """One step of a cascade: what was done, by whom (``None``: the service), when."""

    __tablename__ = "cascade_steps"
    __table_args__ = (sa.Index(None, "cascade_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    cascade_id: Mapped[UUID] = mapped_column(sa.ForeignKey("cascades.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(20))
    by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_role: Mapped[Role | None] = mapped_column(one_of(Role))
    note: Mapped[str | None] = mapped_column(
        Words("cascade_steps.note", through=("cascades", "cascade_id"))
    )


class SupportEntry(Model):
    """Somebody or something of a clinic's that patients can turn to, as its editors wrote it.

    One row a version; the newest that is published shows, and stands for the project's entry of
    the same slug.  ``content`` holds kind, name, about, languages, phone, url and when.
    """

    __tablename__ = "support_entries"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "slug", "number"),
        sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name="status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    slug: Mapped[str] = mapped_column(sa.String(60))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(sa.String(10))
    content: Mapped[dict[str, Any]]
    written_by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    written_at: Mapped[datetime]
    published_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
