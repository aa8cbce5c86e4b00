"""What answering writes into an alert and its steps.  No statement is made here."""

from datetime import datetime

from service.alerts.models import Alert, AlertState
from service.alerts.steps import Doer, add_step, mark_closed
from service.records import Keeps


def note_taken(
    session: Keeps, alert: Alert, by: Doer, now: datetime, *, reply: str | None = None
) -> None:
    """Let somebody who has seen an alert have it."""
    alert.state = AlertState.ACKNOWLEDGED
    alert.acknowledged_at, alert.acknowledged_by = now, by.account_id
    alert.unanswered_since = None
    alert.assignee_id = by.account_id
    alert.version += 1
    add_step(session, alert, "acknowledged", now, by, reply=reply)


def note_attempt(
    session: Keeps, alert: Alert, by: Doer, now: datetime, *, how: str, reached: bool,
    note: str | None, reply: str | None,
) -> None:  # fmt: skip
    """Note of an alert somebody has that she tried to reach the patient."""
    alert.state = AlertState.IN_PROGRESS
    if reached:
        alert.contacted_at = now
    alert.version += 1
    add_step(session, alert, "contact_attempt", now, by, how=how, reached=reached, note=note,
          reply=reply)  # fmt: skip


def note_closing(
    session: Keeps, alert: Alert, by: Doer, now: datetime, *, outcome: str, action: str,
    contact_made: bool, note: str | None, reply: str | None, safety_plan: str | None,
) -> None:  # fmt: skip
    """Close an alert somebody has, and note what came of it."""
    mark_closed(alert, outcome, now, by.account_id)
    alert.action = action
    alert.contact_made = contact_made
    alert.note = note
    alert.reply_to_patient, alert.safety_plan = reply, safety_plan
    add_step(session, alert, "closed", now, by, outcome=outcome, action=action,
          contact_made=contact_made, reply=reply, safety_plan=safety_plan)  # fmt: skip
