"""What every change to an alert does: write a step, go back to open, close, set the clocks."""

from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Clinic, Role
from service.alerts.clocks import read_reasons, set_clocks
from service.alerts.models import Alert, AlertState, AlertStep
from service.alerts.queries import is_unclosed
from service.alerts.worktime import WorkingTime
from service.clinical import Policy
from service.notify.actions import withdraw_from_staff
from service.notify.webhooks.happenings import happened
from service.records import Keeps


class Doer(Protocol):
    """Who did something: anybody with an account, in a role."""

    @property
    def account_id(self) -> UUID:
        """Return whose account it was."""
        ...

    @property
    def role(self) -> Role:
        """Return in which role."""
        ...


class Herself(NamedTuple):
    """The patient, who did it herself."""

    account_id: UUID
    role: Role = Role.PATIENT


def working_time(clinic: Clinic) -> WorkingTime:
    """Return when a clinic is open."""
    return WorkingTime.of(clinic.time_zone, clinic.hours, clinic.holidays)


def back_to_open(alert: Alert, now: datetime) -> None:
    """Send an alert back to ``open``: whoever is on duty has to look again."""
    alert.state = AlertState.OPEN
    alert.raised_at = now
    alert.acknowledged_at = alert.acknowledged_by = None
    alert.unanswered_since = None
    alert.contact_step = 0
    alert.version += 1


def add_step(
    session: Keeps, alert: Alert, kind: str, now: datetime, by: Doer | None, **detail: Any
) -> None:
    """Write down what happened, by whom; ``by`` is ``None`` for the clock."""
    role: Role | None = by.role if by else None
    session.add(
        AlertStep(
            alert_id=alert.id, patient_id=alert.patient_id, at=now, kind=kind,
            by=by.account_id if by else None, by_role=role, detail=detail,
        )
    )  # fmt: skip


def nobody_left(session: Keeps, alert: Alert, now: datetime) -> None:
    """Note that everybody there is has been told and nobody has answered, once a round."""
    if alert.unanswered_since is None:
        alert.unanswered_since = now
        alert.version += 1
        add_step(session, alert, "nobody_left", now, None)


def close_as(session: Session, alert: Alert, outcome: str, now: datetime, by: UUID | None) -> None:
    """Close an alert: what came of it, when, by whom (``None``: it ended by itself).

    Nobody is told of it any more.
    """
    withdraw_from_staff(session, subject_id=alert.id, why="alert closed")
    mark_closed(alert, outcome, now, by)
    tell_systems(session, alert, "alert.closed", now)


def tell_systems(session: Session, alert: Alert, type: str, now: datetime) -> None:
    """Tell the clinic's own systems what happened to an alert; of a drill nobody is told."""
    if alert.is_drill:
        return
    happened(
        session, type, clinic_id=alert.clinic_id, patient_id=alert.patient_id, now=now,
        alert_id=alert.id, content={"severity": alert.severity.value, "queue": alert.queue.value},
    )  # fmt: skip


def mark_closed(alert: Alert, outcome: str, now: datetime, by: UUID | None) -> None:
    """Let an alert say that it is closed: no clock of it runs any more."""
    alert.state = AlertState.CLOSED
    alert.closed_at, alert.closed_by, alert.outcome = now, by, outcome
    alert.next_step_at = alert.due_at = alert.unanswered_since = None
    alert.version += 1


def with_clocks(session: Session, alert: Alert, policy: Policy) -> Alert:
    """Return an alert that knows which clock runs, and when somebody has to be told next."""
    session.flush()
    set_clocks(alert, read_reasons(session, [alert.id])[alert.id], policy)
    return alert


def has_another_unclosed(session: Session, alert: Alert) -> bool:
    """Tell whether the patient has an unclosed alert in this queue besides this one."""
    return bool(
        session.scalar(
            sa.select(sa.literal(1)).where(
                Alert.patient_id == alert.patient_id, Alert.queue == alert.queue,
                is_unclosed(), Alert.id != alert.id,
            ).limit(1)
        )
    )  # fmt: skip
