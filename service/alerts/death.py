"""What a death does to alerts, and what undoing one does that was entered by mistake."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.alerts.models import Alert, AlertState, AlertStep
from service.alerts.steps import (
    add_step,
    close_as,
    has_another_unclosed,
    nobody_left,
    with_clocks,
)  # fmt: skip
from service.alerts.telling import tell_again
from service.clinical import Policy


def close_for_death(session: Session, patient_id: UUID, *, by: Viewer, now: datetime) -> int:
    """Close whatever is open of a patient who has died; return how many that were."""
    alerts = session.scalars(
        sa.select(Alert)
        .where(Alert.patient_id == patient_id, Alert.state != AlertState.CLOSED)
        .with_for_update()
    ).all()
    for alert in alerts:
        close_as(session, alert, "deceased", now, by.account_id)
        add_step(session, alert, "closed", now, by, outcome="deceased")
    return len(alerts)


def reopen_after_error(
    session: Session, patient_id: UUID, *, by: Viewer, policy: Policy, now: datetime
) -> int:
    """Open again what was closed for a death that was entered by mistake.

    Each alert is where it stood before: unseen ones go on up the ladder, and whoever had one
    has it again and is told.
    """
    alerts = session.scalars(
        sa.select(Alert)
        .where(Alert.patient_id == patient_id, Alert.outcome == "deceased")
        .with_for_update()
    ).all()
    reopened = 0
    for alert in alerts:
        if has_another_unclosed(session, alert):
            continue
        alert.state = _state_before(session, alert)
        alert.closed_at = alert.closed_by = alert.outcome = None
        alert.version += 1
        add_step(session, alert, "reopened", now, by)
        with_clocks(session, alert, policy)
        if alert.state is AlertState.OPEN and alert.acknowledge_by and not alert.next_step_at:
            # Its ladder had run to the end: the banner stands again, and who comes is told.
            nobody_left(session, alert, now)
            with_clocks(session, alert, policy)
        tell_again(session, alert, now=now)
        reopened += 1
    return reopened


def _state_before(session: Session, alert: Alert) -> AlertState:
    """Return where an alert stood before it was closed, from what was done about it."""
    if alert.acknowledged_at is None:
        return AlertState.OPEN
    tried = session.scalar(
        sa.select(sa.literal(1)).where(
            AlertStep.alert_id == alert.id, AlertStep.kind == "contact_attempt",
            AlertStep.at >= alert.raised_at,
        ).limit(1)
    )  # fmt: skip
    return AlertState.IN_PROGRESS if tried else AlertState.ACKNOWLEDGED
