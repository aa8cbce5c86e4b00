"""Who has fallen silent: the most worrying first, one index scan a page."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.alerts.models import Alert, AlertReason, AlertState, AlertStep
from service.panel.models import PatientSummary
from service.symptoms.models import SymptomReport
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck

_S = PatientSummary
Position = tuple[int, UUID]
HIGHEST_SCORE = 100_000


def welfare_page(
    session: Session,
    clinic_id: UUID,
    *,
    rules: Collection[str],
    limit: int,
    last: Position | None = None,
) -> Sequence[Any]:
    """Return patients of a clinic who are silent, and one row more than ``limit`` if there are.

    Args:
        session: any.
        clinic_id: whose patients.
        rules: those that raise alerts about silence; ``alert_id`` is her unclosed one.
        limit: how many.
        last: score and id of the last row seen.
    """
    statement = (
        sa.select(
            _S.patient_id, Patient.display_name, Patient.care_status, Patient.joined_at,
            _S.rhythm_days, _S.missed_check_ins, _S.silence_score, _S.worst_symptoms,
            _S.worst_grade, _S.distress, _S.urgent_alerts, _S.soon_alerts, _S.info_alerts,
            *_last_of_each(), _alert(rules).label("alert_id"),
        )
        .join(Patient, Patient.id == _S.patient_id)
        .where(
            _S.clinic_id == clinic_id,
            # As the partial index has it, to the letter.
            _S.silence_score > sa.literal_column("0"),
            _S.is_drill.is_(False),
            _S.is_shared.is_(True),
        )
    )  # fmt: skip
    if last is not None:
        score, id = last
        beyond = sa.and_(_S.silence_score == score, _S.patient_id < id)
        statement = statement.where(sa.or_(_S.silence_score < score, beyond))
    return session.execute(
        statement.order_by(_S.silence_score.desc(), _S.patient_id.desc()).limit(limit + 1)
    ).all()


def last_heard(row: Any) -> datetime | None:
    """Return when somebody of the page was last heard of; ``None`` if she never was."""
    moments = (row.last_report, row.last_check, row.last_response)
    return max((moment for moment in moments if moment is not None), default=None)


def attempts_of(session: Session, alert_ids: Collection[UUID]) -> dict[UUID, list[AlertStep]]:
    """Return the attempts to reach somebody, by alert, the latest first."""
    found: dict[UUID, list[AlertStep]] = {id: [] for id in alert_ids}
    if found:
        for step in session.scalars(
            sa.select(AlertStep)
            .where(AlertStep.alert_id.in_(found), AlertStep.kind == "contact_attempt")
            .order_by(AlertStep.at.desc(), AlertStep.id.desc())
        ):
            found[step.alert_id].append(step)
    return found


def _last_of_each() -> list[Any]:
    tables: dict[str, Any] = {
        "last_report": SymptomReport, "last_check": WellbeingCheck,
        "last_response": QuestionnaireResponse,
    }  # fmt: skip
    return [
        sa.select(table.at)
        .where(table.patient_id == _S.patient_id, table.deleted_at.is_(None))
        .order_by(table.at.desc())
        .limit(1)
        .correlate(_S)
        .scalar_subquery()
        .label(name)
        for name, table in tables.items()
    ]


def _alert(rules: Collection[str]) -> Any:
    return (
        sa.select(Alert.id)
        .join(AlertReason, AlertReason.alert_id == Alert.id)
        .where(
            Alert.patient_id == _S.patient_id,
            Alert.state != AlertState.CLOSED,
            AlertReason.rule.in_(rules),
        )
        .limit(1)
        .correlate(_S)
        .scalar_subquery()
    )
