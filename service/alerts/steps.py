"""What every change to an alert does: write a step, go back to open, ask for the clinic's hours."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Clinic, Role
from service.alerts.escalation import earliest_step
from service.alerts.models import Alert, AlertState, AlertStep
from service.alerts.worktime import WorkingTime
from service.clinical import Policy


def working_time(clinic: Clinic) -> WorkingTime:
    """Return when a clinic is open."""
    return WorkingTime.of(clinic.time_zone, clinic.hours, clinic.holidays)


def back_to_open(alert: Alert, now: datetime) -> None:
    """Send an alert back to ``open``: whoever is on duty has to look again."""
    alert.state = AlertState.OPEN
    alert.raised_at = now
    alert.acknowledged_at = alert.acknowledged_by = None
    alert.contact_step = 0
    alert.version += 1


def add_step(
    session: Session, alert: Alert, kind: str, now: datetime, by: Viewer | None, **detail: Any
) -> None:
    """Write down what happened, by whom; ``by`` is ``None`` for the clock."""
    role: Role | None = by.role if by else None
    session.add(
        AlertStep(
            alert_id=alert.id, patient_id=alert.patient_id, at=now, kind=kind,
            by=by.account_id if by else None, by_role=role, detail=detail,
        )
    )  # fmt: skip


def close_as(alert: Alert, outcome: str, now: datetime, by: UUID) -> None:
    """Close an alert: what came of it, when, by whom."""
    alert.state = AlertState.CLOSED
    alert.closed_at, alert.closed_by, alert.outcome = now, by, outcome
    alert.next_step_at = None
    alert.version += 1


def with_next_step(session: Session, alert: Alert, policy: Policy) -> Alert:
    """Return an alert that knows when somebody has to be told next."""
    session.flush()
    alert.next_step_at = earliest_step(session, alert, policy)
    return alert


def has_another_unclosed(session: Session, alert: Alert) -> bool:
    """Tell whether the patient has an unclosed alert in this queue besides this one."""
    return bool(
        session.scalar(
            sa.select(sa.literal(1)).where(
                Alert.patient_id == alert.patient_id, Alert.queue == alert.queue,
                Alert.state != AlertState.CLOSED, Alert.id != alert.id,
            ).limit(1)
        )
    )  # fmt: skip
