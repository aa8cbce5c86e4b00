"""Making occurrences ahead of time, and making them anew when the schedule changes.

An occurrence is a row before it is due.  What is in the past is history and stays; what is in
the future follows the reminder.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.holding import hold_some
from service.accounts.patient_ref import PatientRef
from service.clock import local_minute
from service.db import insert_all_if_new
from service.records import Change
from service.reminders import queries, rules
from service.reminders.dose_days import DoseDays, dose_days_of
from service.reminders.making import Planned
from service.reminders.models import Reminder, ReminderOccurrence
from service.reminders.remaking import remake
from service.reminders.taking_back import take_back

REMINDERS: sa.Table = Reminder.__table__  # type: ignore[assignment]
OCCURRENCES: sa.Table = ReminderOccurrence.__table__  # type: ignore[assignment]
_R, _O = REMINDERS.c, OCCURRENCES.c

_SET_PLANNED = (
    sa.update(REMINDERS)
    .where(_R.id == sa.bindparam("reminder"))
    .values(planned_until=sa.bindparam("until_moment"), needs_planning=False)
)


def plan_occurrences(session: Session, *, now: datetime, limit: int) -> int:
    """Make the next week's occurrences where there are not enough; return for how many reminders.

    A reminder that has to be planned anew gets all that is ahead of it anew.  At most ``limit``
    patients at once, each held while it is done; ten statements however many.
    """
    runs_out = _R.planned_until <= now + rules.TOP_UP_BEFORE
    # Two questions, each with a partial index of its own, which a bound value would not match.
    active = sa.and_(_R.status == sa.literal_column("'active'"), _R.deleted_at.is_(None))
    whose = sa.union(
        sa.select(_R.patient_id).where(active, runs_out),
        sa.select(_R.patient_id).where(active, _R.needs_planning),
    ).subquery()
    held = hold_some(session, sa.select(whose.c.patient_id), limit=limit)
    if not held:
        return 0
    reminders = session.execute(
        sa.select(REMINDERS).where(
            _R.patient_id.in_(held.keys()), active, sa.or_(runs_out, _R.needs_planning)
        )
    ).all()
    dose_days = _dose_days(session, reminders, now)
    plans = [
        Planned(
            reminder=reminder,
            time_zone=held[reminder.patient_id].time_zone,
            change=Change(
                patient_id=reminder.patient_id, change_no=held[reminder.patient_id].change_no,
                by=reminder.entered_by, now=now,
            ),
            dose_days=dose_days.get(reminder.id),
        )
        for reminder in reminders
    ]  # fmt: skip
    anew = [plan for plan in plans if plan.reminder.needs_planning]
    until = _top_up(session, [plan for plan in plans if not plan.reminder.needs_planning])
    if anew:
        until |= remake(session, anew, now=now, asked=False)
    if until:
        session.execute(
            _SET_PLANNED, [{"reminder": id, "until_moment": at} for id, at in until.items()]
        )
    return len(until)


def plan_anew(
    session: Session,
    patient: PatientRef,
    reminders: Sequence[Reminder],
    *,
    change: Change,
    asked: bool = False,
) -> None:
    """Let the future of some reminders follow what they say now; leave what was due alone.

    Args:
        session: in the transaction of the change.
        patient: whose reminders, and where she is now.
        reminders: those that changed, or whose clock or treatment did.
        change: who changes what, when.
        asked: she has chosen the times herself; see ``remake``.
    """
    session.flush()
    dose_days = _dose_days(session, reminders, change.now)
    plans = [
        Planned(
            reminder=reminder, time_zone=patient.time_zone, change=change,
            dose_days=dose_days.get(reminder.id),
        )
        for reminder in reminders
    ]  # fmt: skip
    if not plans:
        return
    until = remake(session, plans, now=change.now, asked=asked)
    for reminder in reminders:
        reminder.planned_until, reminder.needs_planning = until[reminder.id], False
    session.flush()


def plan_anew_where_she_is(session: Session, patient: PatientRef, *, change: Change) -> None:
    """Let the reminders that travel with her follow her to another time zone.

    The local date-time is an occurrence's identity: one she has had already today does not come
    again because the clocks differ.
    """
    travelling = queries.reminders_of(patient.id).where(
        Reminder.status == "active", Reminder.time_zone.is_(None)
    )
    plan_anew(session, patient, session.scalars(travelling).all(), change=change)


def plan_anew_for_treatments(
    session: Session, patient: PatientRef, treatment_ids: Collection[UUID], *, change: Change
) -> None:
    """Let the reminders of some treatments' doses follow a change of dose, a hold or a stop.

    While a course is on hold or over, what has rung rings no more either.
    """
    of_doses = queries.reminders_of(patient.id).where(
        Reminder.status == "active",
        Reminder.dose_days_only,
        Reminder.treatment_id.in_(treatment_ids),
    )
    reminders = session.scalars(of_doses).all()
    if not reminders:
        return
    plan_anew(session, patient, reminders, change=change)
    here = local_minute(change.now, ZoneInfo(patient.time_zone))
    days = _dose_days(session, reminders, change.now)
    silent = [reminder.id for reminder in reminders if not days[reminder.id].is_taken(here)]
    if silent:
        miss_unanswered(session, change=change, reminder_ids=silent)


def drop_future(
    session: Session, *, change: Change, reminder_ids: Iterable[UUID] | None = None
) -> None:
    """Leave tombstones of what is not due yet, for some reminders or all of the patient's."""
    which = [
        _O.patient_id == change.patient_id,
        _O.status == "due",
        _O.due_at > change.now,
        _O.deleted_at.is_(None),
    ]
    if reminder_ids is not None:
        which.append(_O.reminder_id.in_(list(reminder_ids)))
    session.execute(
        sa.update(OCCURRENCES)
        .where(*which)
        .values(
            deleted_at=change.now, next_at=None, next_step=None,
            change_no=change.change_no, version=_O.version + 1,
        )
    )  # fmt: skip


def miss_unanswered(
    session: Session, *, change: Change, reminder_ids: Iterable[UUID] | None = None
) -> None:
    """Ask for nothing any more: what was due and did not go out is missed, nothing nags.

    What is not due yet is left to ``drop_future``, unless she had put it off.
    """
    which = [
        _O.patient_id == change.patient_id,
        _O.deleted_at.is_(None),
        sa.or_(_O.status.in_(("due", "snoozed")), _O.next_at.is_not(None)),
        sa.or_(_O.due_at <= change.now, _O.status != "due"),
    ]
    if reminder_ids is not None:
        which.append(_O.reminder_id.in_(list(reminder_ids)))
    silenced = session.scalars(
        sa.update(OCCURRENCES)
        .where(*which)
        .values(
            status=sa.case((_O.status.in_(("due", "snoozed")), "missed"), else_=_O.status),
            missed_because=sa.case(
                (_O.status.in_(("due", "snoozed")), "ended"), else_=_O.missed_because
            ),
            next_at=None, next_step=None,
            change_no=change.change_no, version=_O.version + 1,
        )
        .returning(_O.id)
    ).all()  # fmt: skip
    if silenced:
        take_back(
            session, patient_id=change.patient_id, occurrence_ids=silenced, why="reminder ended"
        )


def _top_up(session: Session, plans: Sequence[Planned]) -> dict[UUID, datetime | None]:
    made = [
        (
            plan,
            plan.times(since=max(plan.reminder.planned_until, plan.change.now - rules.NOTED_FOR)),
        )
        for plan in plans
    ]
    rows = [plan.row(*pair) for plan, times in made for pair in times.pairs]
    insert_all_if_new(session, OCCURRENCES, rows)
    return {plan.reminder.id: times.until for plan, times in made}


def _dose_days(
    session: Session, reminders: Sequence[Any], now: datetime
) -> Mapping[UUID, DoseDays]:
    """Return the days some reminders may ring on; without those that may on all of theirs."""
    wanted = {one.id: one.treatment_id for one in reminders if one.dose_days_only}
    # Yesterday may be today for her.
    since = (now - timedelta(days=2)).date()
    days = dose_days_of(session, set(wanted.values()), since=since)
    return {id: days.get(treatment, DoseDays()) for id, treatment in wanted.items()}
