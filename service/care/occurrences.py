"""An answer to a reminder, and what follows for the dose it reminded of."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care import doses
from service.records import Change
from service.reminders import answering
from service.reminders.answering import Answer
from service.reminders.models import Reminder, ReminderOccurrence
from service.treatments.dosing import ANSWERED_AHEAD
from service.treatments.queries import doses_on


def answer(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    occurrence_id: UUID,
    answer: Answer,
    snooze_for: timedelta = timedelta(minutes=10),
    said_at: datetime | None = None,
) -> ReminderOccurrence:
    """Answer an occurrence; if a dose is done with it, that dose is taken.

    ``said_at`` is when she said so, now by default.

    A reminder left out says nothing of the dose: she may have taken it without.

    Raises:
        NotFound: no such occurrence of hers.
        OccurrenceFinished: it was answered otherwise before.
    """
    occurrence = answering.answer(
        session, change=change, occurrence_id=occurrence_id, answer=answer, snooze_for=snooze_for,
        said_at=said_at,
    )  # fmt: skip
    if answer is Answer.DONE:
        _take(session, patient, occurrence, change=change, said_at=said_at)
    return occurrence


def _take(
    session: Session, patient: PatientRef, occurrence: ReminderOccurrence, *, change: Change,
    said_at: datetime | None,
) -> None:  # fmt: skip
    reminder = session.get_one(Reminder, occurrence.reminder_id)
    if (
        reminder.kind != "medication"
        or reminder.treatment_id is None
        or not reminder.dose_days_only
    ):
        return
    of_that_day = doses_on(session, patient, reminder.treatment_id, day=occurrence.local_at[:10])
    dose = doses.meant_by(occurrence.local_at, of_that_day)
    if dose is None or dose.status != "expected" or dose.due_at > change.now + ANSWERED_AHEAD:
        return
    doses.answer(
        session, patient, change=change, treatment_id=reminder.treatment_id, dose_id=dose.id,
        answer={"status": "taken", "taken_at": said_at, "reason": None},
    )  # fmt: skip
