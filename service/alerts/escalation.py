"""What the clock does with an alert nobody has answered: it tells the next person, and the next."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.alerts import rules
from service.alerts.duty import QUEUE_NAMES, administrator_of
from service.alerts.models import Alert, AlertReason, AlertState, AlertStep, Severity
from service.alerts.rules import Reason
from service.alerts.worktime import WorkingTime
from service.clinical import Policy
from service.db import skip_locked
from service.notify.actions import tell


def tell_on_opening(
    session: Session, alert: Alert, reasons: Sequence[Reason], *, now: datetime
) -> bool:
    """Tell who is on duty for the alert's queue; tell whether there was anybody.

    Nobody on the roster is itself an urgent matter for the administrator, at once, whatever
    the severity of the alert.
    """
    duty = people.on_duty(session, alert.clinic_id, alert.queue.value, now=now)
    if duty:
        _tell(session, alert, duty[0], "opened", now)
    else:
        _nobody_on_duty(session, alert, now)
    for other in {name for reason in reasons for name in reason.also_tell}:
        for account_id in people.on_duty(session, alert.clinic_id, other, now=now)[:1]:
            _tell(session, alert, account_id, f"also.{other}", now)
    return bool(duty)


def tell_again(session: Session, alert: Alert, *, now: datetime) -> None:
    """Tell who has an alert, or who is on duty for it, that it waits once more."""
    if alert.severity is Severity.INFO:
        return
    if alert.state is not AlertState.OPEN and alert.assignee_id is not None:
        _tell(session, alert, alert.assignee_id, "again", now)
    else:
        tell_on_opening(session, alert, (), now=now)


def take_due_steps(session: Session, *, policy: Policy, now: datetime, limit: int = 100) -> int:
    """Take every step that is due for some alerts; return how many alerts had one.

    The rows are claimed for this transaction: of two schedulers each alert is another's or
    ours.  Telling is an outbox row with a key made of alert, round and step, so a step is told
    once whatever happens in between.
    """
    alerts = session.scalars(
        skip_locked(
            sa.select(Alert)
            .where(Alert.next_step_at <= now)
            .order_by(Alert.next_step_at)
            .limit(limit)
            .execution_options(populate_existing=True)
        )
    ).all()
    for alert in alerts:
        clinic = people.clinic(session, alert.clinic_id)
        working = WorkingTime.of(clinic.time_zone, clinic.hours, clinic.holidays)
        _take_steps(session, alert, working, policy, now)
        session.flush()
        alert.next_step_at = earliest_step(session, alert, policy)
    return len(alerts)


def earliest_step(session: Session, alert: Alert, policy: Policy) -> datetime | None:
    """Return when somebody has to be told next: for a reason unanswered, or a contact overdue."""
    if alert.state is AlertState.CLOSED:
        return None
    rows = _reasons(session, alert)
    moments = [row.next_step_at for row in rows if row.next_step_at and row.acknowledged_at is None]
    contact_due = _contact_due(alert, rows, policy)
    return min([*moments, *([contact_due] if contact_due else [])], default=None)


def _take_steps(
    session: Session, alert: Alert, working: WorkingTime, policy: Policy, now: datetime
) -> None:
    # One step a round for each reason: after an outage the ladder is climbed rung by rung, so
    # that everybody on it is told, in order.  Reasons that take the same step together tell
    # once: it is one alert.
    rows = _reasons(session, alert)
    told: set[str] = set()
    for row in rows:
        if row.acknowledged_at is not None or not (row.next_step_at and row.next_step_at <= now):
            continue
        ladder = policy.escalation[row.severity.value]
        step = ladder.steps[row.next_step]
        if step.tell not in told:
            _climb(session, alert, step.tell, f"{row.rule}.{row.next_step}", now)
        told.add(step.tell)
        row.next_step += 1
        assert row.acknowledge_by is not None  # noqa: S101 - a reason with steps has a clock
        row.next_step_at = rules.step_due(
            ladder, row.next_step, row.clock_started_at, row.acknowledge_by, working
        )
    contact_due = _contact_due(alert, rows, policy)
    if contact_due is not None and contact_due <= now:
        step = policy.contact_overdue[alert.contact_step]
        alert.contact_step += 1
        _climb(session, alert, step.tell, f"contact.{alert.contact_step}", now)


def _reasons(session: Session, alert: Alert) -> Sequence[AlertReason]:
    return session.scalars(
        sa.select(AlertReason)
        .where(AlertReason.alert_id == alert.id)
        .order_by(AlertReason.added_at, AlertReason.id)
        .execution_options(populate_existing=True)
    ).all()


def _contact_due(alert: Alert, rows: Sequence[AlertReason], policy: Policy) -> datetime | None:
    """Return when the next step after a missed contact is due.

    Only an alert somebody has taken waits for a contact; until then the ladder of
    acknowledgement runs.  It goes on waiting when a new reason sends the alert back to
    ``open``: what was promised for the first is not put off by the second.
    """
    first = rules.next_contact(rows, alert.contacted_at)
    if first is None or alert.assignee_id is None or alert.state is AlertState.CLOSED:
        return None
    if alert.contact_step >= len(policy.contact_overdue):
        return None
    share = policy.contact_overdue[alert.contact_step].share
    due = rules.contact_by(first)
    return due + (due - first.clock_started_at) * (share - 1)


def _climb(session: Session, alert: Alert, whom: str, key: str, now: datetime) -> None:
    duty = people.on_duty(session, alert.clinic_id, alert.queue.value, now=now)
    if whom == "same_person" and duty:
        _tell(session, alert, duty[0], f"remind.{key}", now)
        _step(session, alert, "reminded", duty[0], now)
    elif whom == "assignee" and alert.assignee_id:
        _tell(session, alert, alert.assignee_id, f"overdue.{key}", now)
        _step(session, alert, "contact_overdue", alert.assignee_id, now)
    elif whom == "next_on_roster" and len(duty) > 1:
        _escalate(session, alert, key, duty[1], now)
    elif whom == "administrator":
        _escalate(session, alert, key, administrator_of(session, alert.clinic_id, now=now), now)
    else:
        _escalate(session, alert, key, _above(session, alert, now), now)


def _nobody_on_duty(session: Session, alert: Alert, now: datetime) -> None:
    administrator = administrator_of(session, alert.clinic_id, now=now)
    _note_escalation(session, alert, administrator, now)
    if administrator is not None:
        title = f"Urgent: nobody is on duty for {QUEUE_NAMES[alert.queue]}, and an alert waits."
        _tell(session, alert, administrator, "nobody_on_duty", now, title=title)


def _escalate(
    session: Session, alert: Alert, key: str, account_id: UUID | None, now: datetime
) -> None:
    _note_escalation(session, alert, account_id, now)
    if account_id is not None:
        _tell(session, alert, account_id, f"escalate.{key}", now)


def _note_escalation(
    session: Session, alert: Alert, account_id: UUID | None, now: datetime
) -> None:
    alert.escalated_at = now
    alert.escalated_to = account_id
    alert.version += 1
    _step(session, alert, "escalated", account_id, now)


def _above(session: Session, alert: Alert, now: datetime) -> UUID | None:
    supervisors = people.on_duty(session, alert.clinic_id, "supervisor", now=now)
    return supervisors[0] if supervisors else administrator_of(session, alert.clinic_id, now=now)


def _tell(
    session: Session, alert: Alert, account_id: UUID, key: str, now: datetime,
    *, title: str | None = None,
) -> None:  # fmt: skip
    urgent = alert.severity is Severity.URGENT
    waiting = "An urgent alert" if urgent else "An alert"
    tell(
        session,
        recipient_id=account_id,
        patient_id=alert.patient_id,
        to_staff=True,
        kind="alert",
        subject_id=alert.id,
        title=title or f"{waiting} is waiting in {QUEUE_NAMES[alert.queue]}.",
        body={"severity": alert.severity.value, "queue": alert.queue.value},
        collapse_key=f"{alert.id.hex}.{alert.version}.{key}"[:80],
        now=now,
    )


def _step(session: Session, alert: Alert, kind: str, to: UUID | None, now: datetime) -> None:
    session.add(
        AlertStep(
            alert_id=alert.id, patient_id=alert.patient_id, at=now, kind=kind, by=None,
            by_role=None, detail={"to": str(to) if to else None},
        )
    )  # fmt: skip
