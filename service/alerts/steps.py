"""What every change to an alert does: write a step, go back to open, ask for the clinic's hours."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Clinic, Role
from service.alerts.models import Alert, AlertState, AlertStep
from service.alerts.worktime import WorkingTime


def working_time(clinic: Clinic) -> WorkingTime:
    """Return when a clinic is open."""
    return WorkingTime.of(clinic.time_zone, clinic.hours, clinic.holidays)


def back_to_open(alert: Alert, now: datetime) -> None:
    """Send an alert back to ``open``: whoever is on duty has to look again."""
    alert.state = AlertState.OPEN
    alert.raised_at = now
    alert.acknowledged_at = alert.acknowledged_by = None
    alert.contacted_at = None
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
