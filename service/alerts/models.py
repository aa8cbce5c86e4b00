"""Tables: alerts, the reasons they were opened for, and every step of answering them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.accounts.models import Queue, Role, one_of
from service.db import Model
from service.ids import new_id


class AlertState(StrEnum):
    """Where answering an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


class Severity(StrEnum):
    """How soon a person has to look."""

    URGENT = "urgent"
    SOON = "soon"
    INFO = "info"


_UNCLOSED = sa.text("state <> 'closed'")
_WAITING = sa.text("next_step_at IS NOT NULL")
# What she hears of: who looks at what is merely noted does not answer her.
_TOLD = sa.text("state = 'closed' AND severity <> 'info'")


class Alert(Model):
    """One matter of one patient in one queue.  A patient has at most one unclosed alert a queue.

    ``rank`` orders the queue: 0 urgent, 1 soon (high), 2 soon, 3 info.  ``raised_at`` is when
    it last went to ``open``: by opening, or by a new reason that joined.  ``next_step_at`` is
    when the next person has to be told, for any of its reasons; ``None`` while nobody has to.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        sa.Index(
            "uq_alerts_one_unclosed",
            "patient_id",
            "queue",
            unique=True,
            postgresql_where=_UNCLOSED,
            sqlite_where=_UNCLOSED,
        ),
        sa.Index(None, "patient_id", "opened_at", "id"),
        sa.Index(
            "ix_alerts_told",
            "patient_id",
            "closed_at",
            "id",
            postgresql_where=_TOLD,
            sqlite_where=_TOLD,
        ),
        sa.Index(
            "ix_alerts_queue",
            "clinic_id",
            "queue",
            "rank",
            "acknowledge_by",
            "id",
            postgresql_where=_UNCLOSED,
            sqlite_where=_UNCLOSED,
        ),
        sa.Index(None, "next_step_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
        sa.CheckConstraint("state <> 'closed' OR outcome IS NOT NULL", name="closed_says_how"),
        sa.CheckConstraint(
            "state = 'open' OR state = 'closed' OR acknowledged_by IS NOT NULL",
            name="seen_by_somebody",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    queue: Mapped[Queue] = mapped_column(one_of(Queue))
    severity: Mapped[Severity] = mapped_column(one_of(Severity))
    priority: Mapped[str | None] = mapped_column(sa.String(10))
    rank: Mapped[int]
    state: Mapped[AlertState] = mapped_column(one_of(AlertState))
    opened_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    acknowledge_by: Mapped[datetime | None]
    contact_by: Mapped[datetime | None]
    # How many of the steps after a missed contact have been taken.
    contact_step: Mapped[int] = mapped_column(default=0)
    next_step_at: Mapped[datetime | None]
    escalated_to: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    escalated_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    assignee_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    needs_named_contact: Mapped[bool] = mapped_column(default=False)
    contacted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    outcome: Mapped[str | None] = mapped_column(sa.String(20))
    action: Mapped[str | None] = mapped_column(sa.Text)
    contact_made: Mapped[bool | None]
    note: Mapped[str | None] = mapped_column(sa.Text)
    reply_to_patient: Mapped[str | None] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def has_been_contacted(self) -> bool:
        """Tell whether she was reached since the alert last went to ``open``."""
        return self.contacted_at is not None and self.contacted_at >= self.raised_at


class AlertReason(Model):
    """Why an alert is there: one rule, about one subject, with the records that made it true.

    ``subject`` is the symptom for the symptom rules, ``""`` otherwise.  ``given`` holds the values
    that made the rule true; the same rule with a higher one of them is worse.  Each reason has
    its own clocks, its own place on the ladder of escalation and its own acknowledgement.
    """

    __tablename__ = "alert_reasons"
    __table_args__ = (
        sa.UniqueConstraint("alert_id", "rule", "subject"),
        sa.Index(None, "patient_id", "alert_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    alert_id: Mapped[UUID] = mapped_column(sa.ForeignKey("alerts.id"))
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    rule: Mapped[str] = mapped_column(sa.String(40))
    rule_version: Mapped[int]
    subject: Mapped[str] = mapped_column(sa.String(60), default="")
    severity: Mapped[Severity] = mapped_column(one_of(Severity))
    priority: Mapped[str | None] = mapped_column(sa.String(10))
    text: Mapped[str] = mapped_column(sa.String(500))
    records: Mapped[list[Any]]
    given: Mapped[dict[str, Any]]
    added_at: Mapped[datetime]
    clock_started_at: Mapped[datetime]
    next_step: Mapped[int] = mapped_column(default=0)
    next_step_at: Mapped[datetime | None]
    acknowledge_by: Mapped[datetime | None]
    contact_by: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))


class AlertStep(Model):
    """One step of an alert's life: what happened, when, by whom (``None``: the clock), why."""

    __tablename__ = "alert_steps"
    __table_args__ = (
        sa.Index(None, "alert_id", "at", "id"),
        sa.Index(None, "patient_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    alert_id: Mapped[UUID] = mapped_column(sa.ForeignKey("alerts.id"))
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(20))
    by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_role: Mapped[Role | None] = mapped_column(one_of(Role))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
