"""An answer to a dose, and everything that follows from it: one way in for every edge.

Done anywhere is done everywhere: the dose answered completes its reminder, and the other way round
(``care.occurrences``).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef
from service.care.guidance import Guidance
from service.care.records import Record
from service.care.respond import guidance_given, respond
from service.records import Change
from service.reminders import answering
from service.reminders.answering import Answer
from service.reminders.models import Reminder, ReminderOccurrence
from service.treatments.answering import answer_dose
from service.treatments.models import Dose

# A reminder in another zone of its own may be due so far from the same local day of hers.
_ZONES_APART = timedelta(days=2)


def answer(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    treatment_id: UUID,
    dose_id: UUID,
    answer: Mapping[str, Any],
    if_version: int | None = None,
) -> tuple[Dose, Guidance]:
    """Enter what became of a dose and let everything follow; the same again is told the same.

    Raises:
        NotFound, DoseUnusable, DoseNotYetDue, ClockWrong, Outdated: see ``answer_dose``.
    """
    answered = answer_dose(
        session, patient, change=change, treatment_id=treatment_id, dose_id=dose_id,
        answer=answer, if_version=if_version,
    )  # fmt: skip
    if not answered.differs:
        return answered.dose, guidance_given(session, patient, dose_id)
    _silence(session, patient, answered.dose, change=change)
    record = Record("dose", dose_id, answered.at)
    followed = respond(session, patient, change=change, record=record, at=answered.at)
    return answered.dose, followed.guidance


def _silence(session: Session, patient: PatientRef, dose: Dose, *, change: Change) -> None:
    """Answer the medication reminder nearest to a dose on its day: it asks no more."""
    day = dose.local_at[:10]
    of_that_day = session.scalars(
        sa.select(ReminderOccurrence)
        .join(Reminder, Reminder.id == ReminderOccurrence.reminder_id)
        .where(
            ReminderOccurrence.patient_id == patient.id,
            ReminderOccurrence.due_at.between(
                dose.due_at - _ZONES_APART, dose.due_at + _ZONES_APART
            ),
            ReminderOccurrence.local_at.between(f"{day}T00:00", f"{day}T23:59"),
            ReminderOccurrence.deleted_at.is_(None),
            Reminder.kind == "medication",
            Reminder.treatment_id == dose.treatment_id,
        )
        .order_by(ReminderOccurrence.local_at)
    ).all()
    if not of_that_day:
        return
    at = datetime.fromisoformat(dose.local_at)
    nearest = min(of_that_day, key=lambda one: abs(datetime.fromisoformat(one.local_at) - at))
    if nearest.status not in (Answer.DONE, Answer.SKIPPED):
        answering.answer(
            session, change=change, occurrence_id=nearest.id,
            answer=Answer.DONE if dose.status == "taken" else Answer.SKIPPED,
        )  # fmt: skip
