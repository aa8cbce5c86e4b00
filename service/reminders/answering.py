"""What she answers when a reminder is due: done, skipped, later."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.accounts.access import PatientRef
from service.errors import Conflict
from service.records import Change, amend, find
from service.reminders import queries, rules
from service.reminders.models import Reminder, ReminderOccurrence
from service.reminders.taking_back import take_back


class Answer(StrEnum):
    """What she says to an occurrence, as it is stored."""

    DONE = "done"
    SKIPPED = "skipped"
    SNOOZED = "snoozed"


class OccurrenceFinished(Conflict):
    """The occurrence has been answered otherwise before."""

    slug = "occurrence-finished"
    title = "This has been answered already."


def answer(
    session: Session,
    *,
    change: Change,
    occurrence_id: UUID,
    answer: Answer,
    snooze_for: timedelta = timedelta(minutes=10),
) -> ReminderOccurrence:
    """Answer an occurrence: done, skipped, or later; return it.

    Done once is done everywhere: nothing of it is sent any more.  What we missed to send can
    still be done or skipped.

    Raises:
        NotFound: no such occurrence of hers.
        OccurrenceFinished: it was answered otherwise before.
    """
    occurrence = find(session, ReminderOccurrence, change.patient_id, occurrence_id)
    if answer is not Answer.SNOOZED and occurrence.status == answer:
        return occurrence
    finished = ("done", "skipped", "missed") if answer is Answer.SNOOZED else ("done", "skipped")
    if occurrence.status in finished:
        raise OccurrenceFinished
    later = change.now + snooze_for if answer is Answer.SNOOZED else None
    amend(
        occurrence,
        {
            "status": answer.value,
            "answered_at": None if later else change.now,
            "next_at": later,
            "next_step": "send" if later else None,
        },
        change=change,
    )
    session.flush()
    take_back(session, patient_id=change.patient_id, occurrence_ids=[occurrence_id], why="answered")
    return occurrence


def complete_today(
    session: Session, patient: PatientRef, *, change: Change, kinds: Collection[str]
) -> int:
    """Answer today's reminders of some kinds with done: she has just done it; return how many.

    A check-in completes the reminder to check in, whether it has rung yet or not.
    """
    today = patient.local_date(change.now)
    zone = ZoneInfo(patient.time_zone)
    open_today = session.scalars(
        queries.occurrences_of(
            patient.id,
            since=rules.start_of_day(today, zone),
            before=rules.start_of_day(today + timedelta(days=1), zone),
        )
        .join(Reminder, Reminder.id == ReminderOccurrence.reminder_id)
        .where(
            Reminder.kind.in_(kinds),
            ReminderOccurrence.status.not_in((Answer.DONE, Answer.SKIPPED)),
        )
    ).all()
    for occurrence in open_today:
        answer(session, change=change, occurrence_id=occurrence.id, answer=Answer.DONE)
    return len(open_today)
