"""What it does to alerts that she no longer shares her record with her care team."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.alerts.models import Alert, AlertState, Severity
from service.alerts.steps import Doer, add_step, close_as


def close_unseen(session: Session, patient_id: UUID, *, by: Doer, now: datetime) -> int:
    """Close what nobody may see any more; return how many alerts that were.

    What is urgent stays, with its clocks and what staff are told of it, until a person closes it:
    somebody has been told that she may be in danger, and has to make sure.  Its history says that
    she no longer shares.
    """
    closed = 0
    for alert in session.scalars(
        sa.select(Alert)
        .where(Alert.patient_id == patient_id, Alert.state != AlertState.CLOSED)
        .order_by(Alert.id)
        .with_for_update()
    ).all():
        if alert.severity is Severity.URGENT:
            add_step(session, alert, "not_shared", now, by)
            continue
        close_as(session, alert, "not_shared", now, by.account_id)
        add_step(session, alert, "closed", now, by, outcome="not_shared")
        closed += 1
    return closed
