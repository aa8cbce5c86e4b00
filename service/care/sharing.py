"""What follows when she says who may see her record: at once, in the same transaction.

From then on every look of her care team is refused (``accounts.access.check_relation``) and no
list shows her (``accounts.sharing.seen_by_team``).  What waits for the team is closed, so that
nobody is told of what nobody may read.
"""

from sqlalchemy.orm import Session

from service.accounts import consent_actions
from service.accounts.consent_texts import CARE_TEAM
from service.accounts.patient_ref import PatientRef
from service.alerts import unsharing
from service.alerts.steps import Doer
from service.notify.webhooks.event_types import CONSENT_WITHDRAWN
from service.notify.webhooks.happenings import happened
from service.panel import actions as panel
from service.records import Change
from service.support import closing


def answer_consent(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    by: Doer,
    purpose: str,
    given: bool,
    text_version: int,
) -> None:
    """Enter what she says to a purpose, and do what follows from it.

    Who shares again is seen with everything, also what she wrote meanwhile; what was closed stays
    closed, and no alert is raised for what was reported while nobody saw it.

    Raises:
        ConsentUnknown: there is no such purpose.
        ConsentTextChanged: she has read another version of the text.
    """
    consent_actions.answer(
        session, patient, change=change, purpose=purpose, given=given, text_version=text_version
    )
    if not given:
        happened(
            session, CONSENT_WITHDRAWN, clinic_id=patient.clinic_id, patient_id=patient.id,
            now=change.now, purpose=purpose,
        )  # fmt: skip
    if purpose != CARE_TEAM or given is patient.is_shared:
        return
    panel.note_sharing(session, patient.id, is_shared=given)
    if not given:
        unsharing.close_unseen(session, patient.id, by=by, now=change.now)
        closing.close_for_her(session, patient.id, by=by, now=change.now)
        panel.note_alerts(session, patient.id, now=change.now)
