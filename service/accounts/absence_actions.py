"""What can be done about absences: somebody is away, and somebody else takes her place."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Absence, RosterEntry
from service.accounts.roster_actions import (
    NOBODY,
    RosterUnusable,
    hold_rosters,
    may_hold,
    role_of,
    times_wrong,
)  # fmt: skip
from service.errors import Conflict, NotFound


class AbsenceOver(Conflict):
    """The absence has ended: it stays as a record of who was there."""

    slug = "absence-over"
    title = "This absence is over and stays as a record."


def add_absence(
    session: Session,
    clinic_id: UUID,
    *,
    account_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    stand_in_id: UUID | None,
    entered_by: UUID,
    now: datetime,
) -> Absence:
    """Note that somebody is away, and who takes her place; ``None``: the next ones move up.

    Raises:
        RosterUnusable: it ends before it begins or is over, or the stand-in cannot take her place.
    """
    hold_rosters(session, clinic_id)
    errors = times_wrong(starts_at, ends_at)
    if not errors and ends_at <= now:
        errors.append(("/ends_at", "This is over already."))
    role = role_of(session, clinic_id, account_id)
    if role is None:
        errors.append(("/account_id", NOBODY))
    if stand_in_id is not None:
        errors += _stand_in_wrong(session, clinic_id, account_id, stand_in_id)
    if errors:
        raise RosterUnusable(errors=errors)
    absence = Absence(
        clinic_id=clinic_id, account_id=account_id, starts_at=starts_at, ends_at=ends_at,
        stand_in_id=stand_in_id, entered_by=entered_by, entered_at=now,
    )  # fmt: skip
    session.add(absence)
    session.flush()
    return absence


def end_absence(session: Session, clinic_id: UUID, absence_id: UUID, *, now: datetime) -> None:
    """Take back an absence that has not begun; end one that has: she is here again.

    Raises:
        NotFound: there is no such absence in this clinic.
        AbsenceOver: it has ended.
    """
    hold_rosters(session, clinic_id)
    absence = session.get(Absence, absence_id)
    if absence is None or absence.clinic_id != clinic_id:
        raise NotFound
    if absence.ends_at <= now:
        raise AbsenceOver
    if absence.starts_at >= now:
        session.delete(absence)
    else:
        absence.ends_at = now
    session.flush()


def _stand_in_wrong(
    session: Session, clinic_id: UUID, account_id: UUID, stand_in_id: UUID
) -> list[tuple[str, str]]:
    if stand_in_id == account_id:
        return [("/stand_in_id", "Nobody stands in for herself.")]
    role = role_of(session, clinic_id, stand_in_id)
    if role is None:
        return [("/stand_in_id", NOBODY)]
    duties = session.scalars(
        sa.select(RosterEntry.duty).where(RosterEntry.account_id == account_id).distinct()
    )
    lacking = sorted(duty for duty in duties if not may_hold(role, duty))
    if lacking:
        words = ", ".join(duty.replace("_", " ") for duty in lacking)
        return [("/stand_in_id", f"This person's role does not answer for: {words}.")]
    return []
