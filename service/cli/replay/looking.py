"""Looking behind the story: what the database holds about its hero."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.alerts.models import Alert, AlertReason, AlertState
from service.db import transaction
from service.notify.models import OutboxMessage
from service.reminders.models import ReminderOccurrence
from service.support.models import SupportRequest


@dataclass(frozen=True, slots=True)
class Hero:
    """The patient the story is about: the first who registers."""

    name: str
    patient_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True)
class AlertSeen:
    """An unclosed alert of the hero, in words."""

    queue: str
    severity: str
    state: str
    rules: tuple[str, ...]
    raised_at: datetime
    escalated_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReasonSeen:
    """A reason an alert of the hero has."""

    id: UUID
    queue: str
    severity: str
    rule: str


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """A request for a person."""

    id: UUID
    kind: str
    is_open: bool


class Looking:
    """Reads the database about one patient, each time in a transaction of its own.

    Of its own, because the calls of the story have theirs, and SQLite lets in one at a time.
    """

    def __init__(self, app: Flask, hero: Hero) -> None:
        self._app, self._hero = app, hero

    def unclosed(self) -> list[AlertSeen]:
        """Return her unclosed alerts, the one raised last first."""
        with self._app.app_context(), transaction() as session:
            alerts = session.scalars(
                sa.select(Alert)
                .where(Alert.patient_id == self._hero.patient_id, Alert.state != AlertState.CLOSED)
                .order_by(Alert.raised_at.desc(), Alert.id.desc())
            ).all()
            return [_seen(session, alert) for alert in alerts]

    def reasons(self) -> list[ReasonSeen]:
        """Return every reason of every alert she ever had."""
        with self._app.app_context(), transaction() as session:
            rows = session.execute(
                sa.select(AlertReason.id, Alert.queue, AlertReason.severity, AlertReason.rule)
                .join(Alert, Alert.id == AlertReason.alert_id)
                .where(AlertReason.patient_id == self._hero.patient_id)
            )
            return [
                ReasonSeen(row.id, row.queue.value, row.severity.value, row.rule) for row in rows
            ]

    def requests(self) -> list[RequestSeen]:
        """Return her requests for a person."""
        with self._app.app_context(), transaction() as session:
            rows = session.scalars(
                sa.select(SupportRequest).where(
                    SupportRequest.patient_id == self._hero.patient_id,
                    SupportRequest.deleted_at.is_(None),
                )
            )
            return [RequestSeen(row.id, row.kind, row.state != "closed") for row in rows]

    def pushes_sent(self) -> list[str]:
        """Return when, on the clock she goes by now, each push has reached her so far.

        As ``2026-03-08T08:00``, in that order: no mail, nothing that went to staff.
        """
        with self._app.app_context(), transaction() as session:
            zone = self._zone(session)
            sent = session.scalars(
                sa.select(OutboxMessage.sent_at)
                .where(
                    OutboxMessage.recipient_id == self._hero.account_id,
                    OutboxMessage.channel == "push",
                    OutboxMessage.to_staff.is_(False),
                    OutboxMessage.state == "sent",
                )
                .order_by(OutboxMessage.sent_at, OutboxMessage.id)
            )
            return [f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" for at in sent if at is not None]

    def last_reminder_sent(self) -> str | None:
        """Return when, on the clock she goes by now (``HH:MM``), the last reminder went out."""
        with self._app.app_context(), transaction() as session:
            zone = self._zone(session)
            sent_at = session.scalar(
                sa.select(sa.func.max(ReminderOccurrence.sent_at)).where(
                    ReminderOccurrence.patient_id == self._hero.patient_id
                )
            )
        return f"{sent_at.astimezone(zone):%H:%M}" if sent_at else None

    def _zone(self, session: Session) -> ZoneInfo:
        return ZoneInfo(session.get_one(Patient, self._hero.patient_id).time_zone)


def _seen(session: Session, alert: Alert) -> AlertSeen:
    rules = session.scalars(
        sa.select(AlertReason.rule).where(AlertReason.alert_id == alert.id).distinct()
    )
    return AlertSeen(
        alert.queue.value, alert.severity.value, alert.state.value, tuple(sorted(rules)),
        alert.raised_at, alert.escalated_at,
    )  # fmt: skip
