"""What the clock does with occurrences: hand them to the outbox, note what became of them.

``due`` becomes ``sent`` only when a channel has taken the message, so a reminder that could not
be sent never looks as if it had been.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import preferences
from service.accounts.holding import Held, hold_all, hold_some
from service.accounts.models import Account
from service.clock import start_of_day
from service.hot import EachRow
from service.notify.actions import Message, tell_all
from service.notify.queries import reminders_pushed
from service.reminders.planning import OCCURRENCES, REMINDERS
from service.reminders.steps import Bundle, Step, Wishes, bundled, step_of

_O, _R = OCCURRENCES.c, REMINDERS.c
_ACCOUNTS: sa.Table = Account.__table__  # type: ignore[assignment]
_A = _ACCOUNTS.c
_MOMENT = _O.next_at.type

# Looked through for patients whom nobody is writing to: so many due occurrences for each wanted.
_DUE_FOR_EACH = 4

_DUE_OF = EachRow(
    {"patient": sa.Uuid()},
    lambda given: (
        sa.select(
            _O.id, _O.patient_id, _O.status, _O.next_at, _O.next_step, _O.nagged_at,
            _R.title, _R.discreet, _R.nag_after_minutes, _R.rings_in_quiet_hours,
        )
        .select_from(
            given.join(OCCURRENCES, _O.patient_id == given.c.patient).join(
                REMINDERS, _R.id == _O.reminder_id
            )
        )
        .where(_O.next_at <= sa.bindparam("now", type_=_MOMENT))
        .order_by(_O.next_at, _O.id)
    ),
)  # fmt: skip
_WISHES_OF = EachRow(
    {"account": sa.Uuid()},
    lambda given: sa.select(_A.id, _A.quiet_hours, _A.channels).select_from(
        given.join(_ACCOUNTS, _A.id == given.c.account)
    ),
)
_RELEASE = EachRow(
    {
        "id": sa.Uuid(), "change": sa.BigInteger(), "new_status": sa.String(10),
        "new_next_at": _MOMENT, "new_next_step": sa.String(10), "new_nagged_at": _MOMENT,
        "because": sa.String(20), "key": sa.String(80),
    },
    lambda given: (
        sa.update(OCCURRENCES)
        .where(_O.id == given.c.id)
        .values(
            status=given.c.new_status,
            next_at=given.c.new_next_at,
            next_step=given.c.new_next_step,
            nagged_at=given.c.new_nagged_at,
            missed_because=given.c.because,
            message_key=sa.func.coalesce(given.c.key, _O.message_key),
            change_no=given.c.change,
            version=_O.version + 1,
        )
    ),
)  # fmt: skip
_RECORD = EachRow(
    {
        "id": sa.Uuid(), "change": sa.BigInteger(), "because": sa.String(20),
        "new_status": sa.String(10),
    },
    lambda given: (
        sa.update(OCCURRENCES)
        .where(
            _O.id == given.c.id,
            # Missed for want of a way, and sent after all: an administrator tried it again.
            sa.or_(
                _O.status == "due",
                _O.status == "snoozed",
                sa.and_(
                    _O.status == "missed", _O.missed_because == "no_way", given.c.because.is_(None)
                ),
            ),
            sa.or_(_O.next_step.is_(None), _O.next_step == "nag"),
        )
        .values(
            status=given.c.new_status,
            sent_at=sa.case(
                (given.c.because.is_(None), sa.bindparam("at", type_=_MOMENT)), else_=_O.sent_at
            ),
            next_at=sa.case((given.c.because.is_(None), _O.next_at), else_=None),
            next_step=sa.case((given.c.because.is_(None), _O.next_step), else_=None),
            missed_because=given.c.because,
            change_no=given.c.change,
            version=_O.version + 1,
        )
    ),
)  # fmt: skip


class Ending(NamedTuple):
    """What became of the message about one occurrence.  ``missed_because`` is ``None`` if sent."""

    patient_id: UUID
    missed_because: str | None


def release_due(session: Session, *, now: datetime, limit: int) -> int:
    """Hand what is due to the outbox; return how many occurrences were dealt with.

    Whatever is due for a patient goes out as one message.  Message and occurrences change in one
    transaction, so an occurrence is never handed over twice nor forgotten.  At most ``limit``
    patients at once, the longest due first, in six statements however many.
    """
    oldest = (
        sa.select(_O.patient_id)
        .where(_O.next_at.is_not(None), _O.next_at <= now)
        .order_by(_O.next_at)
        # Written out: what PostgreSQL does not know it takes for a tenth of the table.
        .limit(sa.literal_column(str(limit * _DUE_FOR_EACH), sa.Integer()))
        .subquery()
    )
    held = hold_some(session, sa.select(oldest.c.patient_id), limit=limit)
    if not held:
        return 0
    due_of: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in _DUE_OF.rows(session, [{"patient": id} for id in held], now=now):
        occurrence = _Due(*row)
        due_of[occurrence.patient_id].append(occurrence)
    wishes_of = _wishes_of(session, held, now=now)
    messages: list[Message] = []
    changes: list[dict[str, Any]] = []
    for patient_id, occurrences in due_of.items():
        wishes = wishes_of[patient_id]
        steps = [(one, step_of(one, wishes, now=now)) for one in occurrences]
        bundle = bundled(steps)
        if bundle is not None and wishes.account_id is not None:
            messages.append(_message(bundle, patient_id, wishes.account_id, now))
        changes += [
            _released(one.id, step, bundle, held[patient_id].change_no) for one, step in steps
        ]
    tell_all(session, messages)
    _RELEASE.run(session, changes)
    return len(changes)


def record_sending(session: Session, endings: Mapping[UUID, Ending], *, now: datetime) -> None:
    """Note what became of the messages about some occurrences.

    Takes the patients' locks: call it first in the transaction that records the messages, as
    whoever answers an occurrence takes them in that order too.  An occurrence answered in the
    meantime stays answered.

    Args:
        session: inside the transaction that records the messages.
        endings: by occurrence.
        now: when that was.
    """
    if not endings:
        return
    held = hold_all(session, {ending.patient_id for ending in endings.values()})
    rows = [
        {
            "id": id,
            "change": held[ending.patient_id].change_no,
            "because": ending.missed_because,
            "new_status": "missed" if ending.missed_because else "sent",
        }
        for id, ending in endings.items()
    ]
    _RECORD.run(session, rows, at=now)


class _Due(NamedTuple):
    """An occurrence that waits for the clock, with what its reminder says of it."""

    id: UUID
    patient_id: UUID
    status: str
    next_at: datetime
    next_step: str
    nagged_at: datetime | None
    title: str
    discreet: bool
    nag_after_minutes: int | None
    rings_in_quiet_hours: bool


def _wishes_of(
    session: Session, held: Mapping[UUID, Held], *, now: datetime
) -> Mapping[UUID, Wishes]:
    zones = {name: ZoneInfo(name) for name in {patient.time_zone for patient in held.values()}}
    midnights = {
        name: start_of_day(now.astimezone(zone).date(), zone) for name, zone in zones.items()
    }
    accounts = {
        id: (quiet, preferences.most_a_day(channels))
        for id, quiet, channels in _WISHES_OF.rows(
            session,
            [{"account": one.account_id} for one in held.values() if one.account_id is not None],
        )
    }
    since = {id: midnights[one.time_zone] for id, one in held.items()}
    sent = reminders_pushed(session, since)
    found = {}
    for id, patient in held.items():
        quiet, most = accounts.get(patient.account_id, (None, None))
        found[id] = Wishes(
            account_id=patient.account_id,
            zone=zones[patient.time_zone],
            quiet_hours=(quiet["start"], quiet["end"]) if quiet else None,
            is_enough=most is not None and sent.get(id, 0) >= most,
        )
    return found


def _released(id: UUID, step: Step, bundle: Bundle | None, change_no: int) -> dict[str, Any]:
    return {
        "id": id,
        "change": change_no,
        "new_status": step.status,
        "new_next_at": step.next_at,
        "new_next_step": step.next_step,
        "new_nagged_at": step.nagged_at,
        "because": step.missed_because,
        "key": bundle.key if bundle is not None and step.key is not None else None,
    }


def _message(bundle: Bundle, patient_id: UUID, account_id: UUID, now: datetime) -> Message:
    ids = bundle.occurrence_ids
    body: dict[str, Any] = {"occurrences": [str(id) for id in ids]}
    if bundle.rings_in_quiet_hours:
        body["rings_in_quiet_hours"] = True
    return Message(
        recipient_id=account_id,
        patient_id=patient_id,
        to_staff=False,
        kind="reminder",
        subject_id=ids[0] if len(ids) == 1 else None,
        title=bundle.title,
        body=body,
        collapse_key=bundle.key,
        now=now,
        due_at=bundle.due_at,
        useful_until=bundle.useful_until,
    )
