"""What can be asked of rosters: who is on duty, who is away, who works for the clinic."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.accounts.models import Absence, Account, Clinic, Role, RosterEntry
from service.accounts.roster_rules import Roster, Shift


class Colleague(NamedTuple):
    """Somebody of the clinic's staff: may they be handed work just now?"""

    role: Role
    is_disabled: bool
    is_away: bool


def roster(session: Session, clinic_id: UUID, *, now: datetime, duty: str | None = None) -> Roster:
    """Return a clinic's roster as it is at a moment, in two statements.

    Args:
        session: any.
        clinic_id: whose.
        now: the moment.
        duty: this one only; ``None`` for all of them.
    """
    statement = _entries(clinic_id, now).where(
        sa.or_(RosterEntry.starts_at.is_(None), RosterEntry.starts_at <= now)
    )
    if duty is not None:
        statement = statement.where(RosterEntry.duty == duty)
    entries = session.execute(statement).all()
    zone = ZoneInfo(entries[0].time_zone if entries else "UTC")
    shifts = [_shift(entry) for entry, _zone in entries]
    return Roster(now, zone, shifts, _away(session, clinic_id, now))


def rosters_from(
    session: Session, clinic_id: UUID, *, now: datetime
) -> Callable[[datetime], Roster]:
    """Return what tells a clinic's roster at any moment from now on, read in two statements."""
    entries = session.execute(_entries(clinic_id, now)).all()
    zone = ZoneInfo(entries[0].time_zone if entries else "UTC")
    shifts = [_shift(entry) for entry, _zone in entries]
    absences = session.execute(_absences(clinic_id).where(Absence.ends_at > now)).all()

    def at(moment: datetime) -> Roster:
        away = {
            one.account_id: one.stand_in
            for one in absences
            if one.starts_at <= moment < one.ends_at
        }
        return Roster(moment, zone, shifts, away)

    return at


def _entries(clinic_id: UUID, now: datetime) -> sa.Select[RosterEntry, str]:
    """Select the entries that are not over, of people who still work here, in their order."""
    return (
        sa.select(RosterEntry, Clinic.time_zone)
        .join(Account, Account.id == RosterEntry.account_id)
        .join(Clinic, Clinic.id == RosterEntry.clinic_id)
        .where(
            RosterEntry.clinic_id == clinic_id,
            sa.or_(RosterEntry.ends_at.is_(None), RosterEntry.ends_at > now),
            Account.disabled_at.is_(None),
        )
        .order_by(RosterEntry.position, RosterEntry.id)
    )


def _shift(entry: RosterEntry) -> Shift:
    return Shift(
        duty=entry.duty, account_id=entry.account_id, starts_at=entry.starts_at,
        ends_at=entry.ends_at, days=entry.days, from_time=entry.from_time, to_time=entry.to_time,
    )  # fmt: skip


def administrators(session: Session, clinic_id: UUID) -> list[UUID]:
    """Return every administrator of a clinic, on a roster or not, the first account first."""
    return list(
        session.scalars(
            sa.select(Account.id)
            .where(
                Account.clinic_id == clinic_id,
                Account.role == Role.ADMINISTRATOR,
                Account.disabled_at.is_(None),
            )
            .order_by(Account.id)
        )
    )


def disabled_of(session: Session, account_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return those of some accounts that are closed."""
    if not account_ids:
        return frozenset()
    closed = sa.select(Account.id).where(
        Account.id.in_(account_ids), Account.disabled_at.is_not(None)
    )
    return frozenset(session.scalars(closed))


def colleague(
    session: Session, account_id: UUID, clinic_id: UUID, *, now: datetime
) -> Colleague | None:
    """Return how somebody of the clinic stands at a moment; ``None``: nobody of it."""
    away = sa.exists().where(
        Absence.account_id == Account.id,
        Absence.clinic_id == clinic_id,
        Absence.starts_at <= now,
        Absence.ends_at > now,
    )
    row = session.execute(
        sa.select(Account.role, Account.disabled_at, away.label("is_away")).where(
            Account.id == account_id, Account.clinic_id == clinic_id
        )
    ).one_or_none()
    return row and Colleague(row.role, row.disabled_at is not None, bool(row.is_away))


def _away(session: Session, clinic_id: UUID, now: datetime) -> dict[UUID, UUID | None]:
    rows = session.execute(
        _absences(clinic_id).where(Absence.starts_at <= now, Absence.ends_at > now)
    )
    return {row.account_id: row.stand_in for row in rows}


def _absences(clinic_id: UUID) -> sa.Select[UUID, datetime, datetime, UUID]:
    # A closed account stands in for nobody.  Of two absences at once the one entered last holds.
    stands_in = aliased(Account)
    return (
        sa.select(
            Absence.account_id, Absence.starts_at, Absence.ends_at, stands_in.id.label("stand_in")
        )
        .outerjoin(
            stands_in,
            sa.and_(stands_in.id == Absence.stand_in_id, stands_in.disabled_at.is_(None)),
        )
        .where(Absence.clinic_id == clinic_id)
        .order_by(Absence.entered_at, Absence.id)
    )
