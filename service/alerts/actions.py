"""Answering alerts.  ``raising.py`` opens them, ``escalation.py`` is what the clock does.

Handing one on is in ``handing.py``, snoozing in ``snoozing.py``, what she says herself in
``declining.py``.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Viewer, may_see_queue
from service.accounts.models import CareStatus, Patient
from service.alerts.holds import end_holds
from service.alerts.models import Alert, AlertReason, AlertState, AlertStep
from service.alerts.noting import note_attempt, note_closing
from service.alerts.queries import is_shown
from service.alerts.steps import add_step, has_another_unclosed, tell_systems, with_clocks
from service.alerts.taking import mark_reasons_seen, take
from service.clinical import Policy
from service.errors import Conflict, NotFound
from service.notify.actions import withdraw_from_staff


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


class CareEnded(Conflict):
    """She has died, or the drill is over: nobody answers for her alerts any more."""

    slug = "care-ended"
    title = "Her care has ended, or the drill is over. This alert stays closed."


class ContactNeeded(Conflict):
    """An alert about suicidal thoughts is closed by a person who has spoken with the patient."""

    slug = "contact-needed"
    title = "Record a contact with the patient first."


def acknowledge(
    session: Session, viewer: Viewer, alert_id: UUID, *, policy: Policy, now: datetime,
    reply_to_patient: str | None = None,
) -> Alert:  # fmt: skip
    """Take an alert: the viewer has seen it and answers for it.

    Of two who do so at the same moment one wins, and the other is told.  Who has it already
    changes nothing by saying so again, unless there is something new to say to the patient.

    Raises:
        NotFound: no such alert in the viewer's queues.
        AlreadyTaken: a colleague has it.
        AlertClosed: it is closed.
    """
    alert = locked(session, viewer, alert_id)
    if alert.state is AlertState.CLOSED:
        raise AlertClosed
    if alert.state is AlertState.OPEN:
        take(session, alert, viewer, now, reply=reply_to_patient)
        return with_clocks(session, alert, policy)
    if alert.assignee_id != viewer.account_id:
        raise AlreadyTaken
    if reply_to_patient and not _was_said(session, alert, reply_to_patient):
        alert.version += 1
        add_step(session, alert, "acknowledged", now, viewer, reply=reply_to_patient)
    return alert


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
    reply_to_patient: str | None = None,
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
        take(session, alert, viewer, now)
    note_attempt(
        session, alert, viewer, now, how=how, reached=reached, note=note, reply=reply_to_patient
    )
    return with_clocks(session, alert, policy)


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
    safety_plan: str | None,
    now: datetime,
) -> Alert:
    """Close an alert: what came of it, what was done, whether she was reached, what she is told.

    ``safety_plan`` is what became of hers, ``None`` where nobody said.

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
        take(session, alert, viewer, now)
    withdraw_from_staff(session, subject_id=alert.id, why="alert closed")
    note_closing(
        session, alert, viewer, now, outcome=outcome, action=action, contact_made=contact_made,
        note=note, reply=reply_to_patient, safety_plan=safety_plan,
    )  # fmt: skip
    tell_systems(session, alert, "alert.closed", now)
    return alert


def reopen(
    session: Session, viewer: Viewer, alert_id: UUID, *, policy: Policy, now: datetime
) -> Alert:
    """Open a closed alert again; the viewer has it, and what was snoozed with it is not any more.

    One that needs a named person's contact needs another one before it is closed once more.

    Raises:
        NotFound: no such alert in the viewer's queues.
        AlertNotClosed: it is not closed, or the patient has another open one in this queue.
        CareEnded: she has died, or it is of a drill that is over.
    """
    alert = locked(session, viewer, alert_id)
    if alert.state is not AlertState.CLOSED or has_another_unclosed(session, alert):
        raise AlertNotClosed
    status = people.patient_ref(session, alert.patient_id).care_status
    if status is CareStatus.DECEASED or (alert.is_drill and status.has_ended):
        raise CareEnded
    alert.state = AlertState.ACKNOWLEDGED
    alert.acknowledged_by, alert.acknowledged_at = viewer.account_id, now
    alert.assignee_id = viewer.account_id
    alert.closed_at = alert.closed_by = alert.outcome = None
    if alert.needs_named_contact and alert.has_been_contacted:
        # A round of its own: nobody has spoken with her since, and nothing was promised yet.
        alert.raised_at, alert.contact_by = now, None
    alert.version += 1
    mark_reasons_seen(session, alert, viewer, now)
    end_holds(session, alert, why="lifted", now=now)
    add_step(session, alert, "reopened", now, viewer)
    return with_clocks(session, alert, policy)


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
        .where(Alert.id == alert_id, is_shown(viewer))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if alert is None or alert.clinic_id != viewer.clinic_id:
        raise NotFound
    if not may_see_queue(viewer, alert.queue):
        raise NotFound
    return alert


def _was_said(session: Session, alert: Alert, reply: str) -> bool:
    said = session.scalars(
        sa.select(AlertStep.detail).where(
            AlertStep.alert_id == alert.id, AlertStep.at >= alert.raised_at
        )
    )
    return any(detail.get("reply") == reply for detail in said)
