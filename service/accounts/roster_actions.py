"""What can be done about rosters: who answers for what, in which order, and when."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import QUEUES
from service.accounts.models import (
    STAFF,
    Account,
    Clinic,
    Queue,
    Role,
    RosterEntry,
)  # fmt: skip
from service.accounts.roster_plan import in_order_of_week
from service.errors import NotFound, Rejected, check_seen

SUPERVISOR, ADMINISTRATOR = "supervisor", "administrator"
NOBODY = "Nobody of this clinic's staff who can sign in."
DUTIES = (*(queue.value for queue in Queue), SUPERVISOR, ADMINISTRATOR)
_SAYS = frozenset({"account_id", "starts_at", "ends_at", "days", "from_time", "to_time"})
_CENTURY = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


class RosterUnusable(Rejected):
    """A shift or an absence cannot be: the person, or the times."""

    slug = "roster-unusable"
    title = "This cannot stand in the roster."


def hold_rosters(session: Session, clinic_id: UUID) -> None:
    """Let nobody else change the staff or the rosters of a clinic until the transaction ends.

    Readers and everything that only refers to the clinic go on.
    """
    session.execute(
        sa.select(Clinic.id).where(Clinic.id == clinic_id).with_for_update(key_share=True)
    )


def may_hold(role: Role, duty: str) -> bool:
    """Tell whether somebody of a role can answer for a duty."""
    if duty == SUPERVISOR:
        return role in STAFF
    if duty == ADMINISTRATOR:
        return role is Role.ADMINISTRATOR
    return Queue(duty) in QUEUES.get(role, ())


def put_on_roster(session: Session, *, clinic_id: UUID, duty: str, account_id: UUID) -> None:
    """Put somebody last on a duty's list; one who is on it already stays where she is."""
    hold_rosters(session, clinic_id)
    entries = _entries(session, clinic_id, duty)
    if any(entry.account_id == account_id for entry in entries):
        return
    _place(session, entries, _new(clinic_id, duty, {"account_id": account_id}), None)


def add_entry(
    session: Session,
    clinic_id: UUID,
    *,
    duty: str,
    values: Mapping[str, Any],
    position: int | None = None,
) -> RosterEntry:
    """Put somebody on a duty's list, for always or for a shift.

    Args:
        session: in a transaction.
        clinic_id: whose roster.
        duty: one of ``DUTIES``.
        values: ``account_id``, and when it counts: see ``models.RosterEntry``.
        position: from 0; the others move down.  ``None`` is last.

    Raises:
        RosterUnusable: the person does not answer for this, or the times are none.
    """
    hold_rosters(session, clinic_id)
    _check_shift(session, clinic_id, duty, values)
    entry = _new(clinic_id, duty, values)
    _place(session, _entries(session, clinic_id, duty), entry, position)
    return entry


def change_entry(
    session: Session,
    clinic_id: UUID,
    entry_id: UUID,
    changes: Mapping[str, Any],
    *,
    if_version: int | None = None,
) -> RosterEntry:
    """Change when somebody's shift is, whose it is, or her place on the list.

    Raises:
        NotFound: there is no such entry in this clinic.
        Outdated: it has a newer version than the caller has seen.
        RosterUnusable: as for ``add_entry``.
    """
    hold_rosters(session, clinic_id)
    entry = _entry(session, clinic_id, entry_id)
    check_seen(entry, if_version)
    position = changes.get("position")
    # Checked before anything is changed: a page that says no commits what it has read.
    _check_shift(
        session, clinic_id, entry.duty,
        {name: changes.get(name, getattr(entry, name)) for name in _SAYS},
    )  # fmt: skip
    for name in _SAYS & changes.keys():
        value = changes[name]
        setattr(entry, name, in_order_of_week(value) if name == "days" else value)
    if position is not None:
        others = [one for one in _entries(session, clinic_id, entry.duty) if one is not entry]
        _place(session, others, entry, position)
    entry.version += 1
    session.flush()
    return entry


def remove_entry(
    session: Session, clinic_id: UUID, entry_id: UUID, *, if_version: int | None = None
) -> None:
    """Take an entry off its list; the others move up.

    Raises:
        NotFound: there is no such entry in this clinic.
        Outdated: it has a newer version than the caller has seen.
    """
    hold_rosters(session, clinic_id)
    entry = _entry(session, clinic_id, entry_id)
    check_seen(entry, if_version)
    session.delete(entry)
    _number([one for one in _entries(session, clinic_id, entry.duty) if one is not entry])
    session.flush()


def take_off_what_she_cannot_hold(session: Session, account: Account) -> None:
    """Take somebody off the lists that her role, as it is now, does not answer for."""
    duties = session.scalars(
        sa.select(RosterEntry.duty).where(RosterEntry.account_id == account.id).distinct()
    ).all()
    for duty in duties:
        if account.clinic_id is not None and not may_hold(account.role, duty):
            entries = _entries(session, account.clinic_id, duty)
            for entry in entries:
                if entry.account_id == account.id:
                    session.delete(entry)
            _number([entry for entry in entries if entry.account_id != account.id])
    session.flush()


def _new(clinic_id: UUID, duty: str, values: Mapping[str, Any]) -> RosterEntry:
    given = {**values, "days": in_order_of_week(values.get("days"))}
    return RosterEntry(clinic_id=clinic_id, duty=duty, **given)


def _entries(session: Session, clinic_id: UUID, duty: str) -> list[RosterEntry]:
    return list(
        session.scalars(
            sa.select(RosterEntry)
            .where(RosterEntry.clinic_id == clinic_id, RosterEntry.duty == duty)
            .order_by(RosterEntry.position, RosterEntry.id)
        )
    )


def _entry(session: Session, clinic_id: UUID, entry_id: UUID) -> RosterEntry:
    entry = session.get(RosterEntry, entry_id)
    if entry is None or entry.clinic_id != clinic_id:
        raise NotFound
    return entry


def _place(
    session: Session, others: list[RosterEntry], entry: RosterEntry, position: int | None
) -> None:
    place = len(others) if position is None else position
    _number([*others[:place], entry, *others[place:]])
    session.add(entry)
    session.flush()


def _number(entries: Sequence[RosterEntry]) -> None:
    for position, entry in enumerate(entries):
        entry.position = position


def _check_shift(session: Session, clinic_id: UUID, duty: str, values: Mapping[str, Any]) -> None:
    errors = times_wrong(values.get("starts_at"), values.get("ends_at"))
    role = role_of(session, clinic_id, values["account_id"])
    if role is None:
        errors.append(("/account_id", NOBODY))
    elif not may_hold(role, duty):
        errors.append(("/account_id", "This person's role does not answer for this."))
    begins, ends = values.get("from_time"), values.get("to_time")
    if (begins is None) != (ends is None):
        errors.append(("/to_time", "A shift needs both times, or neither."))
    elif begins is not None and begins == ends:
        errors.append(("/to_time", "All day is written without times."))
    if errors:
        raise RosterUnusable(errors=errors)


def times_wrong(starts_at: datetime | None, ends_at: datetime | None) -> list[tuple[str, str]]:
    """Return what is wrong with a beginning and an end, by field; either may be left out."""
    first, last = _CENTURY
    errors = [
        (f"/{name}", "Lies outside this century.")
        for name, moment in (("starts_at", starts_at), ("ends_at", ends_at))
        if moment is not None and not first <= moment < last
    ]
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        errors.append(("/ends_at", "Ends before it begins."))
    return errors


def role_of(session: Session, clinic_id: UUID, account_id: UUID) -> Role | None:
    """Return the role of one of a clinic's staff; ``None`` if she is none, or disabled."""
    role = session.scalar(
        sa.select(Account.role).where(
            Account.id == account_id,
            Account.clinic_id == clinic_id,
            Account.disabled_at.is_(None),
        )
    )
    return role if role in STAFF else None
