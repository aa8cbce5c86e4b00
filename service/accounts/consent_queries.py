"""What can be asked of consents: what a patient has said to each purpose, and before."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.consent_models import Consent
from service.accounts.consent_texts import CARE_TEAM, purposes, text_for
from service.accounts.patient_ref import PatientRef
from service.accounts.sharing import BEFORE_ANSWERING

# Of one purpose; whoever changed her mind oftener finds the newest.
HISTORY_AT_MOST = 50


def in_force(session: Session, patient_id: UUID, purpose: str) -> Consent | None:
    """Return what a patient has said to a purpose, ``None`` before she has said anything."""
    return session.scalar(
        sa.select(Consent).where(
            Consent.patient_id == patient_id,
            Consent.purpose == purpose,
            Consent.superseded_at.is_(None),
        )
    )


def consents_of(session: Session, patient: PatientRef) -> list[dict[str, Any]]:
    """Return each purpose with its text and what the patient has said to it."""
    said = session.scalars(
        sa.select(Consent).where(Consent.patient_id == patient.id, Consent.superseded_at.is_(None))
    ).all()
    by_purpose = {one.purpose: one for one in said}
    return [_shown(patient, purpose, by_purpose.get(purpose)) for purpose in purposes()]


def consent_of(session: Session, patient: PatientRef, purpose: str) -> dict[str, Any]:
    """Return one purpose with its text and all the patient has said to it, newest first.

    Raises:
        ConsentUnknown: there is no such purpose.
    """
    text_for(purpose, patient.locale)
    history: Sequence[Consent] = session.scalars(
        sa.select(Consent)
        .where(Consent.patient_id == patient.id, Consent.purpose == purpose)
        .order_by(Consent.at.desc(), Consent.id.desc())
        .limit(HISTORY_AT_MOST)
    ).all()
    current = next((one for one in history if one.superseded_at is None), None)
    return {**_shown(patient, purpose, current), "history": history}


def _shown(patient: PatientRef, purpose: str, said: Consent | None) -> dict[str, Any]:
    # Of the care team, what she has said is not all: without an answer it depends on how she came.
    unsaid = patient.is_shared if purpose == CARE_TEAM else BEFORE_ANSWERING[purpose]
    return {
        "purpose": purpose,
        "given": said.given if said else unsaid,
        "answered_at": said.at if said else None,
        "answered_version": said.text_version if said else None,
        "text": text_for(purpose, patient.locale),
    }
