"""After a clock that was ahead has been put right: alerts wait for no day that has not come."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.alerts import rules
from service.alerts.clocks import read_reasons, set_clocks
from service.alerts.models import Alert, AlertReason
from service.alerts.queries import is_unclosed
from service.alerts.steps import working_time
from service.alerts.worktime import WorkingTime
from service.clinical import Policy
from service.db import skip_locked


def put_alerts_right(session: Session, *, policy: Policy, now: datetime, limit: int) -> int:
    """Let clocks that began, by the wrong clock, on a later day begin now; return of how many.

    What was told early stays told, and is told to nobody again.  A clock that has begun later
    keeps its length; one that began before is right as it is.
    """
    alerts = session.scalars(
        skip_locked(
            sa.select(Alert)
            .where(is_unclosed(), sa.or_(Alert.raised_at > now, Alert.unanswered_since > now))
            .order_by(Alert.id)
            .limit(limit)
            .execution_options(populate_existing=True)
        )
    ).all()
    reasons = read_reasons(session, [alert.id for alert in alerts])
    for alert in alerts:
        working = working_time(people.clinic(session, alert.clinic_id))
        for row in reasons[alert.id]:
            if row.clock_started_at > now:
                _begin_now(row, policy, working, now)
        alert.opened_at, alert.raised_at = min(alert.opened_at, now), min(alert.raised_at, now)
        if alert.unanswered_since is not None:
            alert.unanswered_since = min(alert.unanswered_since, now)
        set_clocks(alert, reasons[alert.id], policy)
    return len(alerts)


def _begin_now(row: AlertReason, policy: Policy, working: WorkingTime, now: datetime) -> None:
    ahead = row.clock_started_at - now
    row.clock_started_at = now
    row.acknowledge_by = row.acknowledge_by and row.acknowledge_by - ahead
    row.contact_by = row.contact_by and row.contact_by - ahead
    if row.next_step_at is not None and row.acknowledge_by is not None:
        row.next_step_at = rules.step_due(
            policy.escalation[row.severity.value], row.next_step, now, row.acknowledge_by, working
        )
