"""What a patient can say of an alert about herself: that she needs nobody."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.alerts import rules
from service.alerts.actions import AlertClosed
from service.alerts.clocks import read_reasons
from service.alerts.models import Alert, AlertState
from service.alerts.steps import Herself, add_step, close_as
from service.alerts.telling import tell_who_has_it
from service.errors import Conflict, NotFound
from service.records import Change


class NotHersToDecline(Conflict):
    """A rule of this alert wants a person to look, whatever she says."""

    slug = "not-to-be-declined"
    title = "Somebody from your care team has to look at this."


def decline(
    session: Session, patient: PatientRef, alert_id: UUID, *, change: Change, reason: str | None
) -> Alert:
    """Close an alert because the patient says she needs nobody; who has it is told.

    Args:
        session: inside a transaction that holds her lock.
        patient: who says so, of herself.
        alert_id: of hers.
        change: by whom, when.
        reason: in her own words; ``None`` for none given.

    Raises:
        NotFound: no such alert of hers.
        AlertClosed: it is closed.
        NotHersToDecline: it is urgent, or one of its rules does not leave it to her.
    """
    alert = session.scalars(
        sa.select(Alert)
        .where(Alert.id == alert_id, Alert.patient_id == patient.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if alert is None:
        raise NotFound
    if alert.state is AlertState.CLOSED:
        raise AlertClosed
    if not rules.can_be_declined(alert, read_reasons(session, [alert.id])[alert.id]):
        raise NotHersToDecline
    close_as(session, alert, "declined", change.now, change.by)
    add_step(session, alert, "declined", change.now, Herself(change.by), reason=reason)
    if alert.assignee_id is not None:
        title = "The patient has closed an alert you had: she needs nobody."
        tell_who_has_it(session, alert, alert.assignee_id, title, now=change.now)
    return alert
