"""What an account with a second factor proves itself with, whichever kind it brings.

A further kind gets a column in ``Proof``: ``read`` finds out what a text may be, for anybody and in
the same time, ``spend`` lets it count, once, for somebody whose password was right.
"""

from datetime import datetime
from typing import NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.factor import new_factor_secret, step_of
from service.accounts.models import Account
from service.accounts.rules import normal_code
from service.accounts.session_models import RecoveryCode
from service.accounts.tokens import sha256_of

_NOBODYS_SECRET = new_factor_secret()
_ACCOUNTS = cast(sa.Table, Account.__table__)
_CODES = cast(sa.Table, RecoveryCode.__table__)


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


def spend(session: Session, account: Account, proof: Proof, *, now: datetime) -> bool:
    """Tell whether a proof counts for this account; each counts once.

    A code read over a shoulder is worth nothing once its owner has used it.
    """
    if proof.step is not None:
        last = _ACCOUNTS.c.totp_last_step
        spent = session.execute(
            sa.update(_ACCOUNTS)
            .where(_ACCOUNTS.c.id == account.id, sa.or_(last.is_(None), last < proof.step))
            .values(totp_last_step=proof.step)
            .returning(_ACCOUNTS.c.id)
        )
    else:
        spent = session.execute(
            sa.update(_CODES)
            .where(
                _CODES.c.sha256 == proof.recovery_sha256,
                _CODES.c.account_id == account.id,
                _CODES.c.used_at.is_(None),
            )
            .values(used_at=now)
            .returning(_CODES.c.account_id)
        )
    return spent.one_or_none() is not None
