"""Staying signed in on a device, and being cut off.  ``sign_in_actions`` is how one gets in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Account
from service.accounts.session_models import DeviceSession, RefreshToken
from service.accounts.tokens import new_secret, sha256_of
from service.errors import NotFound, NotSignedIn

# How long a phone that lost the answer to a refresh may ask for it again.
GRACE = timedelta(seconds=10)
# Why a device was signed out, as ``DeviceSession.revoked_because`` keeps it.
SIGNED_OUT, CUT_OFF, STEPPED_UP = "signed-out", "cut-off", "step-up"
# What a device was signed in with whose owner has given no password (``DeviceSession.proof``).
BY_MAIL = "mail"
_SESSIONS = cast(sa.Table, DeviceSession.__table__)
_TOKENS = cast(sa.Table, RefreshToken.__table__)


class TokenReused(NotSignedIn):
    """A spent refresh token came back: one of two holders stole it, so neither stays."""

    slug = "token-reused"
    title = "This device has been signed out. Please sign in again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What came of a refresh token: a device and its next token, or none, and why."""

    device: DeviceSession | None = None
    refresh_token: str | None = None
    was_reused: bool = False


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

    ``kind`` is ``app`` or ``dashboard``, ``proof`` is ``password``, ``passkey``, ``sso`` or
    ``mail``.  Who reads somebody's mail has not proved to be her: before what does harm, whoever
    came in so is asked for the password.
    """
    proved_at = None if proof == BY_MAIL else now
    device = DeviceSession(
        account_id=account_id, kind=kind, device_name=device_name, created_at=now,
        expires_at=now + lifetime, last_used_at=now, proved_at=proved_at, proof=proof,
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
    """Sign an account's owner out on a device, at once; once more is no error.

    The device stays known as hers (``known_devices``).

    Raises:
        NotFound: the account has no such device.
    """
    _end(session, session_id, account_id, because=SIGNED_OUT, now=now)


def cut_off(session: Session, session_id: UUID, *, account_id: UUID, now: datetime) -> None:
    """Sign out one of an account's devices from another one: it is not known as hers any more.

    Raises:
        NotFound: the account has no such device.
    """
    _end(session, session_id, account_id, because=CUT_OFF, now=now)


def _end(
    session: Session, session_id: UUID, account_id: UUID, *, because: str, now: datetime
) -> None:
    device = session.scalar(
        sa.select(DeviceSession).where(
            DeviceSession.id == session_id, DeviceSession.account_id == account_id
        )
    )
    if device is None:
        raise NotFound
    if device.revoked_at is None:
        device.revoked_at = now
        device.revoked_because = because


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
