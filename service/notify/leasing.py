"""Sending what was told: a worker leases messages, sends them elsewhere, records what came of it.

    tell → claim (lease) → gate, channel (no transaction) → record

Killed before the channel took it, or after and before ``record``: the lease runs out and the
message goes out again under the same ``collapse_key``, so the phone shows it once.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import skip_locked
from service.hot import EachRow, HotStatement
from service.notify import queries
from service.notify.actions import Message, tell_all
from service.notify.lateness import count_sent
from service.notify.models import OutboxMessage
from service.notify.reaching import Reach, reach_of, retire_gone
from service.notify.rules import (
    WEBHOOK,
    Address,
    ChannelName,
    Endpoint,
    Leased,
    Outcome,
    Result,
    counts,
    goes_by_mail,
    mail_key,
    next_try,
    title_of_mail,
    useful_until,
)
from service.notify.webhooks.queries import endpoints_of

_OUTBOX: sa.Table = OutboxMessage.__table__  # type: ignore[assignment]
_M = _OUTBOX.c

_STATE_AFTER = {
    Outcome.SENT: "sent", Outcome.AGAIN: "pending", Outcome.NOT_TRIED: "pending",
    Outcome.HELD: "pending", Outcome.DEAD: "dead", Outcome.BY_MAIL: "withheld",
    Outcome.WITHHELD: "withheld",
}  # fmt: skip
_LEASED = (
    _M.id, _M.attempts.label("try_no"), _M.collapse_key, _M.patient_id, _M.recipient_id,
    _M.to_staff, _M.channel, _M.kind, _M.subject_id, _M.title, _M.body, _M.useful_until,
    _M.due_at, _M.created_at, _M.reached,
)  # fmt: skip
_MOMENT = _M.next_try_at.type
# Ours: leased by this owner, in this very try.  What was taken back while it was on its way went
# out all the same, and the books say so.
_RECORD = EachRow(
    {
        "id": sa.Uuid(), "try_no": sa.Integer(), "new_state": sa.String(10),
        "new_try_at": _MOMENT, "why": sa.String(200), "not_counted": sa.Integer(),
        "now_reached": _M.reached.type, "held_until": _MOMENT, "new_useful_until": _MOMENT,
    },
    lambda given: (
        sa.update(_OUTBOX)
        .where(
            _M.id == given.c.id,
            _M.lease_owner == sa.bindparam("owner", type_=sa.Uuid()),
            _M.attempts == given.c.try_no,
            sa.or_(_M.state == "pending", given.c.new_state == "sent"),
        )
        .values(
            state=given.c.new_state,
            next_try_at=given.c.new_try_at,
            last_error=given.c.why,
            attempts=_M.attempts - given.c.not_counted,
            reached=given.c.now_reached,
            due_at=sa.func.coalesce(given.c.held_until, _M.due_at),
            useful_until=given.c.new_useful_until,
            sent_at=sa.case(
                (given.c.new_state == "sent", sa.bindparam("at", type_=_MOMENT)), else_=_M.sent_at
            ),
        )
        .returning(_M.id)
    ),
)  # fmt: skip


def claim(
    session: Session,
    *,
    owner: UUID,
    now: datetime,
    lease: timedelta,
    limit: int,
    channel: ChannelName | None = None,
) -> list[Leased]:
    """Take messages that are due for as long as the lease runs, in four statements.

    Webhooks take one more, for where they go.

    What staff wait for comes first, then what is due longest.  Of two workers each message goes
    to one.  Care status and accounts are read here, so what the gate decides on is never older
    than the lease.

    Args:
        session: inside a transaction of its own.
        owner: names the worker.
        now: what is due by then.
        lease: for how long the messages are this worker's.
        limit: how many at most.
        channel: only what goes this way, ``None`` for all.
    """
    until = now + lease
    rows = _claim(limit, channel is not None).rows(
        session,
        {"owner": owner, "now": now, "until": until, **({"channel": channel} if channel else {})},
    )
    if not rows:
        return []
    taken = [dict(zip((column.name for column in _LEASED), row, strict=True)) for row in rows]
    for row in taken:
        created_at = row.pop("created_at")
        row["due_at"] = row["due_at"] or created_at
    taken.sort(key=lambda row: (not row["to_staff"], row["due_at"], row["id"]))
    recipients = {row["recipient_id"] for row in taken}
    standing = queries.standing_of(
        session,
        patients={row["patient_id"] for row in taken if row["patient_id"]},
        accounts=recipients,
    )
    reach = reach_of(session, recipients)
    hooks = {row["subject_id"] for row in taken if row["channel"] == WEBHOOK}
    endpoints = endpoints_of(session, hooks, now=now) if hooks else {}
    return [
        _leased(row, until, standing, reach[row["recipient_id"]], endpoints.get(row["subject_id"]))
        for row in taken
    ]


def record(session: Session, results: Sequence[Result], *, owner: UUID, now: datetime) -> None:
    """Note how sending went, in at most four statements.

    Touches only messages whose last lease was this owner's and this very try: somebody who
    wakes up after his lease has run out changes nothing that another has taken since.  Counts
    how late each left, lets go of devices that are gone, and writes as a mail what no device
    takes (``rules.goes_by_mail``).
    """
    if not results:
        return
    # In the order of their ids, as ``actions.withdraw`` takes them: neither waits for the other.
    in_order = sorted(results, key=lambda result: result.message.id)
    rows = _RECORD.rows(
        session, [_recorded(result, now) for result in in_order], owner=owner, at=now
    )
    noted = {row[0] for row in rows}
    ours = [result for result in results if result.message.id in noted]
    count_sent(session, (one.message for one in ours if one.outcome is Outcome.SENT), now=now)
    retire_gone(session, _gone_of(results), now=now)
    tell_all(session, [_as_mail(one.message, now) for one in ours if goes_by_mail(one)])


@cache
def _claim(limit: int, one_channel: bool) -> HotStatement:
    which = [_M.next_try_at <= sa.bindparam("now", type_=_MOMENT)]
    if one_channel:
        which.append(_M.channel == sa.bindparam("channel", type_=sa.String(10)))
    # The limit is written out: what PostgreSQL does not know it takes for a tenth of the table.
    mine = skip_locked(
        sa.select(_M.id)
        .where(*which)
        .order_by(_M.to_staff.desc(), _M.next_try_at, _M.id)
        .limit(sa.literal_column(str(limit), sa.Integer()))
    ).cte("mine")
    return HotStatement(
        sa.update(_OUTBOX)
        .where(_M.id.in_(sa.select(mine.c.id)))
        .values(
            lease_owner=sa.bindparam("owner", type_=sa.Uuid()),
            next_try_at=sa.bindparam("until", type_=_MOMENT),
            attempts=_M.attempts + 1,
        )
        .returning(*_LEASED)
    )


def _leased(
    row: dict[str, Any],
    until: datetime,
    standing: queries.Standing,
    reach: Reach,
    endpoint: Endpoint | None,
) -> Leased:
    may_mail = row["channel"] == "email" or row["to_staff"] or reach.by_mail
    reached = tuple(UUID(id) for id in row["reached"])
    facts = standing.facts_of(
        row["patient_id"], row["recipient_id"], row["channel"], row["kind"], row["to_staff"]
    )
    return Leased(
        **{
            **row,
            **facts,
            "try_no": row["try_no"],
            "until": until,
            "reached": reached,
            "devices": tuple(one for one in reach.devices if one.device_id not in reached),
            "email": reach.email if may_mail else None,
            "rings_in_quiet_hours": bool(row["body"].get("rings_in_quiet_hours")),
            "endpoint": endpoint,
        }
    )


def _recorded(result: Result, now: datetime) -> dict[str, Any]:
    message = result.message
    reached = dict.fromkeys((*message.reached, *result.handed.reached))
    return {
        "id": message.id,
        "try_no": message.try_no,
        "new_state": _STATE_AFTER[result.outcome],
        "new_try_at": next_try(result, now=now),
        "why": None if result.outcome is Outcome.SENT else result.why,
        "not_counted": int(not counts(result)),
        "now_reached": [str(id) for id in reached],
        "held_until": result.until,
        "new_useful_until": useful_until(result),
    }


def _gone_of(results: Sequence[Result]) -> Iterator[Address]:
    for result in results:
        gone = set(result.handed.gone)
        yield from (one for one in result.message.devices if one.device_id in gone)


def _as_mail(message: Leased, now: datetime) -> Message:
    return Message(
        recipient_id=message.recipient_id, patient_id=message.patient_id,
        to_staff=message.to_staff, kind=message.kind, subject_id=message.subject_id,
        title=title_of_mail(message), body=message.body,
        collapse_key=mail_key(message.collapse_key), now=now, channel="email",
        due_at=message.due_at, useful_until=message.useful_until,
    )  # fmt: skip
