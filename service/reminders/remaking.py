"""Letting what is ahead follow the reminder, the treatment and the clock; what came due stays.

What is wanted is compared with what is there, so a row changes only if something of it does.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import insert_all_if_new
from service.reminders import rules
from service.reminders.making import Planned, Times, occurrence_id
from service.reminders.models import ReminderOccurrence

_TABLE: sa.Table = ReminderOccurrence.__table__  # type: ignore[assignment]
_O = _TABLE.c
# Whatever is still to come was due after this long ago by any zone's clock.
_LOOK_BACK = timedelta(days=4)

_RETIME = (
    sa.update(_TABLE)
    .where(_O.id == sa.bindparam("occurrence"), _O.status == "due")
    .values(
        deleted_at=None,
        due_at=sa.bindparam("moment"),
        next_at=sa.bindparam("moment"),
        next_step="send",
        change_no=sa.bindparam("change"),
        version=_O.version + 1,
    )
)
_DROP = (
    sa.update(_TABLE)
    .where(_O.id == sa.bindparam("occurrence"))
    .values(
        deleted_at=sa.bindparam("moment"), next_at=None, next_step=None,
        change_no=sa.bindparam("change"), version=_O.version + 1,
    )
)  # fmt: skip


def remake(
    session: Session, plans: Sequence[Planned], *, now: datetime, asked: bool
) -> Mapping[UUID, datetime | None]:
    """Make what is ahead of some reminders what it should be, in four statements at most.

    Args:
        session: in a transaction that holds the patients.
        plans: reminders that are no longer active want nothing.
        now: what is due after it is ahead.
        asked: she has just chosen these times herself: they hold from now on, however soon.
            Otherwise two of one reminder stay ``rules.APART`` from each other.

    Returns:
        Up to which moment each reminder is complete now; ``None`` if there is no more of it.
    """
    there = _there(session, plans, now)
    until: dict[UUID, datetime | None] = {}
    new: list[dict[str, Any]] = []
    retimed: list[dict[str, Any]] = []
    dropped: list[dict[str, Any]] = []
    for plan in plans:
        rows = there[plan.reminder.id]
        ahead = {id for id, row in rows.items() if _is_ahead(row, now)}
        times = _wanted(plan, rows, ahead, now, asked)
        until[plan.reminder.id] = times.until
        for local, moment in times.pairs:
            id = occurrence_id(plan.reminder.id, local)
            ahead.discard(id)
            if id not in rows:
                new.append(plan.row(local, moment))
            elif _has_to_move(rows[id], moment, now):
                retimed.append(_change(plan, id, moment))
        dropped += [_change(plan, id, now) for id in ahead]
    insert_all_if_new(session, _TABLE, new)
    if retimed:
        session.execute(_RETIME, retimed)
    if dropped:
        session.execute(_DROP, dropped)
    return until


def _there(session: Session, plans: Sequence[Planned], now: datetime) -> Mapping[UUID, Any]:
    found = session.execute(
        sa.select(_O.id, _O.reminder_id, _O.local_at, _O.due_at, _O.status, _O.deleted_at).where(
            _O.patient_id.in_({plan.change.patient_id for plan in plans}),
            _O.reminder_id.in_([plan.reminder.id for plan in plans]),
            _O.due_at > now - _LOOK_BACK,
        )
    )
    there: dict[UUID, dict[UUID, Any]] = defaultdict(dict)
    for row in found:
        there[row.reminder_id][row.id] = row
    return there


def _wanted(
    plan: Planned, rows: Mapping[UUID, Any], ahead: set[UUID], now: datetime, asked: bool
) -> Times:
    reminder = plan.reminder
    if reminder.status != "active" or reminder.deleted_at is not None:
        return Times()
    if asked:
        return plan.times(since=now)
    times = plan.times(since=rules.start_of_today(plan.zone, now))
    had = [row for id, row in rows.items() if row.deleted_at is None and id not in ahead]
    # One she has answered in advance has not rung: what comes before it is still to be asked.
    rung = [row.due_at for row in had if row.status != "missed" and row.due_at <= now]
    followed = rules.follow(
        times.pairs,
        zone=plan.zone,
        now=now,
        ahead={datetime.fromisoformat(rows[id].local_at) for id in ahead},
        had={datetime.fromisoformat(row.local_at) for row in had},
        last=max(rung, default=None),
    )
    return Times(list(followed), times.until)


def _is_ahead(row: Any, now: datetime) -> bool:
    return row.deleted_at is None and row.status == "due" and row.due_at > now


def _has_to_move(row: Any, moment: datetime, now: datetime) -> bool:
    """Tell whether a row is still ours to change, and says something else."""
    if row.status != "due":
        return False
    return row.deleted_at is not None or (row.due_at > now and row.due_at != moment)


def _change(plan: Planned, id: UUID, moment: datetime) -> dict[str, Any]:
    return {"occurrence": id, "moment": moment, "change": plan.change.change_no}
