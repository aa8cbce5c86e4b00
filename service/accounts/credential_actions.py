"""Changing what somebody proves herself with: a forgotten password, a second factor."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import mailed_codes, throttle
from service.accounts.factor import new_factor_secret, step_of
from service.accounts.mailed_codes import MailOwner
from service.accounts.models import STAFF, Account, Clinic
from service.accounts.rules import (
    PASSWORD_LEAST,
    PASSWORD_LEAST_ALONE,
    is_easily_guessed,
)
from service.accounts.session_actions import sign_out_everywhere
from service.accounts.session_models import PasswordReset, PendingFactor
from service.accounts.tokens import new_secret, sha256_of
from service.errors import Conflict, Rejected

RESET_LIFETIME = timedelta(minutes=10)
FACTOR_LIFETIME = timedelta(minutes=10)
_RESETS = cast(sa.Table, PasswordReset.__table__)


class PasswordTooCommon(Rejected):
    """The password is among the first that anybody would try."""

    slug = "password-too-common"
    title = "This password is too easy to guess."


class PasswordTooShort(Rejected):
    """The password has too few characters for an account without a second factor."""

    slug = "password-too-short"
    title = "This password is too short."


class ResetCodeInvalid(Rejected):
    """The code is unknown, used, or has run out."""

    slug = "reset-code-invalid"
    title = "This code is not valid. Ask for a new one."


class NoFactorPending(Conflict):
    """No second factor is being set up, or it was begun too long ago."""

    slug = "no-factor-pending"
    title = "Begin setting up the second factor again."


class FactorCodeWrong(Rejected):
    """The six digits are not those of the secret shown."""

    slug = "factor-code-wrong"
    title = "These six digits are not right."


def check_password(password: str, *, email: str, is_staff: bool, names: Sequence[str] = ()) -> None:
    """Let a new password past; there are no rules on its characters, and it never runs out.

    Args:
        password: as typed, in Unicode's form NFC.
        email: whose it is to be.
        is_staff: staff never sign in without a second factor, so fewer characters do for them.
        names: hers and her clinic's, as far as they are known.

    Raises:
        PasswordTooShort: 8 characters with a second factor, 15 without.
        PasswordTooCommon: it is among the first that anybody would try.
    """
    least = PASSWORD_LEAST if is_staff else PASSWORD_LEAST_ALONE
    if len(password) < least:
        raise PasswordTooShort(errors=[("/password", f"Needs at least {least} characters.")])
    if is_easily_guessed(password, email=email, names=names):
        raise PasswordTooCommon(errors=[("/password", "Choose one that is harder to guess.")])


def ask_for_reset(session: Session, email: str, *, now: datetime) -> tuple[str, MailOwner | None]:
    """Make out a code for setting a new password; ``None`` if nobody has this address.

    The transaction is left the owner's clinic, where the mail to her is to be written.
    """
    owner = mailed_codes.owner_of(session, email)
    code = new_secret()
    session.add(
        PasswordReset(
            sha256=sha256_of(code), account_id=owner.account_id if owner else None,
            expires_at=now + RESET_LIFETIME,
        )
    )  # fmt: skip
    session.flush()
    return code, owner


def check_reset(session: Session, code: str, password: str, *, now: datetime) -> None:
    """Let a new password past for the account a code is of.

    Raises:
        ResetCodeInvalid: the code is unknown, used, or has run out.
        PasswordTooShort: see ``check_password``.
        PasswordTooCommon: likewise.
    """
    found = session.execute(
        sa.select(Account.email, Account.role, Account.display_name, Clinic.name)
        .join(PasswordReset, PasswordReset.account_id == Account.id)
        .outerjoin(Clinic, Clinic.id == Account.clinic_id)
        .where(
            PasswordReset.sha256 == sha256_of(code),
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > now,
            Account.disabled_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        raise ResetCodeInvalid
    check_password(
        password, email=found.email, is_staff=found.role in STAFF,
        names=(found.display_name, found.name or ""),
    )  # fmt: skip


def reset_password(session: Session, code: str, *, password_hash: str, now: datetime) -> Account:
    """Set a new password with a mailed code, and return whose it is.

    All devices are cut off, all other codes void.

    Raises:
        ResetCodeInvalid: the code is unknown, used, or has run out.
    """
    account_id = session.execute(
        sa.update(_RESETS)
        .where(
            _RESETS.c.sha256 == sha256_of(code),
            _RESETS.c.used_at.is_(None),
            _RESETS.c.expires_at > now,
            _RESETS.c.account_id.is_not(None),
        )
        .values(used_at=now)
        .returning(_RESETS.c.account_id)
    ).scalar_one_or_none()
    if account_id is None:
        raise ResetCodeInvalid
    account = session.get_one(Account, account_id)
    set_password(session, account, password_hash, because="password-reset", now=now)
    return account


def set_password(
    session: Session,
    account: Account,
    password_hash: str,
    *,
    because: str,
    now: datetime,
    but: UUID | None = None,
) -> None:
    """Put a new password in force: no code mailed before counts, and all devices are cut off.

    ``but`` is the device that stays signed in, ``None`` for none.
    """
    account.password_hash = password_hash
    void_codes(session, account.id, now=now)
    # What others guessed at is gone.  So she gets in at once, on a device nobody knows too.
    throttle.forgive(session, account.email_key)
    sign_out_everywhere(session, account.id, because=because, now=now, but=but)


def void_codes(session: Session, account_id: UUID, *, now: datetime) -> None:
    """Let nothing count any more that was mailed to somebody to get in or to change how."""
    session.execute(
        sa.update(_RESETS)
        .where(_RESETS.c.account_id == account_id, _RESETS.c.used_at.is_(None))
        .values(used_at=now)
    )
    mailed_codes.void(session, account_id)


def begin_factor(session: Session, account_id: UUID, *, now: datetime) -> str:
    """Return a new secret for an authenticator app.  It counts once confirmed."""
    secret = new_factor_secret()
    session.merge(
        PendingFactor(account_id=account_id, secret=secret, expires_at=now + FACTOR_LIFETIME)
    )
    session.flush()
    return secret


def confirm_factor(
    session: Session, account_id: UUID, code: str, *, on: UUID, now: datetime
) -> None:
    """Put the pending second factor in force and cut off all devices but the one it is done on.

    Raises:
        NoFactorPending: none was begun within ten minutes.
        FactorCodeWrong: the app that showed this code has another secret.
    """
    pending = session.get(PendingFactor, account_id)
    if pending is None or pending.expires_at <= now:
        raise NoFactorPending
    step = step_of(pending.secret, code, now=now)
    if step is None:
        raise FactorCodeWrong(errors=[("/totp_code", "These are not the six digits of now.")])
    account = session.get_one(Account, account_id)
    account.totp_secret = pending.secret
    account.totp_confirmed_at = now
    account.totp_last_step = step
    session.delete(pending)
    sign_out_everywhere(session, account_id, because="second-factor-changed", now=now, but=on)
