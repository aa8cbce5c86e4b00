"""Tables: reminders, their occurrences, and what the zones' clocks were planned by."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.records import PatientRecord


class Reminder(PatientRecord, Model):
    """Something she is to be reminded of, at a time on her own clock.

    ``local_start`` is a wall-clock time without a zone (``2026-11-23T09:00``); ``time_zone``
    ``None`` means wherever she is.  A suggested one asks nothing and sends nothing until she
    accepts it; ``because`` holds the rule's reason and the records behind it.  ``exdates`` are
    local date-times left out (RFC 5545, 3.8.5.1).  ``dose_days_only``: rings only on days on which
    the treatment it is for expects a dose.  ``needs_planning``: its future is to be made anew.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "planned_until", postgresql_where=sa.text("status = 'active'")),
        sa.Index(
            "ix_reminders_needs_planning",
            "patient_id",
            postgresql_where=sa.text("needs_planning"),
            sqlite_where=sa.text("needs_planning"),
        ),
        sa.CheckConstraint("status IN ('suggested', 'active', 'declined', 'ended')", name="status"),
    )

    kind: Mapped[str] = mapped_column(sa.String(20))
    title: Mapped[str] = mapped_column(sa.String(200))
    recurrence: Mapped[str | None] = mapped_column(sa.String(200))
    local_start: Mapped[str | None] = mapped_column(sa.String(16))
    time_zone: Mapped[str | None] = mapped_column(sa.String(64))
    until: Mapped[date | None]
    exdates: Mapped[list[Any]] = mapped_column(default=list)
    treatment_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("treatments.id"))
    nag_after_minutes: Mapped[int | None]
    discreet: Mapped[bool] = mapped_column(default=True)
    dose_days_only: Mapped[bool] = mapped_column(default=False)
    rings_in_quiet_hours: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(sa.String(10))
    # What it was before her care status ended it, should that prove an error.
    status_before: Mapped[str | None] = mapped_column(sa.String(10))
    because: Mapped[dict[str, Any] | None]
    rule: Mapped[str | None] = mapped_column(sa.String(40))
    rule_version: Mapped[int | None]
    # Every occurrence before this moment exists; ``None`` once there will be no more.
    planned_until: Mapped[datetime | None]
    needs_planning: Mapped[bool] = mapped_column(default=False)


class ReminderOccurrence(PatientRecord, Model):
    """One time a reminder falls due: identified by the reminder and its local date-time.

    ``due → sent → delivered → opened → done | skipped | snoozed | missed``.  ``next_at`` is when
    the scheduler has to do something about it next and ``next_step`` what: ``send`` (also
    again, after a snooze) or ``nag``; both ``None`` when there is nothing left to do.  ``sent``
    means that a channel took the message, not that we meant to send it.  ``message_key`` is the
    collapse key of the last message about it, which it may share with others of the same hour.
    """

    __tablename__ = "reminder_occurrences"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "due_at", "id"),
        sa.Index(None, "patient_id", "reminder_id", "due_at"),
        sa.Index(
            "ix_reminder_occurrences_settled",
            "patient_id",
            "due_at",
            "id",
            postgresql_where=sa.text("status IN ('done', 'skipped', 'missed')"),
            sqlite_where=sa.text("status IN ('done', 'skipped', 'missed')"),
        ),
        sa.Index(
            None,
            "next_at",
            postgresql_where=sa.text("next_at IS NOT NULL"),
            sqlite_where=sa.text("next_at IS NOT NULL"),
        ),
        # All that waits for one patient, to go out together.
        sa.Index(
            None,
            "patient_id",
            "next_at",
            postgresql_where=sa.text("next_at IS NOT NULL"),
            sqlite_where=sa.text("next_at IS NOT NULL"),
        ),
        sa.CheckConstraint(
            "status IN ('due', 'sent', 'delivered', 'opened', 'done', 'skipped', 'snoozed',"
            " 'missed')",
            name="status",
        ),
        sa.CheckConstraint("(next_at IS NULL) = (next_step IS NULL)", name="next_says_what"),
    )

    reminder_id: Mapped[UUID] = mapped_column(sa.ForeignKey("reminders.id"))
    local_at: Mapped[str] = mapped_column(sa.String(16))
    due_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(sa.String(10))
    next_at: Mapped[datetime | None]
    next_step: Mapped[str | None] = mapped_column(sa.String(10))
    message_key: Mapped[str | None] = mapped_column(sa.String(80))
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    nagged_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    # Why it did not go out: too_late, too_many, no_way, not_allowed, ended.
    missed_because: Mapped[str | None] = mapped_column(sa.String(20))


class ZoneClock(Model):
    """By which rules a time zone's clock was read when its future was planned.

    ``fingerprint`` changes when an update of the zone data moves any of its moments; then every
    reminder that goes by this clock is planned anew.
    """

    __tablename__ = "zone_clocks"

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    checked_at: Mapped[datetime]
