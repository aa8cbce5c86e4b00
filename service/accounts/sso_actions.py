"""Signing in by another organisation's word: sent there, come back, and found among our staff."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import IS_STAFF, Account
from service.accounts.rules import email_key
from service.accounts.sso_models import SsoAttempt, SsoLink
from service.accounts.sso_rules import Identity
from service.accounts.tokens import new_secret, sha256_of
from service.errors import NotAllowed
from service.row_security import Narrowed

ATTEMPT_LIFETIME = timedelta(minutes=10)
_ATTEMPTS = cast(sa.Table, SsoAttempt.__table__)


class NobodyHere(NotAllowed):
    """The organisation knows this person, and no account of this clinic's staff is hers."""

    slug = "sso-nobody-here"
    title = "Your organisation knows you, but you have no account here yet."


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is sent along to the provider, and what has to come back."""

    state: str
    nonce: str
    code_verifier: str
    next_page: str


def begin(session: Session, *, next_page: str, now: datetime) -> Attempt:
    """Send somebody to the provider; ``next_page`` is where she wanted to go, or empty."""
    session.execute(sa.delete(_ATTEMPTS).where(_ATTEMPTS.c.expires_at <= now))
    attempt = Attempt(new_secret(), new_secret(), new_secret(), next_page)
    session.add(
        SsoAttempt(
            sha256=sha256_of(attempt.state), nonce=attempt.nonce, next_page=next_page,
            code_verifier=attempt.code_verifier, expires_at=now + ATTEMPT_LIFETIME,
        )
    )  # fmt: skip
    session.flush()
    return attempt


def take(session: Session, state: str, *, now: datetime) -> Attempt | None:
    """Return the attempt that has come back and strike it off; ``None`` if there is none."""
    row = session.execute(
        sa.delete(_ATTEMPTS)
        .where(_ATTEMPTS.c.sha256 == sha256_of(state), _ATTEMPTS.c.expires_at > now)
        .returning(_ATTEMPTS.c.nonce, _ATTEMPTS.c.code_verifier, _ATTEMPTS.c.next_page)
    ).one_or_none()
    return Attempt(state, *row) if row is not None else None


def account_of(
    session: Session, identity: Identity, *, issuer: str, clinic_id: UUID | None, now: datetime
) -> tuple[Account, bool]:
    """Return whose identity this is, and whether it is known from now on.

    The first time an account is found by its e-mail address, which the provider must have
    verified; afterwards by the subject alone, for an address may be given to somebody else.
    No account is made, and none gets another role.

    Args:
        session: in a transaction.
        identity: as the provider gave it.
        issuer: the provider.
        clinic_id: the clinic whose staff it vouches for; ``None`` for all of this site.
        now: when this happens.

    Raises:
        NobodyHere: no account fits, or the one that does is known under another subject.
    """
    works_here = [IS_STAFF, Account.disabled_at.is_(None)]
    if clinic_id is not None:
        works_here.append(Account.clinic_id == clinic_id)
    of_issuer = sa.select(SsoLink.account_id).where(SsoLink.issuer == issuer)
    linked = of_issuer.where(SsoLink.subject == identity.subject)
    # The transaction is left the clinic of whom is found: what follows is written there.
    found = sa.select(Account, Narrowed(Account.clinic_id, sa.null())).where(*works_here)
    if session.scalar(linked) is not None:
        account = session.scalar(found.where(Account.id.in_(linked)))
        if account is None:
            raise NobodyHere
        return account, False
    if identity.email is None:
        raise NobodyHere
    account = session.scalar(
        found.where(
            Account.email_key == email_key(identity.email), Account.id.not_in(of_issuer)
        ).with_for_update()
    )
    if account is None:
        raise NobodyHere
    session.add(
        SsoLink(account_id=account.id, issuer=issuer, subject=identity.subject, created_at=now)
    )
    session.flush()
    return account, True
