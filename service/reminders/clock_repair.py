"""After a clock that was ahead has been put right: what it took for missed is still to come."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.holding import hold_some
from service.accounts.models import Patient
from service.reminders import rules
from service.reminders.models import Reminder, ReminderOccurrence

_O = ReminderOccurrence
_BY_THE_WRONG_CLOCK = ("too_late", "too_many")


def ask_after_all(session: Session, *, now: datetime, limit: int) -> int:
    """Let occurrences be due again that are missed and still to come; return for how many patients.

    At most ``limit`` patients at once, each held while it is done.
    """
    missed_ahead = sa.and_(
        _O.status == "missed", _O.missed_because.in_(_BY_THE_WRONG_CLOCK), _O.due_at > now
    )
    held = hold_some(session, sa.select(_O.patient_id).where(missed_ahead), limit=limit)
    if held:
        change_no = sa.select(Patient.change_no).where(Patient.id == _O.patient_id)
        session.execute(
            sa.update(_O).where(_O.patient_id.in_(held.keys()), missed_ahead).values(
                status="due", missed_because=None, next_at=_O.due_at, next_step="send",
                change_no=change_no.scalar_subquery(), version=_O.version + 1,
            )
        )  # fmt: skip
    return len(held)


def plan_again(session: Session, *, now: datetime) -> None:
    """Have planned from now on what may have been planned from a day that has not come.

    What is there stays: should the clock be wrong now, nothing is lost by it.
    """
    session.execute(
        sa.update(Reminder)
        .where(
            Reminder.status == "active",
            Reminder.deleted_at.is_(None),
            sa.or_(
                Reminder.planned_until.is_(None), Reminder.planned_until > now + rules.PLAN_AHEAD
            ),
        )
        .values(planned_until=now)
    )
