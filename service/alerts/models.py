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
from service.words import Words


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
_CLOSED = sa.text("state = 'closed'")
_WAITING = sa.text("next_step_at IS NOT NULL")
# What she hears of: who looks at what is merely noted does not answer her.
_TOLD = sa.text("state = 'closed' AND severity <> 'info'")
_UNANSWERED = sa.text("unanswered_since IS NOT NULL")
_IN_FORCE = sa.text("ended_at IS NULL")


class Alert(Model):
    """One matter of one patient in one queue.  A patient has at most one unclosed alert a queue.

    ``rank`` orders the queue: 0 urgent, 1 soon (high), 2 soon, 3 info.  ``raised_at`` is when
    it last went to ``open``: by opening, or by a new reason that joined.  ``next_step_at`` is
    when the next person has to be told, for any of its reasons; ``None`` while nobody has to.
    ``due_at`` is the clock that runs: by when somebody has to take it, then by when she has to
    be contacted; ``None`` where none runs.  ``unanswered_since`` is when the last person there
    was had been told and nobody had answered; ``None`` otherwise.
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
            "due_at",
            "id",
            postgresql_where=_UNCLOSED,
            sqlite_where=_UNCLOSED,
        ),
        # The same for what is closed: somebody looks back, however far back that goes.
        sa.Index(
            "ix_alerts_closed",
            "clinic_id",
            "queue",
            "rank",
            "due_at",
            "id",
            postgresql_where=_CLOSED,
            sqlite_where=_CLOSED,
        ),
        sa.Index(None, "next_step_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
        sa.Index(
            "ix_alerts_unanswered",
            "clinic_id",
            postgresql_where=_UNANSWERED,
            sqlite_where=_UNANSWERED,
        ),
        sa.Index(
            "ix_alerts_assignee",
            "assignee_id",
            postgresql_where=_UNCLOSED,
            sqlite_where=_UNCLOSED,
        ),
        sa.Index(None, "clinic_id", "opened_at"),
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
    due_at: Mapped[datetime | None]
    # How many of the steps after a missed contact have been taken.
    contact_step: Mapped[int] = mapped_column(default=0)
    next_step_at: Mapped[datetime | None]
    unanswered_since: Mapped[datetime | None]
    # A made-up case: it goes the same way as any other, and is counted apart.
    is_drill: Mapped[bool] = mapped_column(default=False, server_default="0")
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
    action: Mapped[str | None] = mapped_column(Words("alerts.action"))
    contact_made: Mapped[bool | None]
    note: Mapped[str | None] = mapped_column(Words("alerts.note"))
    reply_to_patient: Mapped[str | None] = mapped_column(Words("alerts.reply_to_patient"))
    # For suicidal thoughts: what became of her safety plan; ``None`` where nobody said.
    safety_plan: Mapped[str | None] = mapped_column(sa.String(20))
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
    # Whether the rule leaves it to her to say that she needs nobody.
    patient_can_decline: Mapped[bool] = mapped_column(default=False, server_default="0")


class AlertHold(Model):
    """A reason that is snoozed: known, seen to, and not told again until it is worse.

    In force while ``ended_at`` is ``None`` and ``until`` has not come.  ``given``, ``severity``
    and ``priority`` are what was known when it was snoozed: anything higher ends it.  Every
    repeat it held back counts in ``suppressed``.
    """

    __tablename__ = "alert_holds"
    __table_args__ = (
        sa.Index(
            "uq_alert_holds_in_force",
            "patient_id",
            "queue",
            "rule",
            "subject",
            unique=True,
            postgresql_where=_IN_FORCE,
            sqlite_where=_IN_FORCE,
        ),
        sa.Index(None, "clinic_id", "started_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    alert_id: Mapped[UUID] = mapped_column(sa.ForeignKey("alerts.id"))
    queue: Mapped[Queue] = mapped_column(one_of(Queue))
    rule: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[str] = mapped_column(sa.String(60), default="")
    given: Mapped[dict[str, Any]]
    severity: Mapped[Severity] = mapped_column(one_of(Severity))
    priority: Mapped[str | None] = mapped_column(sa.String(10))
    reason: Mapped[str] = mapped_column(Words("alert_holds.reason"))
    started_at: Mapped[datetime]
    until: Mapped[datetime]
    by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    by_role: Mapped[Role] = mapped_column(one_of(Role))
    suppressed: Mapped[int] = mapped_column(default=0)
    last_suppressed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # worse · expired · lifted · replaced
    ended_why: Mapped[str | None] = mapped_column(sa.String(20))


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
    detail: Mapped[dict[str, Any]] = mapped_column(
        Words("alert_steps.detail", is_json=True), default=dict
    )
