"""Keeping the summary row: in the transaction that changes what it sums up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef
from service.alerts.models import Alert, AlertState, Severity
from service.hot import LateWrite
from service.panel import rules
from service.panel.models import PatientSummary
from service.symptoms.models import SymptomReport
from service.wellbeing.models import WellbeingCheck

_SUMMARY = PatientSummary.__table__.c
_REPORT = SymptomReport.__table__.c
# She is looked after weekly: that is how often a silence may become one.
SILENCE_CHECK = timedelta(days=7)


def open_summary(
    session: Session, *, patient_id: UUID, clinic_id: UUID, name: str, now: datetime
) -> None:
    """Give a new patient her row."""
    session.add(
        PatientSummary(
            patient_id=patient_id,
            clinic_id=clinic_id,
            name_key=name_key(name),
            updated_at=now,
            silence_check_at=now + SILENCE_CHECK,
        )
    )


def note_report(
    session: Session, patient: PatientRef, *, answers: Sequence[Any], at: datetime, now: datetime
) -> None:
    """Note her latest symptom report; an older one that comes late changes nothing."""
    worst = rules.worst_of(list(answers))
    _NOTE_REPORT.add(
        session,
        {
            "of_patient": patient.id, "reported": at, "worst": worst, "noted": now,
            "grade": rules.worst_grade(worst),
        },
    )  # fmt: skip


def note_reports_anew(session: Session, patient: PatientRef, *, now: datetime) -> None:
    """Note her latest report that still holds: one has been taken back, or corrected."""
    session.flush()
    latest = session.execute(
        sa.select(_REPORT.at, _REPORT.answers)
        .where(
            _REPORT.patient_id == patient.id,
            _REPORT.deleted_at.is_(None),
            _REPORT.corrected_by.is_(None),
        )
        .order_by(_REPORT.at.desc(), _REPORT.change_no.desc())
        .limit(1)
    ).one_or_none()
    row = _row(session, patient.id)
    row.worst_symptoms = rules.worst_of(list(latest.answers)) if latest else []
    row.worst_grade = rules.worst_grade(row.worst_symptoms)
    row.last_report_at = latest.at if latest else None
    if latest is not None:
        row.silence_check_at = latest.at + SILENCE_CHECK
    row.updated_at = now


def note_distress(session: Session, patient: PatientRef, *, now: datetime) -> None:
    """Note her latest distress and the one before it, whichever of them came in last."""
    latest = session.scalars(
        sa.select(WellbeingCheck.distress)
        .where(
            WellbeingCheck.patient_id == patient.id,
            WellbeingCheck.distress.is_not(None),
            WellbeingCheck.deleted_at.is_(None),
        )
        .order_by(WellbeingCheck.at.desc(), WellbeingCheck.id.desc())
        .limit(2)
    ).all()
    row = _row(session, patient.id)
    row.distress, row.distress_before = (*latest, None, None)[:2]
    row.updated_at = now


def note_alerts(session: Session, patient_id: UUID, *, now: datetime) -> None:
    """Count her unclosed alerts anew, at the end of the transaction."""
    _NOTE_ALERTS.add(session, {"of_patient": patient_id, "noted": now})


def rename(session: Session, patient_id: UUID, name: str) -> None:
    """Let the panel find her under her new name."""
    _row(session, patient_id).name_key = name_key(name)


def name_key(name: str) -> str:
    """Return a name as it is sorted and searched; folding the case may make it longer."""
    return name.casefold()[:200]


def _row(session: Session, patient_id: UUID) -> PatientSummary:
    return session.get_one(PatientSummary, patient_id, populate_existing=True)


_REPORTED = sa.bindparam("sum_reported", type_=_SUMMARY.last_report_at.type)
_NOTE_REPORT = LateWrite(
    sa.update(PatientSummary.__table__)  # type: ignore[arg-type]
    .where(
        _SUMMARY.patient_id == sa.bindparam("sum_of_patient", type_=_SUMMARY.patient_id.type),
        sa.or_(_SUMMARY.last_report_at.is_(None), _SUMMARY.last_report_at <= _REPORTED),
    )
    .values(
        last_report_at=_REPORTED,
        worst_symptoms=sa.bindparam("sum_worst", type_=_SUMMARY.worst_symptoms.type),
        updated_at=sa.bindparam("sum_noted", type_=_SUMMARY.updated_at.type),
        worst_grade=sa.bindparam("sum_grade", type_=_SUMMARY.worst_grade.type),
    ),
    "sum_",
)


def _unclosed(severity: Severity) -> sa.ScalarSelect[int]:
    counted = sa.select(sa.func.count()).where(
        Alert.patient_id == sa.bindparam("count_of_patient", type_=_SUMMARY.patient_id.type),
        Alert.state != sa.literal_column(f"'{AlertState.CLOSED.value}'"),
        Alert.severity == sa.literal_column(f"'{severity.value}'"),
    )
    return counted.scalar_subquery()


_NOTE_ALERTS = LateWrite(
    sa.update(PatientSummary.__table__)  # type: ignore[arg-type]
    .where(_SUMMARY.patient_id == sa.bindparam("count_of_patient", type_=_SUMMARY.patient_id.type))
    .values(
        urgent_alerts=_unclosed(Severity.URGENT),
        soon_alerts=_unclosed(Severity.SOON),
        info_alerts=_unclosed(Severity.INFO),
        updated_at=sa.bindparam("count_noted", type_=_SUMMARY.updated_at.type),
    ),
    "count_",
)
