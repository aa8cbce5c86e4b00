"""Signing in with a password, and a code where there is a second factor.

It is three steps, because hashing is slow and belongs in no transaction::

    with transaction() as session:
        attempt = begin_sign_in(session, ...)       # counted, whatever comes of it
    throttle.check(attempt.tried)
    is_right = passwords.is_right(attempt.password_hash, password)
    with transaction() as session:
        account = finish_sign_in(session, attempt, is_right=is_right, ...)
    if account is None:
        raise SignInFailed

Whoever is refused sees the same answer after the same work, whichever part was wrong.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import known_devices, other_ways, second_factor, throttle
from service.accounts.models import Account
from service.accounts.rules import email_key
from service.accounts.second_factor import Proof
from service.accounts.throttle import Tried
from service.errors import NotSignedIn


class SignInFailed(NotSignedIn):
    """Address, password or code was wrong; which one is not said."""

    slug = "sign-in-failed"
    title = "This e-mail address, password or code is not right."


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody tries to sign in as the owner of an address, who may not exist."""

    email_key: str
    password_hash: str | None
    tried: Tried


def begin_sign_in(
    session: Session,
    *,
    email: str,
    address: str | None,
    known: UUID | None = None,
    most: int,
    now: datetime,
) -> Attempt:
    """Count an attempt and find what its password is to be compared with.

    Args:
        session: in a transaction, which is committed whatever comes of the attempt.
        email: whose account it is to be.
        address: where the request comes from.
        known: the device it says it is; one that is hers has a budget of its own.
        most: how many tries a minute an address, an account or a device has.
        now: when this happens.
    """
    key = email_key(email)
    device = known_devices.counter_of(session, known, email_key=key)
    counters = (
        [device] if device else [throttle.of_address(address, most=most), throttle.of_account(key)]
    )
    tried = throttle.begin(session, *counters, most=most, now=now)
    password_hash = session.scalar(
        sa.select(Account.password_hash).where(
            Account.email_key == key, Account.disabled_at.is_(None)
        )
    )
    return Attempt(email_key=key, password_hash=password_hash, tried=tried)


def finish_sign_in(
    session: Session,
    attempt: Attempt,
    *,
    is_right: bool,
    totp_code: str | None,
    now: datetime,
    new_hash: str | None = None,
) -> Account | None:
    """Return whose attempt this was, or ``None`` if it fails.

    An account with a second factor needs a code it has not used before; a wrong code is as much
    of a mistake as a wrong password, and nobody is told which it was.
    """
    # Locked: a password reset either waits for this sign-in and ends it, or has come first.
    account = session.scalar(
        sa.select(Account)
        .where(
            Account.email_key == attempt.email_key,
            # Nobody's is no hash: the question is the same one.
            Account.password_hash == (attempt.password_hash or ""),
            Account.disabled_at.is_(None),
        )
        .with_for_update()
    )
    owner = account if is_right else None
    proof = second_factor.read(account, totp_code, now=now)
    if not has_second_factor(session, owner, proof, now=now) or owner is None:
        return None
    if new_hash is not None:
        owner.password_hash = new_hash
    throttle.succeed(session, attempt.tried)
    return owner


def has_second_factor(
    session: Session, owner: Account | None, proof: Proof, *, now: datetime
) -> bool:
    """Tell whether a code counts, or none is asked for; with one statement, for nobody too."""
    if owner is not None and owner.totp_confirmed_at is None:
        return not other_ways.are_needed(session, owner)
    owner_id = owner.id if owner is not None else None
    return second_factor.spend(session, owner_id, proof, now=now)
