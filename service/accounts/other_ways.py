"""Ways to sign in besides the password: passkeys, and another organisation's word."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import STAFF, Account
from service.accounts.passkey_models import Passkey
from service.accounts.sso_models import SsoLink

# What counts for two factors: a passkey is had and unlocked by its owner; a provider has asked
# for a second factor of its own.
BOTH_FACTORS = frozenset({"passkey", "sso"})


def are_needed(session: Session, account: Account) -> bool:
    """Tell whether a password alone does not let somebody in, although no code can be asked for.

    Staff whose second factor is a passkey or a provider's: whoever has found out the password
    could otherwise sign in with it and set up a second factor of her own.
    """
    if account.role not in STAFF or account.totp_confirmed_at is not None:
        return False
    return bool(
        session.scalar(
            sa.select(
                sa.or_(
                    sa.exists().where(Passkey.account_id == account.id),
                    sa.exists().where(SsoLink.account_id == account.id),
                )
            )
        )
    )


def forget(session: Session, account_id: UUID) -> None:
    """Remove every such way of an account."""
    session.execute(sa.delete(Passkey).where(Passkey.account_id == account_id))
    session.execute(sa.delete(SsoLink).where(SsoLink.account_id == account_id))
