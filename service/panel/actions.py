"""Keeping the summary row: in the transaction that changes what it sums up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.alerts.models import Alert, AlertState, Severity
from service.clinical import knowledge
from service.late_writes import LateWrite
from service.panel import rules
from service.panel.adherence import ANSWERED_WITHIN, LOOKED_BACK, NOTE_ADHERENCE
from service.panel.models import PatientSummary
from service.symptoms.models import SymptomReport
from service.symptoms.rules import CAREGIVER
from service.wellbeing.models import WellbeingCheck

_SUMMARY = PatientSummary.__table__.c
_REPORT = SymptomReport.__table__.c


def open_summary(
    session: Session, *, patient_id: UUID, clinic_id: UUID, name: str, now: datetime,
    is_drill: bool = False, is_shared: bool = True,
) -> None:  # fmt: skip
    """Give a new patient her row."""
    session.add(
        PatientSummary(
            patient_id=patient_id,
            clinic_id=clinic_id,
            name_key=name_key(name),
            updated_at=now,
            silence_check_at=first_look(now),
            is_drill=is_drill,
            is_shared=is_shared,
        )
    )


def note_sharing(session: Session, patient_id: UUID, *, is_shared: bool) -> None:
    """Let the lists of the care team show her, or no longer."""
    _row(session, patient_id).is_shared = is_shared


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
            # What family reports is theirs: her line is of what she said.
            _REPORT.reported_by.is_distinct_from(CAREGIVER),
        )
        .order_by(_REPORT.at.desc(), _REPORT.change_no.desc())
        .limit(1)
    ).one_or_none()
    row = _row(session, patient.id)
    row.worst_symptoms = rules.worst_of(list(latest.answers)) if latest else []
    row.worst_grade = rules.worst_grade(row.worst_symptoms)
    row.last_report_at = latest.at if latest else None
    # Without the report that was taken back she may have been silent for longer.
    row.silence_check_at = row.updated_at = now


def note_heard(session: Session, patient: PatientRef, *, now: datetime) -> None:
    """Note that she is not silent: we have heard of her, by something else than a report."""
    _NOTE_HEARD.add(session, {"of_patient": patient.id, "noted": now})


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


def note_adherence(session: Session, patient_id: UUID, *, now: datetime) -> None:
    """Work out anew, at the end of the transaction, how many of her doses of late she took.

    Of the doses due in the last 28 days that were taken, missed, or left unanswered for a day,
    the percentage taken, rounded down.  What was held on the team's advice is left out.  ``None``
    where nothing was due, and where nobody answered a single dose: nobody knows then.
    """
    values = {
        "of_patient": patient_id, "since": now - LOOKED_BACK, "until": now,
        "answered_until": now - ANSWERED_WITHIN,
    }  # fmt: skip
    NOTE_ADHERENCE.add(session, values)


def rename(session: Session, patient_id: UUID, name: str) -> None:
    """Let the panel find her under her new name."""
    _row(session, patient_id).name_key = name_key(name)


def name_key(name: str) -> str:
    """Return a name as it is sorted and searched; folding the case may make it longer."""
    return name.casefold()[:200]


def first_look(joined: datetime) -> datetime:
    """Return when it is first looked whether somebody who joins has fallen silent."""
    # Nobody new has a rhythm of her own: that is when she can first have fallen silent.
    silence = knowledge().policy.silence
    return joined + timedelta(days=silence.usual_days * silence.missed_check_ins)


def _row(session: Session, patient_id: UUID) -> PatientSummary:
    return session.get_one(PatientSummary, patient_id, populate_existing=True)


def _not_silent(noted: sa.BindParameter[datetime]) -> dict[str, Any]:
    """Set what ends a silence; who was silent is looked at by the next tick.

    For everybody else her turn stays where it is: moving it would cost each report an entry of
    an index.
    """
    nought: Any = sa.literal_column("0")
    return {
        "missed_check_ins": nought,
        "silence_score": nought,
        "silence_check_at": sa.case(
            (_SUMMARY.silence_score > nought, noted), else_=_SUMMARY.silence_check_at
        ),
    }


_REPORTED = sa.bindparam("sum_reported", type_=_SUMMARY.last_report_at.type)
_NOTED = sa.bindparam("sum_noted", type_=_SUMMARY.updated_at.type)
_NOTE_REPORT = LateWrite(
    sa.update(PatientSummary.__table__)  # type: ignore[arg-type]
    .where(
        _SUMMARY.patient_id == sa.bindparam("sum_of_patient", type_=_SUMMARY.patient_id.type),
        sa.or_(_SUMMARY.last_report_at.is_(None), _SUMMARY.last_report_at <= _REPORTED),
    )
    .values(
        last_report_at=_REPORTED,
        worst_symptoms=sa.bindparam("sum_worst", type_=_SUMMARY.worst_symptoms.type),
        updated_at=_NOTED,
        worst_grade=sa.bindparam("sum_grade", type_=_SUMMARY.worst_grade.type),
        **_not_silent(_NOTED),
    ),
    "sum_",
)
_HEARD = sa.bindparam("heard_noted", type_=_SUMMARY.updated_at.type)
_NOTE_HEARD = LateWrite(
    sa.update(PatientSummary.__table__)  # type: ignore[arg-type]
    .where(
        _SUMMARY.patient_id == sa.bindparam("heard_of_patient", type_=_SUMMARY.patient_id.type),
        _SUMMARY.silence_score > sa.literal_column("0"),
    )
    .values(**_not_silent(_HEARD)),
    "heard_",
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
