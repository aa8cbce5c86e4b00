"""The clocks of an alert, worked out of its reasons after every change."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.alerts import rules
from service.alerts.models import Alert, AlertReason, AlertState
from service.clinical import Policy

# How often it is looked whether somebody has come who was not told of what nobody has answered:
# every five minutes in the beginning, then a quarter of the time it has waited, every hour at
# least.  Source: project choice.
LOOK_AGAIN, _LOOK_AGAIN_AT_LAST = timedelta(minutes=5), timedelta(hours=1)


def read_reasons(session: Session, alert_ids: Collection[UUID]) -> dict[UUID, list[AlertReason]]:
    """Return the reasons of some alerts as they are on file now, by alert, the oldest first."""
    found: dict[UUID, list[AlertReason]] = {id: [] for id in alert_ids}
    if not found:
        return found
    rows = session.scalars(
        sa.select(AlertReason)
        .where(AlertReason.alert_id.in_(alert_ids))
        .order_by(AlertReason.added_at, AlertReason.id)
        .execution_options(populate_existing=True)
    )
    for row in rows:
        found[row.alert_id].append(row)
    return found


def set_clocks(
    alert: Alert, rows: Sequence[AlertReason], policy: Policy, *, looked_at: datetime | None = None
) -> None:
    """Note which clock runs for an alert, and when somebody has to be told next.

    ``looked_at`` is when it was last looked who is there; ``None`` if that was not done now.
    """
    alert.due_at = rules.due_at(alert, rows)
    alert.next_step_at = _next_step(alert, rows, policy, looked_at)


def contact_due(alert: Alert, rows: Sequence[AlertReason], policy: Policy) -> datetime | None:
    """Return when the next step after a missed contact is due, ``None`` if there is none.

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


def _next_step(
    alert: Alert, rows: Sequence[AlertReason], policy: Policy, looked_at: datetime | None
) -> datetime | None:
    if alert.state is AlertState.CLOSED:
        return None
    moments = [row.next_step_at for row in rows if row.next_step_at and row.acknowledged_at is None]
    contact = contact_due(alert, rows, policy)
    if contact is not None:
        moments.append(contact)
    if alert.unanswered_since is not None:
        last = looked_at or alert.unanswered_since
        pause = max(LOOK_AGAIN, (last - alert.unanswered_since) / 4)
        moments.append(last + min(pause, _LOOK_AGAIN_AT_LAST))
    return min(moments, default=None)
