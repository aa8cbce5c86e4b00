"""Answering: what a person of the care team does about an alert, and what follows from it.

The panel's summary is kept, and she hears back: a push, without a clinical word, that there is
something to read.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Viewer
from service.alerts import actions as alerts
from service.alerts.models import Alert
from service.clinical import knowledge
from service.notify.actions import tell
from service.panel import actions as panel


def acknowledge(session: Session, viewer: Viewer, alert_id: UUID, *, now: datetime) -> Alert:
    """Take an alert; see ``alerts.actions.acknowledge``."""
    return alerts.acknowledge(session, viewer, alert_id, policy=knowledge().policy, now=now)


def record_contact(
    session: Session, viewer: Viewer, alert_id: UUID, *, now: datetime, **attempt: Any
) -> Alert:
    """Note an attempt to reach her; see ``alerts.actions.record_contact``."""
    return alerts.record_contact(
        session, viewer, alert_id, policy=knowledge().policy, now=now, **attempt
    )


def assign(
    session: Session, viewer: Viewer, alert_id: UUID, *, assignee_id: UUID, now: datetime
) -> Alert:
    """Hand an alert to a colleague, who is told; see ``alerts.actions.assign``."""
    alert = alerts.assign(
        session, viewer, alert_id, assignee_id=assignee_id, policy=knowledge().policy, now=now
    )
    tell(
        session, recipient_id=assignee_id, patient_id=alert.patient_id, to_staff=True,
        kind="alert", subject_id=alert.id, title="A colleague has handed you an alert.",
        body={"severity": alert.severity.value, "queue": alert.queue.value},
        collapse_key=f"{alert.id.hex}.{alert.version}.assigned", now=now,
    )  # fmt: skip
    return alert


def close(
    session: Session, viewer: Viewer, alert_id: UUID, *, now: datetime, **closing: Any
) -> Alert:
    """Close an alert; see ``alerts.actions.close``.  A reply reaches her phone."""
    alert = alerts.close(session, viewer, alert_id, now=now, **closing)
    panel.note_alerts(session, alert.patient_id, now=now)
    if alert.reply_to_patient:
        _say_there_is_a_reply(session, alert, now)
    return alert


def reopen(session: Session, viewer: Viewer, alert_id: UUID, *, now: datetime) -> Alert:
    """Open a closed alert again; see ``alerts.actions.reopen``."""
    alert = alerts.reopen(session, viewer, alert_id, policy=knowledge().policy, now=now)
    panel.note_alerts(session, alert.patient_id, now=now)
    return alert


def _say_there_is_a_reply(session: Session, alert: Alert, now: datetime) -> None:
    patient = people.patient_ref(session, alert.patient_id)
    if patient.account_id is None:
        return
    tell(
        session, recipient_id=patient.account_id, patient_id=patient.id, to_staff=False,
        kind="reply", subject_id=alert.id, title="You have a message from your care team.",
        body={}, collapse_key=f"{alert.id.hex}.{alert.version}.reply", now=now,
    )  # fmt: skip
