"""What she answers when a reminder is due (done, skipped, later), and what her devices tell."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.clock import start_of_day
from service.db import UtcDateTime
from service.errors import Conflict
from service.hot import EachRow, HotStatement
from service.records import Change, amend, effective_moment, find
from service.reminders.models import ReminderOccurrence
from service.reminders.planning import OCCURRENCES, REMINDERS
from service.reminders.taking_back import take_back

_O, _R = OCCURRENCES.c, REMINDERS.c


def _complete(*when: sa.ColumnElement[bool]) -> sa.UpdateBase:
    """Answer with done what reminders of one kind ask, or asked, at some times."""
    of_kind = sa.select(_R.id).where(
        _R.patient_id == sa.bindparam("patient"), _R.kind == sa.bindparam("kind")
    )
    return (
        sa.update(OCCURRENCES)
        .where(
            _O.patient_id == sa.bindparam("patient"),
            _O.due_at >= sa.bindparam("since"),
            _O.due_at < sa.bindparam("before"),
            *when,
            _O.deleted_at.is_(None),
            _O.status != "done",
            _O.status != "skipped",
            _O.reminder_id.in_(of_kind),
        )
        .values(
            status="done",
            answered_at=sa.bindparam("answered"),
            next_at=sa.null(),
            next_step=sa.null(),
            change_no=sa.bindparam("change"),
            version=_O.version + 1,
        )
        .returning(_O.id)
    )


_COMPLETE = HotStatement(_complete())
_COMPLETE_DAYS = EachRow(
    {"begins": UtcDateTime(), "ends": UtcDateTime()},
    lambda given: _complete(
        sa.exists().where(_O.due_at >= given.c.begins, _O.due_at < given.c.ends)
    ),
)


class Answer(StrEnum):
    """What she says to an occurrence, as it is stored."""

    DONE = "done"
    SKIPPED = "skipped"
    SNOOZED = "snoozed"


class Receipt(StrEnum):
    """What a device tells of an occurrence, as it is stored."""

    DELIVERED = "delivered"
    OPENED = "opened"


# What a receipt may follow on.
_BEFORE: Mapping[Receipt, Collection[str]] = {
    Receipt.DELIVERED: ("due", "sent"),
    Receipt.OPENED: ("due", "sent", "delivered"),
}


class OccurrenceNotSent(Conflict):
    """A receipt came for an occurrence that has not been sent: it is not due yet."""

    slug = "occurrence-not-sent"
    title = "This has not been sent yet."


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
    said_at: datetime | None = None,
) -> ReminderOccurrence:
    """Answer an occurrence: done, skipped, or later; return it.

    ``said_at`` is when she said so, on a phone that could not tell us at once; now by default.

    Later is never before it is due: one that is not due until then stays as it is.  Done once is
    done everywhere: nothing of it is sent any more.  What we missed to send can still be done or
    skipped.

    Raises:
        NotFound: no such occurrence of hers.
        OccurrenceFinished: it was answered otherwise before.
        ClockWrong: she said so more than a day ahead of us, or before 2000.
    """
    said_at = effective_moment(said_at or change.now, now=change.now)
    occurrence = find(session, ReminderOccurrence, change.patient_id, occurrence_id)
    if answer is not Answer.SNOOZED and occurrence.status == answer:
        return occurrence
    finished = ("done", "skipped", "missed") if answer is Answer.SNOOZED else ("done", "skipped")
    if occurrence.status in finished:
        raise OccurrenceFinished
    later = change.now + snooze_for if answer is Answer.SNOOZED else None
    if later is not None and occurrence.status == "due" and later <= occurrence.due_at:
        return occurrence
    amend(
        occurrence,
        {
            "status": answer.value,
            "answered_at": None if later else said_at,
            "next_at": later,
            "next_step": "send" if later else None,
        },
        change=change,
    )
    session.flush()
    take_back(session, patient_id=change.patient_id, occurrence_ids=[occurrence_id], why="answered")
    return occurrence


def note_receipt(
    session: Session, *, change: Change, occurrence_id: UUID, receipt: Receipt
) -> ReminderOccurrence:
    """Note that a device has shown an occurrence, or that she has opened it; return it.

    Only ever forward, and never over an answer: a receipt that comes late, again or out of order
    changes nothing.  What was opened had been delivered, and what was delivered had been sent.

    Raises:
        NotFound: no such occurrence of hers.
        OccurrenceNotSent: it is not due yet, so no device can have shown it.
    """
    occurrence = find(session, ReminderOccurrence, change.patient_id, occurrence_id)
    if occurrence.status == "due" and occurrence.due_at > change.now:
        raise OccurrenceNotSent
    if occurrence.status not in _BEFORE[receipt]:
        return occurrence
    times = ("sent_at", "delivered_at", "opened_at")[: 3 if receipt is Receipt.OPENED else 2]
    first = {name: change.now for name in times if getattr(occurrence, name) is None}
    amend(occurrence, {"status": receipt.value, **first}, change=change)
    return occurrence


def complete_day(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    kind: str,
    at: datetime,
) -> int:
    """Answer the reminders of a kind with done, of the day she has just reported on.

    A check-in completes the reminder to check in, whether it has rung yet or not; one for an
    earlier day that day's.  One statement where nothing was open.

    Args:
        session: in the transaction that holds her lock.
        patient: whose day it is.
        change: who reports, when.
        kind: of the reminders.
        at: any moment of the day that was reported on.

    Returns:
        How many there were.
    """
    [(since, before)] = _days(patient, [at])
    return _completed(
        session, patient, _COMPLETE.rows(session, _values(patient, change, kind, since, before))
    )


def complete_days(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    kind: str,
    moments: Collection[datetime],
) -> int:
    """Do as ``complete_day`` for every day on which one of some moments lies; one statement."""
    days = _days(patient, moments)
    if not days:
        return 0
    values = _values(patient, change, kind, days[0][0], days[-1][1])
    given = [{"begins": begins, "ends": ends} for begins, ends in days]
    return _completed(session, patient, _COMPLETE_DAYS.rows(session, given, **values))


def _days(patient: PatientRef, moments: Collection[datetime]) -> list[tuple[datetime, datetime]]:
    """Return when the days of some moments begin and end where she is, in their order."""
    zone = ZoneInfo(patient.time_zone)
    return [
        (start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone))
        for day in sorted({patient.local_date(at) for at in moments})
    ]


def _values(
    patient: PatientRef, change: Change, kind: str, since: datetime, before: datetime
) -> dict[str, Any]:
    return {
        "patient": patient.id, "since": since, "before": before, "kind": kind,
        "answered": change.now, "change": change.change_no,
    }  # fmt: skip


def _completed(session: Session, patient: PatientRef, rows: Sequence[tuple[Any, ...]]) -> int:
    if rows:
        ids = [id for (id,) in rows]
        take_back(session, patient_id=patient.id, occurrence_ids=ids, why="answered")
    return len(rows)
