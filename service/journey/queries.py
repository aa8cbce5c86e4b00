"""What can be asked of the journey."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.journey.models import Diagnosis


def current_diagnosis(session: Session, patient_id: UUID) -> Diagnosis | None:
    """Return the diagnosis that holds now; ``None`` if none was ever given."""
    return session.scalars(
        sa.select(Diagnosis)
        .where(Diagnosis.patient_id == patient_id)
        .order_by(Diagnosis.change_no.desc())
        .limit(1)
    ).one_or_none()


def is_metastatic(diagnosis: Diagnosis) -> bool:
    """Tell whether the disease has spread: sites known, distant recurrence, or stage IV."""
    return bool(
        diagnosis.metastatic_sites
        or diagnosis.recurrence == "distant"
        or diagnosis.stage_iv_at_diagnosis
    )


def diagnoses_of(session: Session, patient_id: UUID, *, most: int = 100) -> Sequence[Diagnosis]:
    """Return what was known of the disease, newest first."""
    return session.scalars(
        sa.select(Diagnosis)
        .where(Diagnosis.patient_id == patient_id)
        .order_by(Diagnosis.change_no.desc())
        .limit(most)
    ).all()
