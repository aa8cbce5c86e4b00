"""A patient's row on the panel: opened when she joins, and the name it is found by."""

from datetime import datetime
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.db import insert_if_new
from service.panel.models import PatientSummary

_ROWS = cast(sa.Table, PatientSummary.__table__)


def name_key(display_name: str) -> str:
    """Return how a name is sorted and searched: without regard to case, as long as a column."""
    return display_name.casefold()[:200]


def enter(session: Session, patient: Patient, *, now: datetime) -> None:
    """Open a patient's row on the panel of her clinic."""
    values = {
        "patient_id": patient.id,
        "clinic_id": patient.clinic_id,
        "name_key": name_key(patient.display_name),
        "updated_at": now,
    }
    insert_if_new(session, _ROWS, values, conflict_on="patient_id")


def rename(session: Session, patient_id: UUID, display_name: str) -> None:
    """Let a patient's row be found by her new name."""
    session.execute(
        sa.update(_ROWS)
        .where(_ROWS.c.patient_id == patient_id)
        .values(name_key=name_key(display_name))
    )
