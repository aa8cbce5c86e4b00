"""What an account with a second factor proves itself with, whichever kind it brings.

A further kind gets a column in ``Proof``: ``read`` finds out what a text may be, for anybody and in
the same time, ``spend`` lets it count, once, for somebody whose password was right.
"""

from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.codes import new_long_code
from service.accounts.factor import new_factor_secret, step_of
from service.accounts.models import Account
from service.accounts.rules import normal_code
from service.accounts.session_models import RecoveryCode
from service.accounts.tokens import sha256_of
from service.errors import Conflict

RECOVERY_CODES = 10
_NOBODYS_SECRET = new_factor_secret()
_NOBODYS_ID = UUID(int=0)
_ACCOUNTS = cast(sa.Table, Account.__table__)
_CODES = cast(sa.Table, RecoveryCode.__table__)


class NoFactor(Conflict):
    """There is no second factor yet that recovery codes could stand in for."""

    slug = "no-factor"
    title = "Set up a second factor first."


class Proof(NamedTuple):
    """What a text proves: the 30-second step its six digits belong to, or perhaps a recovery code.

    ``step`` is ``None`` if it is no code of about now; ``recovery_sha256`` may be nobody's.
    """

    step: int | None
    recovery_sha256: str


def read(account: Account | None, text: str | None, *, now: datetime) -> Proof:
    """Find out what a text is; with no account it takes as long."""
    has_one = account is not None and account.totp_confirmed_at is not None
    secret = account.totp_secret if account is not None and has_one else None
    return Proof(
        step=step_of(secret or _NOBODYS_SECRET, text or "", now=now),
        recovery_sha256=sha256_of(normal_code(text or "")),
    )


def spend(session: Session, account_id: UUID | None, proof: Proof, *, now: datetime) -> bool:
    """Tell whether a proof counts for this account; each counts once.

    A code read over a shoulder is worth nothing once its owner has used it.  For ``None`` none
    counts, after the same work.
    """
    whose = account_id or _NOBODYS_ID
    if proof.step is not None:
        last = _ACCOUNTS.c.totp_last_step
        spent = session.execute(
            sa.update(_ACCOUNTS)
            .where(
                _ACCOUNTS.c.id == whose,
                sa.or_(last.is_(None), last < proof.step),
            )
            .values(totp_last_step=proof.step)
            .returning(_ACCOUNTS.c.id)
        )
    else:
        spent = session.execute(
            sa.update(_CODES)
            .where(
                _CODES.c.sha256 == proof.recovery_sha256,
                _CODES.c.account_id == whose,
                _CODES.c.used_at.is_(None),
            )
            .values(used_at=now)
            .returning(_CODES.c.account_id)
        )
    return spent.one_or_none() is not None


def has_codes(session: Session, account_id: UUID) -> bool:
    """Tell whether somebody has six digits to give; a passkey or another's word has none."""
    confirmed = sa.select(_ACCOUNTS.c.totp_confirmed_at).where(_ACCOUNTS.c.id == account_id)
    return session.scalar(confirmed) is not None


def new_recovery_codes(session: Session, account_id: UUID, *, now: datetime) -> list[str]:
    """Return ten codes that stand in for a lost phone, once each; those before them are void."""
    codes = [new_long_code() for _ in range(RECOVERY_CODES)]
    forget_recovery_codes(session, account_id)
    rows = [
        {"sha256": sha256_of(code), "account_id": account_id, "created_at": now} for code in codes
    ]
    session.execute(sa.insert(_CODES), rows)
    return codes


def recovery_codes_left(session: Session, account_id: UUID) -> int:
    """Return how many of an account's recovery codes have not been used."""
    left = sa.select(sa.func.count()).where(
        _CODES.c.account_id == account_id, _CODES.c.used_at.is_(None)
    )
    return session.scalar(left) or 0


def forget_recovery_codes(session: Session, account_id: UUID) -> None:
    """Let none of an account's recovery codes count any more."""
    session.execute(sa.delete(_CODES).where(_CODES.c.account_id == account_id))
