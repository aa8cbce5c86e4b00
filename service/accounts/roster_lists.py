"""What can be asked of rosters: entries, absences, and who answers in the days ahead."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Absence, RosterEntry
from service.accounts.roster_actions import DUTIES
from service.accounts.roster_plan import moments_of_change, reaches_into
from service.accounts.roster_queries import roster, rosters_from
from service.clock import start_of_day

_DAY = timedelta(days=1)
# Who answers is asked anew at each change of shift: six changes a day, for a week.
_MOST_MOMENTS = 60


class Stretch(NamedTuple):
    """Some time of one day with the same people on duty, the first to be told first."""

    starts_at: datetime
    ends_at: datetime
    account_ids: tuple[UUID, ...]


def entries_of(session: Session, clinic_id: UUID, duty: str | None = None) -> Sequence[RosterEntry]:
    """Return the entries of one roster, or of all of a clinic's, in their order."""
    statement = sa.select(RosterEntry).where(RosterEntry.clinic_id == clinic_id)
    if duty is not None:
        statement = statement.where(RosterEntry.duty == duty)
    order = (RosterEntry.duty, RosterEntry.position, RosterEntry.id)
    return session.scalars(statement.order_by(*order)).all()


def absences_of(session: Session, clinic_id: UUID, *, now: datetime) -> Sequence[Absence]:
    """Return the absences that are not over, the first to begin first."""
    return session.scalars(
        sa.select(Absence)
        .where(Absence.clinic_id == clinic_id, Absence.ends_at > now)
        .order_by(Absence.starts_at, Absence.id)
    ).all()


def duties_today(
    entries: Sequence[RosterEntry], *, now: datetime, zone: str
) -> Mapping[UUID, list[str]]:
    """Return which rosters name somebody at any time of the clinic's day, by account."""
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    found: dict[UUID, set[str]] = {}
    for entry in entries:
        if reaches_into(entry, today, here):
            found.setdefault(entry.account_id, set()).add(entry.duty)
    return {
        account_id: [duty for duty in DUTIES if duty in duties]
        for account_id, duties in found.items()
    }


def on_duty_now(
    session: Session, clinic_id: UUID, duties: Sequence[str], *, now: datetime
) -> dict[str, list[UUID]]:
    """Return who answers for each of some duties at a moment, the first to be told first."""
    there = roster(session, clinic_id, now=now)
    return {duty: there.on_duty(duty) for duty in duties}


def week_of(
    session: Session,
    clinic_id: UUID,
    duty: str,
    *,
    now: datetime,
    zone: str,
    days: int = 7,
) -> tuple[list[tuple[date, list[Stretch]]], bool]:
    """Return who answers for a duty, day by day, from now on; and whether that is all.

    It is asked at each moment something may change; where a roster changes more often than six
    times a day, the days at the end are left out, and the second value is ``False``.
    """
    here = ZoneInfo(zone)
    away = [(one.starts_at, one.ends_at) for one in absences_of(session, clinic_id, now=now)]
    moments = moments_of_change(
        entries_of(session, clinic_id, duty), away, first=now, days=days, zone=here
    )
    is_whole = len(moments) <= _MOST_MOMENTS
    until = start_of_day(now.astimezone(here).date() + days * _DAY, here)
    ends = [*moments, until][: _MOST_MOMENTS + 1]
    roster_at = rosters_from(session, clinic_id, now=now)
    found: dict[date, list[Stretch]] = {}
    for start, end in pairwise(ends):
        who = tuple(roster_at(start).on_duty(duty))
        _add(found.setdefault(start.astimezone(here).date(), []), Stretch(start, end, who))
    return list(found.items()), is_whole


def _add(stretches: list[Stretch], more: Stretch) -> None:
    if stretches and stretches[-1].account_ids == more.account_ids:
        stretches[-1] = stretches[-1]._replace(ends_at=more.ends_at)
    else:
        stretches.append(more)
