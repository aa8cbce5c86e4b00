"""Noticing that the rules of a time zone have changed since its reminders were planned.

Governments move their clocks, and an update of the zone data tells us; what was planned by the old
rules would ring an hour off.  A process reads the data once, so it looks when it begins, and from
time to time for zones that have come into use since.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.db import insert_all_if_new
from service.reminders.models import Reminder, ZoneClock

_CLOCKS: sa.Table = ZoneClock.__table__  # type: ignore[assignment]
_REMINDERS: sa.Table = Reminder.__table__  # type: ignore[assignment]
_R = _REMINDERS.c

LOOK_EVERY = timedelta(hours=1)
# Fixed, for a fingerprint must change with the rules alone and not as time goes by.
_FIRST, _LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=7)
# So many are marked in one statement: none takes long, or holds many rows.
MARKED_AT_ONCE = 10_000

# When each worker of this process has looked last.
_looked_at: dict[UUID, datetime] = {}


def look(session: Session, *, now: datetime, worker: UUID) -> int:
    """Notice zone updates if this worker has not lately; return how many reminders were marked.

    Whoever is told more than 0 looks again, for there may be more.
    """
    last = _looked_at.get(worker)
    if last is not None and last <= now < last + LOOK_EVERY:
        return 0
    marked = notice_zone_updates(session, now=now)
    if not marked:
        _looked_at[worker] = now
    return marked


def notice_zone_updates(session: Session, *, now: datetime, limit: int = MARKED_AT_ONCE) -> int:
    """Mark reminders whose zone has other rules than they were planned by; return how many.

    A zone seen for the first time has only its fingerprint kept.  A zone's new fingerprint is kept
    once no more than ``limit`` of its reminders were left to mark, so a crash on the way forgets
    none.
    """
    stored = {
        row.name: row.fingerprint
        for row in session.execute(sa.select(_CLOCKS.c.name, _CLOCKS.c.fingerprint))
    }
    current = {
        name: found
        for name in _zones_in_use(session)
        if (found := fingerprint_of(name)) is not None
    }
    changed = {name for name in current.keys() & stored.keys() if current[name] != stored[name]}
    marked = _mark(session, changed, limit) if changed else 0
    if marked < limit:
        _keep(session, {name: current[name] for name in changed}, now)
    insert_all_if_new(
        session, _CLOCKS,
        [
            {"name": name, "fingerprint": current[name], "checked_at": now}
            for name in sorted(current.keys() - stored.keys())
        ],
        conflict_on="name",
    )  # fmt: skip
    return marked


@cache
def fingerprint_of(name: str) -> str | None:
    """Return the fingerprint of a zone as this process knows it, ``None`` for a name unknown."""
    try:
        return fingerprint(ZoneInfo(name))
    except ZoneInfoNotFoundError:
        return None


def fingerprint(zone: ZoneInfo) -> str:
    """Return the hash of every change of a zone's clock from 2025 to 2049, to the minute."""
    said = []
    at, offset = _FIRST, _offset(zone, _FIRST)
    said.append(f"{offset}")
    while at < _LAST:
        after = at + _STEP
        if _offset(zone, after) != offset:
            change = _change_between(zone, at, after)
            offset = _offset(zone, change)
            said.append(f"{change:%Y%m%dT%H%M}={offset}")
            # There may be another before the step is over.
            after = change
        at = after
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Find the minute from which the clock shows something else than it did before."""
    old = _offset(zone, before)
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def _zones_in_use(session: Session) -> set[str]:
    own = sa.select(_R.time_zone).where(
        _R.status == "active", _R.deleted_at.is_(None), _R.time_zone.is_not(None)
    )
    return set(session.scalars(sa.union(own, sa.select(Patient.time_zone))))


def _mark(session: Session, zones: set[str], limit: int) -> int:
    goes_by = sa.or_(
        _R.time_zone.in_(zones),
        sa.and_(
            _R.time_zone.is_(None),
            _R.patient_id.in_(sa.select(Patient.id).where(Patient.time_zone.in_(zones))),
        ),
    )
    some = (
        sa.select(_R.id)
        .where(
            _R.status == "active", _R.deleted_at.is_(None), _R.needs_planning.is_(False), goes_by
        )
        .order_by(_R.id)
        .limit(limit)
        .with_for_update()
        # Chosen once: as a subquery PostgreSQL may choose anew for each row, and pass the limit.
        .cte("some")
    )
    ids = session.scalars(
        sa.update(_REMINDERS)
        .where(_R.id.in_(sa.select(some.c.id)))
        .values(needs_planning=True)
        .returning(_R.id)
    ).all()
    return len(ids)


def _keep(session: Session, fingerprints: dict[str, str], now: datetime) -> None:
    if fingerprints:
        session.execute(
            sa.update(_CLOCKS)
            .where(_CLOCKS.c.name == sa.bindparam("zone"))
            .values(fingerprint=sa.bindparam("found"), checked_at=now),
            [{"zone": name, "found": found} for name, found in sorted(fingerprints.items())],
        )
