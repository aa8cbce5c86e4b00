"""How late messages leave, and what waits: the numbers a site watches.

Counted in the database, in the transaction that records the sending: whichever process is asked
answers the same, and a restart forgets nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import add_up
from service.notify.models import IS_DEAD, Heartbeat, Lateness, OutboxMessage
from service.notify.rules import BUCKETS, Leased, bucket_of

_LATENESS: sa.Table = Lateness.__table__  # type: ignore[assignment]
_OUTBOX: sa.Table = OutboxMessage.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many messages of one kind left one channel how late; ``seconds`` is the sum of it.

    ``buckets`` holds each upper bound with how many were no later than it.
    """

    channel: str
    kind: str
    buckets: tuple[tuple[int, int], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has not left: how many wait and were given up, when the first of them was to be tried.

    ``beat_at`` is when a scheduler last ended a round, ``None`` if never.
    """

    pending: int
    dead: int
    next_try_at: datetime | None
    beat_at: datetime | None


def count_sent(session: Session, sent: Iterable[Leased], *, now: datetime) -> None:
    """Count how late these messages left, in one statement."""
    rows: dict[tuple[str, str, int], dict[str, Any]] = {}
    for message in sent:
        late = max((now - (message.due_at or now)).total_seconds(), 0.0)
        key = (message.channel, message.kind, bucket_of(late))
        row = rows.setdefault(
            key,
            {
                "channel": key[0], "kind": key[1], "le_seconds": key[2],
                "messages": 0, "seconds": 0.0,
            },
        )  # fmt: skip
        row["messages"] += 1
        row["seconds"] += late
    if rows:
        add_up(session, _LATENESS, list(rows.values()))


def histograms(session: Session) -> list[Histogram]:
    """Return how late messages have left so far, for each channel and kind, in their order."""
    found: dict[tuple[str, str], tuple[dict[int, int], float]] = {}
    for row in session.execute(sa.select(_LATENESS)):
        counts, seconds = found.get((row.channel, row.kind), ({}, 0.0))
        counts[row.le_seconds] = row.messages
        found[row.channel, row.kind] = (counts, seconds + row.seconds)
    return [
        Histogram(channel, kind, tuple(_summed_up(counts)), seconds)
        for (channel, kind), (counts, seconds) in sorted(found.items())
    ]


def backlog_of(session: Session) -> Backlog:
    """Return what has not left, in one statement."""
    waiting = _OUTBOX.c.next_try_at.is_not(None)
    row = session.execute(
        sa.select(
            sa.select(sa.func.count()).where(waiting).scalar_subquery(),
            sa.select(sa.func.count()).select_from(_OUTBOX).where(IS_DEAD).scalar_subquery(),
            sa.select(sa.func.min(_OUTBOX.c.next_try_at)).where(waiting).scalar_subquery(),
            sa.select(sa.func.max(Heartbeat.beat_at)).scalar_subquery(),
        )
    ).one()
    return Backlog(*row)


def _summed_up(counts: Mapping[int, int]) -> Iterable[tuple[int, int]]:
    total = 0
    for bound in BUCKETS:
        total += counts.get(bound, 0)
        yield bound, total
