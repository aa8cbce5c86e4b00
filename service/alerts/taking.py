"""Taking an alert: from now on somebody answers for it, and nobody else has to be told."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.alerts.models import Alert, AlertReason
from service.alerts.noting import note_taken
from service.alerts.steps import add_step, tell_systems
from service.alerts.telling import tell_who_has_it
from service.notify.actions import withdraw_from_staff


def take(
    session: Session, alert: Alert, viewer: Viewer, now: datetime, *, reply: str | None = None
) -> None:
    """Give an open alert to the viewer, who has seen it; whoever had it before is told."""
    mark_reasons_seen(session, alert, viewer, now)
    withdraw_from_staff(session, subject_id=alert.id, why="alert taken")
    if alert.assignee_id not in (None, viewer.account_id):
        take_over(session, alert, viewer, now)
    note_taken(session, alert, viewer, now, reply=reply)
    tell_systems(session, alert, "alert.acknowledged", now)


def take_over(session: Session, alert: Alert, viewer: Viewer, now: datetime, **to: str) -> None:
    """Write down that an alert leaves the colleague who has it, and tell that one.

    Args:
        session: any.
        alert: a colleague's, not the viewer's.
        viewer: who does so.
        now: when.
        to: who has it from now on, if it is not the viewer.
    """
    former = alert.assignee_id
    assert former is not None  # noqa: S101 - the caller has looked
    alert.version += 1
    add_step(session, alert, "taken_over", now, viewer, **{"from": str(former), **to})
    title = "A colleague has taken over an alert you had."
    tell_who_has_it(session, alert, former, title, now=now)


def mark_reasons_seen(session: Session, alert: Alert, viewer: Viewer, now: datetime) -> None:
    """Note of every reason nobody had seen that the viewer has: nobody is told of it any more."""
    session.execute(
        sa.update(AlertReason)
        .where(AlertReason.alert_id == alert.id, AlertReason.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=viewer.account_id, next_step_at=None)
    )
