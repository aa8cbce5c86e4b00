"""Signing in, staying signed in, and being cut off.

Signing in is three steps, because hashing is slow and belongs in no transaction::

    with transaction() as session:
        attempt = begin_sign_in(session, ...)       # counted, whatever comes of it
    throttle.check(attempt.attempts, ...)
    is_right = passwords.is_right(attempt.password_hash, password)
    with transaction() as session:
        account = finish_sign_in(session, attempt, is_right=is_right, ...)
    if account is None:
        raise SignInFailed

Whoever is refused sees the same answer after the same work, whichever part was wrong.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import other_ways, second_factor, throttle
from service.accounts.models import Account
from service.accounts.rules import email_key
from service.accounts.session_models import DeviceSession, RefreshToken
from service.accounts.tokens import new_secret, sha256_of
from service.errors import NotFound, NotSignedIn

# Six digits have a million values and three are right at a time.
CODES_A_MINUTE = 5
# How long a phone that lost the answer to a refresh may ask for it again.
GRACE = timedelta(seconds=10)
_SESSIONS = cast(sa.Table, DeviceSession.__table__)
_TOKENS = cast(sa.Table, RefreshToken.__table__)


class SignInFailed(NotSignedIn):
    """Address, password or code was wrong; which one is not said."""

    slug = "sign-in-failed"
    title = "This e-mail address, password or code is not right."


class TokenReused(NotSignedIn):
    """A spent refresh token came back: one of two holders stole it, so neither stays."""

    slug = "token-reused"
    title = "This device has been signed out. Please sign in again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody tries to sign in as the owner of an address, who may not exist.

    ``attempts`` is how often the address called from, or this account, has tried this minute.
    """

    email_key: str
    password_hash: str | None
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What came of a refresh token: a device and its next token, or none, and why."""

    device: DeviceSession | None = None
    refresh_token: str | None = None
    was_reused: bool = False


def begin_sign_in(session: Session, *, email: str, address: str | None, now: datetime) -> Attempt:
    """Count an attempt and find what its password is to be compared with."""
    key = email_key(email)
    attempts = throttle.count(session, throttle.address_key(address), f"account|{key}", now=now)
    password_hash = session.scalar(
        sa.select(Account.password_hash).where(
            Account.email_key == key, Account.disabled_at.is_(None)
        )
    )
    return Attempt(email_key=key, password_hash=password_hash, attempts=attempts)


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

    An account with a second factor needs a code it has not used before.  After five codes in a
    minute none is right any more, and nobody is told that the password was.
    """
    # Counted apart, or a stranger without the password could use up the owner's five.
    codes = throttle.count(session, f"code|{is_right}|{attempt.email_key}", now=now)
    # Locked: a password reset either waits for this sign-in and ends it, or has come first.
    account = session.scalar(
        sa.select(Account)
        .where(
            Account.email_key == attempt.email_key,
            Account.password_hash == attempt.password_hash,
            Account.disabled_at.is_(None),
        )
        .with_for_update()
    )
    proof = second_factor.read(account, totp_code, now=now)
    if account is None or not is_right:
        return None
    if other_ways.are_needed(session, account):
        return None
    if account.totp_confirmed_at is not None and (
        codes > CODES_A_MINUTE or not second_factor.spend(session, account, proof, now=now)
    ):
        return None
    if new_hash is not None:
        account.password_hash = new_hash
    return account


def open_session(
    session: Session,
    account_id: UUID,
    *,
    kind: str,
    device_name: str | None,
    lifetime: timedelta,
    now: datetime,
    proof: str = "password",
) -> DeviceSession:
    """Sign an account in on a device.

    ``kind`` is ``app`` or ``dashboard``, ``proof`` is ``password``, ``passkey`` or ``sso``.
    """
    device = DeviceSession(
        account_id=account_id, kind=kind, device_name=device_name, created_at=now,
        expires_at=now + lifetime, last_used_at=now, proved_at=now, proof=proof,
    )  # fmt: skip
    session.add(device)
    session.flush()
    return device


def issue_refresh_token(
    session: Session, device: DeviceSession, *, now: datetime, token: str | None = None
) -> str:
    """Return a new refresh token, good as long as the device stays signed in.

    ``token`` is the one it is to be; ``None`` makes a random one.
    """
    token = token or new_secret()
    session.add(
        RefreshToken(
            sha256=sha256_of(token), session_id=device.id, issued_at=now,
            expires_at=device.expires_at,
        )
    )  # fmt: skip
    session.flush()
    return token


def rotate(
    session: Session,
    refresh_token: str,
    *,
    successor: str,
    request_key: str | None,
    lifetime: timedelta,
    longest: timedelta,
    now: datetime,
) -> Rotation:
    """Spend a refresh token for the next one.

    Of two who bring the same token at once one wins.  The other brings a spent one, and a spent
    one revokes the device; the caller commits that before it answers.  Who repeats a request
    within ten seconds, with the ``request_key`` nobody else knows, has only lost the answer.

    Args:
        session: in a transaction.
        refresh_token: the one brought.
        successor: the one that follows it (``TokenSigner.successor_of``).
        request_key: the request's ``Idempotency-Key``; ``None`` if it has none.
        lifetime: how long a device may be silent.
        longest: how long it may stay signed in at all.
        now: when this happens.
    """
    digest = sha256_of(refresh_token)
    key_digest = sha256_of(request_key) if request_key else None
    spent = session.execute(
        sa.update(_TOKENS)
        .where(_TOKENS.c.sha256 == digest, _TOKENS.c.spent_at.is_(None), _TOKENS.c.expires_at > now)
        .values(spent_at=now, spent_with_sha256=key_digest)
        .returning(_TOKENS.c.session_id)
    ).scalar_one_or_none()
    if spent is None:
        answered = _answered_before(session, digest, key_digest, sha256_of(successor), now)
        device = _device_in_use(session, answered) if answered is not None else None
        if device is not None:
            return Rotation(device=device, refresh_token=successor)
        return Rotation(was_reused=_revoke_if_spent(session, digest, now))
    device = _device_in_use(session, spent)
    if device is None:
        return Rotation()
    device.last_used_at = now
    device.expires_at = min(now + lifetime, device.created_at + longest)
    issue_refresh_token(session, device, now=now, token=successor)
    return Rotation(device=device, refresh_token=successor)


def _device_in_use(session: Session, session_id: UUID) -> DeviceSession | None:
    return session.scalar(
        sa.select(DeviceSession)
        .join(Account, Account.id == DeviceSession.account_id)
        .where(
            DeviceSession.id == session_id,
            DeviceSession.revoked_at.is_(None),
            Account.disabled_at.is_(None),
        )
    )


def _answered_before(
    session: Session, digest: str, key_digest: str | None, successor: str, now: datetime
) -> UUID | None:
    """Return the device whose answer was lost: asked again in time, and what it got not used."""
    if key_digest is None:
        return None
    before, after = _TOKENS, _TOKENS.alias()
    return session.scalar(
        sa.select(before.c.session_id)
        .join(after, after.c.session_id == before.c.session_id)
        .where(
            before.c.sha256 == digest,
            before.c.spent_with_sha256 == key_digest,
            before.c.spent_at > now - GRACE,
            after.c.sha256 == successor,
            after.c.spent_at.is_(None),
        )
    )


def sign_out(session: Session, session_id: UUID, *, account_id: UUID, now: datetime) -> None:
    """Cut one of an account's devices off, at once; once more is no error.

    Raises:
        NotFound: the account has no such device.
    """
    device = session.scalar(
        sa.select(DeviceSession).where(
            DeviceSession.id == session_id, DeviceSession.account_id == account_id
        )
    )
    if device is None:
        raise NotFound
    if device.revoked_at is None:
        device.revoked_at = now
        device.revoked_because = "signed-out"


def sign_out_everywhere(
    session: Session, account_id: UUID, *, because: str, now: datetime, but: UUID | None = None
) -> None:
    """Cut all of an account's devices off, but the one named."""
    session.execute(
        sa.update(_SESSIONS)
        .where(
            _SESSIONS.c.account_id == account_id,
            _SESSIONS.c.revoked_at.is_(None),
            _SESSIONS.c.id != but if but is not None else sa.true(),
        )
        .values(revoked_at=now, revoked_because=because)
    )


def _revoke_if_spent(session: Session, digest: str, now: datetime) -> bool:
    session_id = session.scalar(
        sa.select(_TOKENS.c.session_id).where(
            _TOKENS.c.sha256 == digest, _TOKENS.c.spent_at.is_not(None)
        )
    )
    if session_id is None:
        return False
    session.execute(
        sa.update(_SESSIONS)
        .where(_SESSIONS.c.id == session_id, _SESSIONS.c.revoked_at.is_(None))
        .values(revoked_at=now, revoked_because="token-reused")
    )
    return True
