"""What can be asked of reminders."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.hot import HotStatement
from service.reminders.models import Reminder, ReminderOccurrence
from service.reminders.rules import TOP_UP_BEFORE

# By name, not by import: diary features do not know each other, and this one asks only whether a
# treatment is hers.
TREATMENTS = sa.table(
    "treatments",
    sa.column("id", sa.Uuid), sa.column("patient_id", sa.Uuid), sa.column("deleted_at"),
)  # fmt: skip


def reminders_of(patient_id: UUID) -> sa.Select[Reminder]:
    """Return the question for a patient's live reminders, suggested ones too, in any order."""
    return sa.select(Reminder).where(
        Reminder.patient_id == patient_id, Reminder.deleted_at.is_(None)
    )


def occurrences_of(
    patient_id: UUID,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    reminder_id: UUID | None = None,
) -> sa.Select[ReminderOccurrence]:
    """Return the question for a patient's live occurrences due in a stretch of time.

    Args:
        patient_id: whose.
        since: the earliest moment, ``None`` for all the past.
        before: the first moment no more asked for, ``None`` for all the future.
        reminder_id: only this reminder's.
    """
    statement = sa.select(ReminderOccurrence).where(
        ReminderOccurrence.patient_id == patient_id, ReminderOccurrence.deleted_at.is_(None)
    )
    if reminder_id is not None:
        statement = statement.where(ReminderOccurrence.reminder_id == reminder_id)
    if since is not None:
        statement = statement.where(ReminderOccurrence.due_at >= since)
    if before is not None:
        statement = statement.where(ReminderOccurrence.due_at < before)
    return statement


def treatment_is_hers(session: Session, patient_id: UUID, treatment_id: UUID) -> bool:
    """Tell whether a treatment is on the patient's record."""
    return (
        session.scalar(
            sa.select(TREATMENTS.c.id).where(
                TREATMENTS.c.id == treatment_id,
                TREATMENTS.c.patient_id == patient_id,
                TREATMENTS.c.deleted_at.is_(None),
            )
        )
        is not None
    )


def next_moments(session: Session) -> Sequence[datetime]:
    """Return when an occurrence next waits for the clock, and when planning does; in any order."""
    waiting: datetime | None = _NEXT_OCCURRENCE.value(session)
    planned: datetime | None = _NEXT_PLANNING.value(session)
    return [
        moment for moment in (waiting, planned and planned - TOP_UP_BEFORE) if moment is not None
    ]


def are_to_be_planned_anew(session: Session) -> bool:
    """Tell whether any reminder waits for that, as after a change of its zone's rules."""
    return bool(_PLANNED_ANEW.value(session))


_PLANNED_ANEW = HotStatement(
    sa.select(
        sa.exists().where(
            Reminder.status == sa.literal_column("'active'"),
            Reminder.deleted_at.is_(None),
            Reminder.needs_planning,
        )
    )
)
_NEXT_OCCURRENCE = HotStatement(
    sa.select(sa.func.min(ReminderOccurrence.next_at)).where(
        ReminderOccurrence.next_at.is_not(None)
    )
)
_NEXT_PLANNING = HotStatement(
    sa.select(sa.func.min(Reminder.planned_until)).where(
        # Written out: a value that is bound would not be seen to fit the partial index.
        Reminder.status == sa.literal_column("'active'"),
        Reminder.deleted_at.is_(None),
    )
)
