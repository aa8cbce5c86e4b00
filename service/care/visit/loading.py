"""What the visit page is made of: a few statements, each bounded however long her history."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.alerts.models import Alert, AlertReason, AlertState, AlertStep
from service.care.visit.hers import MOST_EVENTS, MOST_QUESTIONS
from service.care.visit.treatments import FARTHEST
from service.care.visit.words import Span
from service.journey.models import Event, Question
from service.panel.models import PatientSummary
from service.support.models import SupportRequest
from service.treatments.models import Dose
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck

_MOST_ALERTS = 40
# A year of six doses a day and more.
_MOST_DOSES = 3_000
_MOST_CHECKS = 100
_MOST_RESPONSES = 30
_MOST_REQUESTS = 20
_FELT = ("distress", "mood", "topics", "safe_now")
_SCORED = ("questionnaire", "status", "total", "band", "positive", "scores")
_STEPS = ("acknowledged", "contact_attempt", "closed")


class Hers(NamedTuple):
    """What she said for the visit, and when she last reported; ``None`` if never."""

    patient_id: UUID
    joined_at: Any
    birth_year: int | None
    what_matters: str | None
    last_report_at: Any
    questions: Sequence[Any]
    number_of_questions: int


def hers(session: Session, patient_id: UUID) -> Hers:
    """Return what she said for the visit: one statement."""
    question = (
        sa.select(
            Question.id, Question.text, Question.asked_at, Question.patient_id,
            sa.func.count().over().label("number"),
        )
        .where(
            Question.patient_id == patient_id, Question.deleted_at.is_(None),
            Question.answered_at.is_(None),
        )
        .order_by(Question.asked_at.desc(), Question.id.desc())
        .limit(MOST_QUESTIONS)
        .subquery()
    )  # fmt: skip
    rows = session.execute(
        sa.select(
            Patient.joined_at, Patient.birth_year, Patient.what_matters,
            PatientSummary.last_report_at, question.c.id, question.c.text, question.c.asked_at,
            question.c.number,
        )
        .outerjoin(PatientSummary, PatientSummary.patient_id == Patient.id)
        .outerjoin(question, question.c.patient_id == Patient.id)
        .where(Patient.id == patient_id)
        .order_by(question.c.asked_at.desc(), question.c.id.desc())
    ).all()  # fmt: skip
    first = rows[0]
    return Hers(
        patient_id, first.joined_at, first.birth_year, first.what_matters, first.last_report_at,
        [row for row in rows if row.id is not None], first.number or 0,
    )  # fmt: skip


def alerts(
    session: Session, patient_id: UUID, span: Span
) -> list[tuple[Alert, list[AlertReason]]]:  # fmt: skip
    """Return the alerts raised in the span and those not closed, with their reasons."""
    asked = (
        sa.select(Alert.id)
        .where(
            Alert.patient_id == patient_id,
            sa.or_(Alert.raised_at >= span.start, Alert.state != AlertState.CLOSED),
        )
        .order_by(Alert.opened_at.desc(), Alert.id.desc())
        .limit(_MOST_ALERTS)
        .subquery()
    )
    found: dict[UUID, tuple[Alert, list[AlertReason]]] = {}
    for alert, reason in session.execute(
        sa.select(Alert, AlertReason)
        .join(asked, asked.c.id == Alert.id)
        .outerjoin(AlertReason, AlertReason.alert_id == Alert.id)
        .order_by(AlertReason.added_at.desc(), AlertReason.id)
    ):
        _, reasons = found.setdefault(alert.id, (alert, []))
        if reason is not None:
            reasons.append(reason)
    return list(found.values())


def steps(session: Session, alert_ids: Sequence[UUID]) -> dict[UUID, list[AlertStep]]:
    """Return who took, reached and closed, in order, by alert."""
    found: dict[UUID, list[AlertStep]] = {id: [] for id in alert_ids}
    if alert_ids:
        for step in session.scalars(
            sa.select(AlertStep)
            .where(AlertStep.alert_id.in_(alert_ids), AlertStep.kind.in_(_STEPS))
            .order_by(AlertStep.at, AlertStep.id)
        ):
            found[step.alert_id].append(step)
    return found


def doses(session: Session, patient_id: UUID, span: Span) -> Sequence[Any]:
    """Return the doses answered in the span, the latest due first; of a year at most."""
    first = max(span.first, span.last - FARTHEST)
    return session.execute(
        sa.select(
            Dose.id, Dose.treatment_id, Dose.due_at, Dose.local_at, Dose.cycle, Dose.status,
            Dose.reason,
        )
        .where(
            Dose.patient_id == patient_id, Dose.local_at >= first.isoformat(),
            Dose.due_at <= span.now, Dose.status != "expected", Dose.deleted_at.is_(None),
        )
        .order_by(Dose.due_at.desc(), Dose.id)
        .limit(_MOST_DOSES)
    ).all()  # fmt: skip


def wellbeing(session: Session, patient_id: UUID, span: Span) -> tuple[list[Any], list[Any]]:
    """Return her checks and her questionnaires of the span, each oldest first: one statement."""
    check, response = WellbeingCheck, QuestionnaireResponse
    checks = (
        sa.select(
            sa.literal_column("'check'").label("kind"), check.id, check.at,
            *(getattr(check, name) for name in _FELT), *_nothing(response, _SCORED),
        )
        .where(
            check.patient_id == patient_id, check.deleted_at.is_(None), check.at >= span.start,
            check.at <= span.now,
        )
        .order_by(check.at.desc(), check.change_no.desc()).limit(_MOST_CHECKS).subquery()
    )  # fmt: skip
    responses = (
        sa.select(
            sa.literal_column("'response'").label("kind"), response.id, response.at,
            *_nothing(check, _FELT), *(getattr(response, name) for name in _SCORED),
        )
        .where(
            response.patient_id == patient_id, response.deleted_at.is_(None),
            response.at >= span.start, response.at <= span.now,
        )
        .order_by(response.at.desc(), response.change_no.desc()).limit(_MOST_RESPONSES).subquery()
    )  # fmt: skip
    rows = session.execute(sa.union_all(sa.select(checks), sa.select(responses))).all()
    found: dict[str, list[Any]] = {"check": [], "response": []}
    for row in sorted(rows, key=lambda row: row.at):
        found[row.kind].append(row)
    return found["check"], found["response"]


def _nothing(model: Any, names: Sequence[str]) -> list[Any]:
    """Return columns without a value in the place and of the type of a table's."""
    columns = model.__table__.c
    return [sa.cast(sa.null(), columns[name].type).label(name) for name in names]


def requests(session: Session, patient_id: UUID, span: Span) -> Sequence[SupportRequest]:
    """Return what she asked for in the span and what is not closed, the latest first."""
    asked = SupportRequest
    return session.scalars(
        sa.select(asked)
        .where(
            asked.patient_id == patient_id, asked.deleted_at.is_(None),
            sa.or_(asked.requested_at >= span.start, asked.state != "closed"),
        )
        .order_by(asked.requested_at.desc(), asked.id.desc())
        .limit(_MOST_REQUESTS)
    ).all()  # fmt: skip


def events(session: Session, patient_id: UUID, span: Span) -> Sequence[Event]:
    """Return what comes next, the soonest first, and one more than is shown if there is."""
    return session.scalars(
        sa.select(Event)
        .where(
            Event.patient_id == patient_id, Event.deleted_at.is_(None), Event.starts_at > span.now
        )
        .order_by(Event.starts_at, Event.id)
        .limit(MOST_EVENTS + 1)
    ).all()
