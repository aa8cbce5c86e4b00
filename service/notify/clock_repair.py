"""After a clock that was ahead has been put right: what it left waiting for another year.

The heartbeat tells: one from the future was written by a scheduler whose clock was wrong.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.clock import Clock
from service.notify.gate import TOO_LATE
from service.notify.models import Heartbeat, OutboxMessage

_M = OutboxMessage
# Clocks of two machines differ by less, or the site has other troubles.
TOLERANCE = timedelta(minutes=5)
# A clock that shows an earlier day has lost its battery, and is no judge of another.
_NEVER_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def clock_was_ahead(session: Session, clock: Clock) -> bool:
    """Tell whether a scheduler has lately taken it to be later than it is.

    The heartbeat is read first and the clock after it.  The other way round, a worker that was
    held up between the two would take the heartbeats of the others for the future.
    """
    last = session.scalar(sa.select(sa.func.max(Heartbeat.beat_at)))
    now = clock.now()
    return now >= _NEVER_BEFORE and last is not None and last > now + TOLERANCE


def put_messages_right(session: Session, *, now: datetime) -> None:
    """Try now, or when it is due, what was to be tried later or was too late by the wrong clock.

    Ends it: from then on the heartbeat is no longer from the future.
    """
    at = sa.case((_M.due_at > now, _M.due_at), else_=now)
    session.execute(
        sa.update(_M).where(_M.state == "pending", _M.next_try_at > now + TOLERANCE).values(
            next_try_at=at, lease_owner=None
        )
    )  # fmt: skip
    session.execute(
        sa.update(_M)
        .where(_M.state == "withheld", _M.last_error == TOO_LATE, _M.due_at > now)
        .values(state="pending", next_try_at=at, last_error=None, attempts=0, lease_owner=None)
    )
    session.execute(sa.update(Heartbeat).where(Heartbeat.beat_at > now).values(beat_at=now))
