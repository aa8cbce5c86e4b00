"""Making occurrences ahead of time, and making them anew when the schedule changes.

An occurrence is a row before it is due.  What is in the past is history and stays; what is in
the future follows the reminder.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef
from service.db import insert_all_if_new
from service.ids import derived_id
from service.records import Change, hash_of
from service.reminders import rules
from service.reminders.claims import hold_some
from service.reminders.models import Reminder, ReminderOccurrence
from service.reminders.recurrence import BadRecurrence, Recurrence
from service.reminders.taking_back import take_back

logger = logging.getLogger(__name__)

REMINDERS: sa.Table = Reminder.__table__  # type: ignore[assignment]
OCCURRENCES: sa.Table = ReminderOccurrence.__table__  # type: ignore[assignment]
_R, _O = REMINDERS.c, OCCURRENCES.c

_SET_PLANNED = (
    sa.update(REMINDERS)
    .where(_R.id == sa.bindparam("reminder"))
    .values(planned_until=sa.bindparam("until_moment"))
)
_REVIVE = (
    sa.update(OCCURRENCES)
    .where(_O.id == sa.bindparam("occurrence"), _O.status == "due", _O.deleted_at.is_not(None))
    .values(
        deleted_at=None,
        due_at=sa.bindparam("moment"),
        next_at=sa.bindparam("moment"),
        next_step="send",
        change_no=sa.bindparam("change"),
        version=_O.version + 1,
    )
)


class Timed(Protocol):
    """What of a reminder says when it is due."""

    recurrence: Any
    local_start: Any
    time_zone: Any
    until: Any


def schedule_of(reminder: Timed, time_zone: str) -> rules.Schedule:
    """Return when a reminder is due for somebody who is in this zone now.

    Raises:
        BadRecurrence: the recurrence is none of ours.
    """
    text = reminder.recurrence
    return rules.Schedule(
        start=datetime.fromisoformat(reminder.local_start),
        recurrence=Recurrence.parse(text) if text else None,
        zone=ZoneInfo(reminder.time_zone or time_zone),
        last_day=reminder.until,
    )


def due_for_planning(now: datetime) -> sa.ColumnElement[bool]:
    """Say which reminders run out of occurrences soon."""
    return sa.and_(
        _R.status == "active",
        _R.deleted_at.is_(None),
        _R.planned_until <= now + rules.TOP_UP_BEFORE,
    )


def plan_occurrences(session: Session, *, now: datetime, limit: int) -> int:
    """Make the next week's occurrences where there are not enough; return for how many reminders.

    At most ``limit`` patients at once, each held while it is done; six statements however many.
    """
    held = hold_some(session, sa.select(_R.patient_id).where(due_for_planning(now)), limit=limit)
    if not held:
        return 0
    reminders = session.execute(
        sa.select(REMINDERS).where(_R.patient_id.in_(held.keys()), due_for_planning(now))
    ).all()
    rows: list[dict[str, Any]] = []
    planned: list[dict[str, Any]] = []
    for reminder in reminders:
        patient = held[reminder.patient_id]
        change = Change(
            patient_id=reminder.patient_id, change_no=patient.change_no,
            by=reminder.entered_by, now=now,
        )  # fmt: skip
        new, until = _plan(reminder, patient.time_zone, change, since=reminder.planned_until)
        rows += new
        planned.append({"reminder": reminder.id, "until_moment": until})
    insert_all_if_new(session, OCCURRENCES, rows)
    if planned:
        session.execute(_SET_PLANNED, planned)
    return len(planned)


def plan_anew(
    session: Session, patient: PatientRef, reminders: Sequence[Reminder], *, change: Change
) -> None:
    """Let the future of some reminders follow what they say now; leave what was due alone."""
    session.flush()
    drop_future(session, change=change, reminder_ids=[reminder.id for reminder in reminders])
    rows: list[dict[str, Any]] = []
    for reminder in reminders:
        reminder.planned_until = None
        if reminder.status == "active" and reminder.deleted_at is None:
            new, reminder.planned_until = _plan(
                reminder, patient.time_zone, change, since=change.now
            )
            rows += new
    session.flush()
    insert_all_if_new(session, OCCURRENCES, rows)
    if rows:
        session.execute(
            _REVIVE,
            [
                {"occurrence": row["id"], "moment": row["due_at"], "change": change.change_no}
                for row in rows
            ],
        )


def plan_anew_where_she_is(session: Session, patient: PatientRef, *, change: Change) -> None:
    """Let the reminders that travel with her follow her to another time zone.

    The local date-time is an occurrence's identity: one she has had already today does not come
    again because the clocks differ.
    """
    travelling = session.scalars(
        sa.select(Reminder).where(
            Reminder.patient_id == patient.id,
            Reminder.status == "active",
            Reminder.time_zone.is_(None),
            Reminder.deleted_at.is_(None),
        )
    ).all()
    plan_anew(session, patient, travelling, change=change)


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
    """Ask for nothing any more: what was due and did not go out is missed, nothing nags."""
    which = [
        _O.patient_id == change.patient_id,
        _O.deleted_at.is_(None),
        sa.or_(_O.status.in_(("due", "snoozed")), _O.next_at.is_not(None)),
    ]
    if reminder_ids is not None:
        which.append(_O.reminder_id.in_(list(reminder_ids)))
    silenced = session.scalars(
        sa.update(OCCURRENCES)
        .where(*which)
        .values(
            status=sa.case((_O.status.in_(("due", "snoozed")), "missed"), else_=_O.status),
            next_at=None, next_step=None,
            change_no=change.change_no, version=_O.version + 1,
        )
        .returning(_O.id)
    ).all()  # fmt: skip
    if silenced:
        take_back(
            session, patient_id=change.patient_id, occurrence_ids=silenced, why="reminder ended"
        )


def _plan(
    reminder: Any, time_zone: str, change: Change, *, since: datetime
) -> tuple[list[dict[str, Any]], datetime | None]:
    try:
        schedule = schedule_of(reminder, time_zone)
    except (BadRecurrence, ZoneInfoNotFoundError):
        # Accepted once, by rules since made narrower or with a zone since renamed.  It must not
        # stop everybody else's.
        logger.exception("a reminder cannot be planned", extra={"reminder_id": str(reminder.id)})
        return [], None
    pairs, until = rules.plan(schedule, since=since, before=change.now + rules.PLAN_AHEAD)
    return [_row(reminder, local, moment, change) for local, moment in pairs], until


def _row(reminder: Any, local: datetime, moment: datetime, change: Change) -> dict[str, Any]:
    identity = {"reminder_id": reminder.id, "local_at": rules.local_text(local)}
    return {
        **identity,
        "id": occurrence_id(reminder.id, local),
        "patient_id": change.patient_id,
        "version": 1,
        "created_change_no": change.change_no,
        "change_no": change.change_no,
        "entered_by": change.by,
        "received_at": change.now,
        "content_hash": hash_of(identity),
        "due_at": moment,
        "status": "due",
        "next_at": moment,
        "next_step": "send",
    }


def occurrence_id(reminder_id: UUID, local: datetime) -> UUID:
    """Return the id of one occurrence, which an offline phone works out just the same."""
    return derived_id(reminder_id, rules.local_text(local))
