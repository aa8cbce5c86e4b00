"""Answering alerts.  ``raising.py`` opens them, ``escalation.py`` is what the clock does."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Viewer, may_see_queue
from service.accounts.models import Patient
from service.alerts.models import Alert, AlertReason, AlertState, AlertStep
from service.alerts.steps import add_step, close_as, has_another_unclosed, with_next_step
from service.clinical import Policy
from service.errors import Conflict, NotFound


class AlreadyTaken(Conflict):
    """Somebody else was first."""

    slug = "already-acknowledged"
    title = "A colleague has taken this alert."


class AlertClosed(Conflict):
    """The alert is closed; reopening it comes first."""

    slug = "alert-closed"
    title = "This alert is closed."


class AlertNotClosed(Conflict):
    """There is an unclosed alert of this patient in this queue already."""

    slug = "alert-not-closed"
    title = "This patient has an open alert in this queue."


class ContactNeeded(Conflict):
    """An alert about suicidal thoughts is closed by a person who has spoken with the patient."""

    slug = "contact-needed"
    title = "Record a contact with the patient first."


def acknowledge(
    session: Session, viewer: Viewer, alert_id: UUID, *, policy: Policy, now: datetime
) -> Alert:
    """Take an alert: the viewer has seen it and answers for it.

    Of two who do so at the same moment one wins, and the other is told.

    Raises:
        NotFound: no such alert in the viewer's queues.
        AlreadyTaken: a colleague has it.
        AlertClosed: it is closed.
    """
    alert = locked(session, viewer, alert_id)
    if alert.state is AlertState.CLOSED:
        raise AlertClosed
    if alert.state is not AlertState.OPEN:
        if alert.acknowledged_by != viewer.account_id:
            raise AlreadyTaken
        return alert
    _acknowledge(session, alert, viewer, now)
    return with_next_step(session, alert, policy)


def assign(
    session: Session, viewer: Viewer, alert_id: UUID, *, assignee_id: UUID, policy: Policy,
    now: datetime,
) -> Alert:  # fmt: skip
    """Hand an alert to a colleague of the clinic who works on its queue.

    Raises:
        NotFound: no such alert, or no such colleague.
        AlertClosed: it is closed.
    """
    alert = locked(session, viewer, alert_id)
    if alert.state is AlertState.CLOSED:
        raise AlertClosed
    if not people.works_on(session, assignee_id, alert.clinic_id, alert.queue):
        raise NotFound
    alert.assignee_id = assignee_id
    alert.version += 1
    add_step(session, alert, "assigned", now, viewer, to=str(assignee_id))
    return with_next_step(session, alert, policy)


def record_contact(
    session: Session,
    viewer: Viewer,
    alert_id: UUID,
    *,
    how: str,
    reached: bool,
    note: str | None,
    policy: Policy,
    now: datetime,
) -> Alert:
    """Note that somebody tried to reach the patient; the first attempt starts the work.

    Raises:
        NotFound: no such alert in the viewer's queues.
        AlertClosed: it is closed.
    """
    alert = locked(session, viewer, alert_id)
    if alert.state is AlertState.CLOSED:
        raise AlertClosed
    if alert.state is AlertState.OPEN:
        _acknowledge(session, alert, viewer, now)
    alert.state = AlertState.IN_PROGRESS
    if reached:
        alert.contacted_at = now
    alert.version += 1
    add_step(session, alert, "contact_attempt", now, viewer, how=how, reached=reached, note=note)
    return with_next_step(session, alert, policy)


def close(
    session: Session,
    viewer: Viewer,
    alert_id: UUID,
    *,
    outcome: str,
    action: str,
    contact_made: bool,
    note: str | None,
    reply_to_patient: str | None,
    now: datetime,
) -> Alert:
    """Close an alert: what came of it, what was done, whether she was reached, what she is told.

    Raises:
        NotFound: no such alert in the viewer's queues.
        AlertClosed: it is closed already.
        ContactNeeded: it needs a named person's recorded contact, and there is none.
    """
    alert = locked(session, viewer, alert_id)
    if alert.state is AlertState.CLOSED:
        raise AlertClosed
    if alert.needs_named_contact and not (contact_made and alert.has_been_contacted):
        raise ContactNeeded
    if alert.state is AlertState.OPEN:
        _acknowledge(session, alert, viewer, now)
    close_as(alert, outcome, now, viewer.account_id)
    alert.action = action
    alert.contact_made = contact_made
    alert.note = note
    alert.reply_to_patient = reply_to_patient
    add_step(session, alert, "closed", now, viewer, outcome=outcome, action=action,
          contact_made=contact_made, reply=reply_to_patient)  # fmt: skip
    return alert


def reopen(
    session: Session, viewer: Viewer, alert_id: UUID, *, policy: Policy, now: datetime
) -> Alert:
    """Open a closed alert again; the viewer has it.

    Raises:
        NotFound: no such alert in the viewer's queues.
        AlertNotClosed: it is not closed, or the patient has another open one in this queue.
    """
    alert = locked(session, viewer, alert_id)
    if alert.state is not AlertState.CLOSED or has_another_unclosed(session, alert):
        raise AlertNotClosed
    alert.state = AlertState.ACKNOWLEDGED
    alert.acknowledged_by, alert.acknowledged_at = viewer.account_id, now
    alert.assignee_id = viewer.account_id
    alert.closed_at = alert.closed_by = alert.outcome = None
    alert.version += 1
    add_step(session, alert, "reopened", now, viewer)
    return with_next_step(session, alert, policy)


def note_on_alerts_of(
    session: Session, patient_id: UUID, record_id: UUID, kind: str, *, by: Viewer, now: datetime
) -> None:
    """Add a step to the unclosed alerts that rest on a record: it was corrected or deleted.

    The alert stays as it is: what she once reported is never lowered by taking it back.
    """
    rows = session.execute(
        sa.select(AlertReason.alert_id, AlertReason.records)
        .join(Alert, Alert.id == AlertReason.alert_id)
        .where(AlertReason.patient_id == patient_id, Alert.state != AlertState.CLOSED)
    )
    touched = {
        alert_id
        for alert_id, records in rows
        if any(record["id"] == str(record_id) for record in records)
    }
    for alert_id in touched:
        session.add(
            AlertStep(
                alert_id=alert_id, patient_id=patient_id, at=now, kind=kind,
                by=by.account_id, by_role=by.role, detail={"record": str(record_id)},
            )
        )  # fmt: skip


def locked(session: Session, viewer: Viewer, alert_id: UUID) -> Alert:
    """Return an alert of the viewer's queues, for this transaction alone to change.

    Raises:
        NotFound: no such alert, another clinic's, or in a queue she does not work on.
    """
    # Her row first, as every writer of hers does: who reports while somebody closes waits, and
    # neither takes what the other needs next.
    session.execute(
        sa.select(Patient.id)
        .join(Alert, Alert.patient_id == Patient.id)
        .where(Alert.id == alert_id)
        .with_for_update(of=Patient, key_share=True)
    )
    alert = session.scalars(
        sa.select(Alert)
        .where(Alert.id == alert_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if alert is None or alert.clinic_id != viewer.clinic_id:
        raise NotFound
    if not may_see_queue(viewer, alert.queue):
        raise NotFound
    return alert


def _acknowledge(session: Session, alert: Alert, viewer: Viewer, now: datetime) -> None:
    alert.state = AlertState.ACKNOWLEDGED
    alert.acknowledged_at, alert.acknowledged_by = now, viewer.account_id
    alert.assignee_id = viewer.account_id
    alert.version += 1
    session.execute(
        sa.update(AlertReason)
        .where(AlertReason.alert_id == alert.id, AlertReason.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=viewer.account_id, next_step_at=None)
    )
    add_step(session, alert, "acknowledged", now, viewer)
