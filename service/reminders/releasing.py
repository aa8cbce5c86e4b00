"""What the clock does with an occurrence: hand it to the outbox, nag once, note what became of it.

``due`` becomes ``sent`` only when a channel has taken the message, so a reminder that could not
be sent never looks as if it had been.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.notify.actions import Message, tell_all
from service.reminders import rules
from service.reminders.claims import Held, hold_all, hold_some
from service.reminders.planning import OCCURRENCES, REMINDERS

_O, _R = OCCURRENCES.c, REMINDERS.c
# What a lock screen may show of a discreet reminder: no drug, no illness, no appointment.
DISCREET_TITLE = "You have a reminder"

_RELEASE = (
    sa.update(OCCURRENCES)
    .where(_O.id == sa.bindparam("occurrence"))
    .values(
        status=sa.bindparam("new_status"),
        next_at=sa.bindparam("new_next_at"),
        next_step=sa.bindparam("new_next_step"),
        nagged_at=sa.bindparam("new_nagged_at"),
        change_no=sa.bindparam("change"),
        version=_O.version + 1,
    )
)
_UNSENT = sa.and_(
    _O.id == sa.bindparam("occurrence"),
    # Not IN: one statement for many occurrences cannot hold a list.
    sa.or_(_O.status == "due", _O.status == "snoozed"),
    sa.or_(_O.next_step.is_(None), _O.next_step == "nag"),
)
_RECORD_SENT = (
    sa.update(OCCURRENCES)
    .where(_UNSENT)
    .values(
        status="sent", sent_at=sa.bindparam("at"),
        change_no=sa.bindparam("change"), version=_O.version + 1,
    )
)  # fmt: skip
_RECORD_FAILED = (
    sa.update(OCCURRENCES)
    .where(_UNSENT)
    .values(
        status="missed", next_at=None, next_step=None,
        change_no=sa.bindparam("change"), version=_O.version + 1,
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What follows for one occurrence: a message or none, and what it is left waiting for."""

    status: str
    key: str | None = None
    next_at: datetime | None = None
    nagged_at: datetime | None = None


def step_of(occurrence: Any, *, now: datetime) -> Step:
    """Return what is to be done about an occurrence that waits for us.

    Later than ``rules.USEFUL_FOR`` nothing is sent any more.  After sending, one nag is due
    ``nag_after_minutes`` from now, not from when it should have been: two messages at once,
    after an outage, would be one too many.  Nor does it nag about what has not gone out yet.
    """
    waiting = Step(status=occurrence.status, nagged_at=occurrence.nagged_at)
    late = now - occurrence.next_at > rules.USEFUL_FOR
    again_at = now + timedelta(minutes=occurrence.nag_after_minutes or 0)
    if occurrence.next_step == "nag":
        if occurrence.status in {"due", "snoozed"} and occurrence.nag_after_minutes:
            return replace(waiting, next_at=again_at)
        if late or not occurrence.nag_after_minutes:
            return waiting
        return replace(waiting, key=f"{occurrence.id}:nag", nagged_at=now)
    if late:
        return replace(waiting, status="missed")
    key = str(occurrence.id)
    if occurrence.status == "snoozed":
        key = f"{key}:{occurrence.next_at:%Y%m%dT%H%M%SZ}"
    nags = occurrence.nag_after_minutes and occurrence.nagged_at is None
    return replace(waiting, key=key, next_at=again_at if nags else None)


def release_due(session: Session, *, now: datetime, limit: int) -> int:
    """Hand what is due to the outbox; return how many occurrences were dealt with.

    Message and occurrence change in one transaction, so an occurrence is never handed over
    twice nor forgotten.  At most ``limit`` patients at once, in five statements however many.
    """
    due = sa.and_(_O.next_at.is_not(None), _O.next_at <= now)
    held = hold_some(session, sa.select(_O.patient_id).where(due), limit=limit)
    if not held:
        return 0
    rows = session.execute(
        sa.select(
            OCCURRENCES, _R.title, _R.kind, _R.discreet, _R.nag_after_minutes,
        )
        .join(REMINDERS, _R.id == _O.reminder_id)
        .where(_O.patient_id.in_(held.keys()), due)
        .order_by(_O.next_at, _O.id)
    ).all()  # fmt: skip
    messages: list[Message] = []
    changes: list[dict[str, Any]] = []
    for row in rows:
        patient = held[row.patient_id]
        step = step_of(row, now=now)
        if step.key is not None and patient.account_id is None:
            step = Step(status="missed")  # she has no app to be reminded by
        if step.key is not None and patient.account_id is not None:
            messages.append(_message(row, step.key, patient.account_id, now))
        changes.append(
            {
                "occurrence": row.id, "change": patient.change_no, "new_status": step.status,
                "new_next_at": step.next_at, "new_next_step": "nag" if step.next_at else None,
                "new_nagged_at": step.nagged_at,
            }
        )  # fmt: skip
    tell_all(session, messages)
    if changes:
        session.execute(_RELEASE, changes)
    return len(changes)


def record_sending(
    session: Session, *, sent: Mapping[UUID, UUID], failed: Mapping[UUID, UUID], now: datetime
) -> None:
    """Note what became of the messages about some occurrences.

    Takes the patients' locks: call it first in the transaction that records the messages, as
    whoever answers an occurrence takes them in that order too.  An occurrence answered in the
    meantime stays answered.

    Args:
        session: inside the transaction that records the messages.
        sent: the patient of each occurrence a channel took a message about.
        failed: the same for those whose message will never go out.
        now: when that was.
    """
    if not sent and not failed:
        return
    held = hold_all(session, {*sent.values(), *failed.values()})
    if sent:
        session.execute(_RECORD_SENT, [row | {"at": now} for row in _numbered(sent, held)])
    if failed:
        session.execute(_RECORD_FAILED, _numbered(failed, held))


def _numbered(patient_of: Mapping[UUID, UUID], held: Mapping[UUID, Held]) -> list[dict[str, Any]]:
    return [
        {"occurrence": occurrence_id, "change": held[patient_id].change_no}
        for occurrence_id, patient_id in patient_of.items()
    ]


def _message(row: Any, key: str, account_id: UUID, now: datetime) -> Message:
    return Message(
        recipient_id=account_id,
        patient_id=row.patient_id,
        to_staff=False,
        kind="reminder",
        subject_id=row.id,
        title=DISCREET_TITLE if row.discreet else row.title,
        body={},
        collapse_key=key,
        now=now,
        useful_until=row.next_at + rules.USEFUL_FOR,
    )
