"""What can be asked of those who work for a clinic."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries
from service.accounts.models import IS_STAFF, Absence, Account
from service.accounts.roster_lists import absences_of, duties_today, entries_of
from service.errors import NotFound


def staff_page(
    session: Session, clinic_id: UUID, *, limit: int, last: tuple[str, UUID] | None = None
) -> Sequence[Account]:
    """Return those who work for a clinic by name, and one row more."""
    statement = sa.select(Account).where(Account.clinic_id == clinic_id, IS_STAFF)
    if last is not None:
        place = sa.tuple_(Account.display_name, Account.id)
        statement = statement.where(place > sa.tuple_(*last, types=[sa.String(), sa.Uuid()]))
    order = (Account.display_name, Account.id)
    return session.scalars(statement.order_by(*order).limit(limit + 1)).all()


def staff_member(session: Session, clinic_id: UUID, account_id: UUID) -> Account:
    """Return one of those who work for a clinic.

    Raises:
        NotFound: nobody of its staff has this id.
    """
    account = session.scalar(
        sa.select(Account).where(Account.id == account_id, Account.clinic_id == clinic_id, IS_STAFF)
    )
    if account is None:
        raise NotFound
    return account


def shown(
    session: Session,
    clinic_id: UUID,
    accounts: Sequence[Account],
    *,
    in_full: bool,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return staff as the API and the pages show them: with today's duties, and until when away.

    ``in_full`` adds what only administrators see: the address, and whether there is a second
    factor.
    """
    zone = queries.clinic(session, clinic_id).time_zone
    duties = duties_today(entries_of(session, clinic_id), now=now, zone=zone)
    away = _away(absences_of(session, clinic_id, now=now), now)
    return [
        {
            "id": account.id,
            "display_name": account.display_name,
            "role": account.role,
            "duties_today": duties.get(account.id, []) if account.disabled_at is None else [],
            "away_until": away.get(account.id),
            "disabled": account.disabled_at is not None,
            "version": account.version,
            **(_private(account) if in_full else {}),
        }
        for account in accounts
    ]


def _private(account: Account) -> dict[str, Any]:
    return {
        "email": account.email,
        "second_factor": account.totp_confirmed_at is not None,
    }


def _away(absences: Sequence[Absence], now: datetime) -> Mapping[UUID, datetime]:
    until: dict[UUID, datetime] = {}
    for absence in absences:
        if absence.starts_at <= now:
            ends = until.get(absence.account_id, absence.ends_at)
            until[absence.account_id] = max(ends, absence.ends_at)
    return until
