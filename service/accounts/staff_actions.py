"""What can be done about those who work for a clinic.  Nobody sets or sees another's password."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import other_ways
from service.accounts.access import Viewer
from service.accounts.models import IS_STAFF, Account, Role
from service.accounts.roster_actions import hold_rosters, take_off_what_she_cannot_hold
from service.accounts.second_factor import forget_recovery_codes
from service.accounts.session_actions import sign_out_everywhere
from service.accounts.session_models import PendingFactor
from service.errors import Conflict, NotAllowed, NotFound, check_seen

# What its owner reads about it.
FACTOR_TAKEN = "An administrator of your clinic has taken your second factor away."


class LastAdministrator(Conflict):
    """Without this person nobody could let staff in or out any more."""

    slug = "last-administrator"
    title = "This clinic needs another administrator first."


def change_staff(
    session: Session,
    clinic_id: UUID,
    account_id: UUID,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    if_version: int | None = None,
) -> Account:
    """Change somebody's name or role, or let her in no more.

    Disabling ends all her sessions at once, and nobody is told through her any more: her shifts
    stay on the roster and do not count.  Alerts she has taken stay hers; escalation goes on to
    others.  Another role takes her off the rosters it does not answer for.

    Args:
        session: in a transaction.
        clinic_id: whose staff.
        account_id: who.
        changes: ``display_name``, ``role``, ``disabled``; what is left out stays.
        now: when this happens.
        if_version: which version the caller has seen, ``None`` for any.

    Raises:
        NotFound: nobody of this clinic's staff has this id.
        Outdated: there is a newer version.
        LastAdministrator: there would be none left who can sign in.
    """
    hold_rosters(session, clinic_id)
    account = _member(session, clinic_id, account_id)
    check_seen(account, if_version)
    role = Role(changes.get("role", account.role))
    disabled = changes.get("disabled", account.disabled_at is not None)
    was_one = account.role is Role.ADMINISTRATOR and account.disabled_at is None
    if was_one and (role is not Role.ADMINISTRATOR or disabled):
        _check_others(session, clinic_id, account_id)
    account.display_name = changes.get("display_name", account.display_name)
    if role is not account.role:
        account.role = role
        take_off_what_she_cannot_hold(session, account)
    if disabled and account.disabled_at is None:
        account.disabled_at = now
        sign_out_everywhere(session, account_id, because="disabled", now=now)
    elif not disabled:
        account.disabled_at = None
    account.version += 1
    session.flush()
    return account


def sign_out_staff(session: Session, clinic_id: UUID, account_id: UUID, *, now: datetime) -> None:
    """Sign somebody out on all her devices, at once.

    Raises:
        NotFound: nobody of this clinic's staff has this id.
    """
    _member(session, clinic_id, account_id)
    sign_out_everywhere(session, account_id, because="administrator", now=now)


def reset_factor(
    session: Session, viewer: Viewer, clinic_id: UUID, account_id: UUID, *, now: datetime
) -> None:
    """Take somebody's second factor away, because it is lost: she sets up another one.

    Her passkeys go with it, and her link to a single sign-on, which is made anew when she uses it.

    All her devices are signed out; until then her password alone opens her own account and
    nothing else.

    Raises:
        NotAllowed: of one's own it would be a way round the password.
        NotFound: nobody of this clinic's staff has this id.
    """
    if account_id == viewer.account_id:
        raise NotAllowed
    account = _member(session, clinic_id, account_id)
    account.totp_secret = account.totp_confirmed_at = account.totp_last_step = None
    session.execute(sa.delete(PendingFactor).where(PendingFactor.account_id == account_id))
    forget_recovery_codes(session, account_id)
    other_ways.forget(session, account_id)
    sign_out_everywhere(session, account_id, because="second-factor-reset", now=now)


def _member(session: Session, clinic_id: UUID, account_id: UUID) -> Account:
    # Locked: a sign-in at this moment is over before or comes after.
    account = session.scalar(
        sa.select(Account)
        .where(Account.id == account_id, Account.clinic_id == clinic_id, IS_STAFF)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if account is None:
        raise NotFound
    return account


def _check_others(session: Session, clinic_id: UUID, account_id: UUID) -> None:
    another = session.scalar(
        sa.select(Account.id)
        .where(
            Account.clinic_id == clinic_id,
            IS_STAFF,
            Account.role == Role.ADMINISTRATOR,
            Account.disabled_at.is_(None),
            Account.id != account_id,
        )
        .limit(1)
    )
    if another is None:
        raise LastAdministrator
