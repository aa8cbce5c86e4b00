"""What can be done about consents: give and refuse, each time to a text that was shown.

What follows for her care team is done above (``care/sharing.py``).
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.consent_models import Consent
from service.accounts.consent_queries import in_force
from service.accounts.consent_texts import CARE_TEAM, text_for
from service.accounts.models import Patient
from service.accounts.patient_ref import PatientRef
from service.errors import Conflict
from service.records import Change


class ConsentTextChanged(Conflict):
    """The answer is to another version of the text than the one that is asked now."""

    slug = "consent-text-changed"
    title = "The text has changed. Please read it again."


def answer(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    purpose: str,
    given: bool,
    text_version: int,
) -> None:
    """Enter what a patient says to a purpose; it holds as soon as this is committed.

    What she said before is kept.  The same again changes nothing.

    Raises:
        ConsentUnknown: there is no such purpose.
        ConsentTextChanged: she has read another version of the text.
    """
    text = text_for(purpose, patient.locale)
    if text_version != text.version:
        raise ConsentTextChanged(extra={"text_version": text.version})
    before = in_force(session, patient.id, purpose)
    if before is not None:
        if (before.given, before.text_version) == (given, text_version):
            return
        session.execute(
            sa.update(Consent).where(Consent.id == before.id).values(superseded_at=change.now)
        )
    session.add(
        Consent(
            patient_id=patient.id, purpose=purpose, given=given, text_version=text_version,
            text_sha256=text.sha256, locale=text.language, at=change.now, by=change.by,
        )
    )  # fmt: skip
    if purpose == CARE_TEAM:
        session.execute(sa.update(Patient).where(Patient.id == patient.id).values(is_shared=given))
    session.flush()
