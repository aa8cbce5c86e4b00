"""An answer to a dose, and everything that follows from it: one way in for every edge.

Done anywhere is done everywhere: the dose answered completes its reminder, and the other way round
(``care.occurrences``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care.guidance import Guidance
from service.care.records import Record
from service.care.respond import guidance_given, respond
from service.clock import ZONES_APART
from service.panel.actions import note_adherence
from service.records import Change
from service.reminders import answering
from service.reminders.answering import Answer
from service.reminders.models import Reminder, ReminderOccurrence
from service.treatments.answering import answer_dose
from service.treatments.models import Dose
from service.treatments.queries import ListedDose, doses_on

# Of several doses a day a reminder means the one about its own time: half of the twelve hours
# between a morning's dose and an evening's.  A project choice.
_ABOUT = timedelta(hours=6)


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
    note_adherence(session, patient.id, now=change.now)
    record = Record("dose", dose_id, answered.at)
    followed = respond(session, patient, change=change, record=record, at=answered.at)
    return answered.dose, followed.guidance


def meant_by(local_at: str, of_that_day: Sequence[ListedDose]) -> ListedDose | None:
    """Return which of a day's doses a reminder is about that rings at a time of that day.

    The only one, or the one nearest to it; ``None`` if none is near.
    """
    if len(of_that_day) <= 1:
        return next(iter(of_that_day), None)
    at = datetime.fromisoformat(local_at)

    def apart(dose: ListedDose) -> timedelta:
        return abs(datetime.fromisoformat(dose.local_at) - at)

    nearest = min(of_that_day, key=apart)
    return nearest if apart(nearest) <= _ABOUT else None


def _silence(session: Session, patient: PatientRef, dose: Dose, *, change: Change) -> None:
    """Answer the reminders that are about a dose: they ask no more."""
    day = dose.local_at[:10]
    of_that_day = session.scalars(
        sa.select(ReminderOccurrence)
        .join(Reminder, Reminder.id == ReminderOccurrence.reminder_id)
        .where(
            ReminderOccurrence.patient_id == patient.id,
            ReminderOccurrence.due_at.between(dose.due_at - ZONES_APART, dose.due_at + ZONES_APART),
            ReminderOccurrence.local_at.between(f"{day}T00:00", f"{day}T23:59"),
            ReminderOccurrence.deleted_at.is_(None),
            ReminderOccurrence.status.not_in((Answer.DONE, Answer.SKIPPED)),
            Reminder.kind == "medication",
            Reminder.dose_days_only,
            Reminder.treatment_id == dose.treatment_id,
        )
        .order_by(ReminderOccurrence.local_at)
    ).all()
    if not of_that_day:
        return
    doses = doses_on(session, patient, dose.treatment_id, day=day)
    for occurrence in of_that_day:
        meant = meant_by(occurrence.local_at, doses)
        if meant is not None and meant.id == dose.id:
            answering.answer(
                session, change=change, occurrence_id=occurrence.id,
                answer=Answer.DONE if dose.status == "taken" else Answer.SKIPPED,
            )  # fmt: skip
