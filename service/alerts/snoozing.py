"""Snoozing an alert: its reasons are known, and stay silent for a while unless they get worse."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.alerts import rules
from service.alerts.actions import AlertClosed, locked
from service.alerts.clocks import read_reasons
from service.alerts.holds import end_holds, holds_of
from service.alerts.models import Alert, AlertHold, AlertReason, AlertState
from service.alerts.steps import add_step, close_as
from service.alerts.taking import take
from service.errors import Conflict


class NotToBeSnoozed(Conflict):
    """Emergencies, what is urgent, and what a named person has to answer are never snoozed."""

    slug = "not-to-be-snoozed"
    title = "This alert cannot be snoozed: somebody has to answer it every time."


class NotSnoozed(Conflict):
    """Nothing of this alert is snoozed, or not any more."""

    slug = "not-snoozed"
    title = "This alert is not snoozed."


def snooze(
    session: Session, viewer: Viewer, alert_id: UUID, *, days: int, reason: str, now: datetime
) -> Alert:
    """Close an alert and hold back repeats of its reasons until they are worse.

    Args:
        session: inside a transaction.
        viewer: who does so; if nobody has the alert, she takes it with this.
        alert_id: of her queues.
        days: 1 to ``rules.LONGEST_SNOOZE_DAYS``.
        reason: why they need no answer for so long.
        now: when.

    Raises:
        NotFound: no such alert in the viewer's queues.
        AlertClosed: it is closed.
        NotToBeSnoozed: a reason of it never is.
    """
    alert = locked(session, viewer, alert_id)
    if alert.state is AlertState.CLOSED:
        raise AlertClosed
    rows = read_reasons(session, [alert.id])[alert.id]
    if not rules.can_be_snoozed(alert, rows):
        raise NotToBeSnoozed
    if alert.state is AlertState.OPEN:
        take(session, alert, viewer, now)
    until = now + timedelta(days=days)
    _replace_holds(session, alert, rows, now)
    session.add_all(
        AlertHold(
            clinic_id=alert.clinic_id, patient_id=alert.patient_id, alert_id=alert.id,
            queue=alert.queue, rule=row.rule, subject=row.subject, given=dict(row.given),
            severity=row.severity, priority=row.priority, reason=reason, started_at=now,
            until=until, by=viewer.account_id, by_role=viewer.role,
        )
        for row in rows
    )  # fmt: skip
    close_as(session, alert, "snoozed", now, viewer.account_id)
    add_step(session, alert, "snoozed", now, viewer, until=until.isoformat(), reason=reason)
    return alert


def lift(session: Session, viewer: Viewer, alert_id: UUID, *, now: datetime) -> Alert:
    """Hold back nothing of a snoozed alert any more; it stays closed, and the next repeat alerts.

    Raises:
        NotFound: no such alert in the viewer's queues.
        NotSnoozed: nothing of it is held back.
    """
    alert = locked(session, viewer, alert_id)
    if not end_holds(session, alert, why="lifted", now=now):
        raise NotSnoozed
    alert.version += 1
    add_step(session, alert, "snooze_lifted", now, viewer)
    return alert


def _replace_holds(
    session: Session, alert: Alert, rows: Sequence[AlertReason], now: datetime
) -> None:
    """End what held the same reasons before: a reason is held once."""
    before = holds_of(session, alert.patient_id)
    for row in rows:
        hold = before.get((alert.queue, row.rule, row.subject))
        if hold is not None:
            hold.ended_at, hold.ended_why = min(now, hold.until), "replaced"
            if hold.until <= now:
                hold.ended_why = "expired"
    session.flush()
