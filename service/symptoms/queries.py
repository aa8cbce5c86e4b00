"""What can be asked of the symptom diary."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.symptoms.models import Measurement, SymptomReport

REPORT = SymptomReport.__table__.c
# As plain columns: a list of reports goes out without an object being built for each.
REPORT_COLUMNS = (
    REPORT.id, REPORT.reported_at, REPORT.received_at, REPORT.answers,
    REPORT.grading_version, REPORT.temperature_c, REPORT.stools_over_baseline,
    REPORT.glucose_mg_dl, REPORT.red_flags, REPORT.body_sites, REPORT.note,
    REPORT.reported_by, REPORT.corrects, REPORT.corrected_by, REPORT.version, REPORT.at,
)  # fmt: skip


def reports_of(patient_id: UUID) -> sa.Select[Any]:
    """Select a patient's reports, taken-back ones left out."""
    return sa.select(*REPORT_COLUMNS).where(
        REPORT.patient_id == patient_id, REPORT.deleted_at.is_(None)
    )


def report(session: Session, patient_id: UUID, id: UUID) -> Any:
    """Return one report of a patient's, as a row.

    Raises:
        NotFound: no such report of hers.
    """
    row = session.execute(reports_of(patient_id).where(REPORT.id == id)).one_or_none()
    if row is None:
        raise NotFound
    return row


def reports_between(
    session: Session, patient_id: UUID, *, since: datetime, until: datetime, most: int = 400
) -> Sequence[Any]:
    """Return the reports of a span, oldest first, the newest ``most`` of them."""
    rows = session.execute(
        reports_of(patient_id)
        .where(REPORT.at >= since, REPORT.at <= until, REPORT.corrected_by.is_(None))
        .order_by(REPORT.at.desc(), REPORT.id.desc())
        .limit(most)
    ).all()
    return rows[::-1]


def measurements_of(patient_id: UUID) -> sa.Select[tuple[Measurement]]:
    """Select a patient's measurements."""
    return sa.select(Measurement).where(
        Measurement.patient_id == patient_id, Measurement.deleted_at.is_(None)
    )
