"""Adding passkeys, signing in with one, and taking them away.

What an authenticator signs is a challenge of ours: 256 random bits, kept as their SHA-256, good
once and for five minutes.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import passkey_rules as rules
from service.accounts.access import Viewer
from service.accounts.models import STAFF, Account
from service.accounts.passkey_models import Passkey, PasskeyChallenge
from service.accounts.passkey_rules import RelyingParty
from service.accounts.session_actions import sign_out_everywhere
from service.accounts.session_models import DeviceSession
from service.accounts.sso_models import SsoLink
from service.accounts.tokens import sha256_of
from service.errors import Conflict, NotFound, Rejected

CHALLENGE_LIFETIME = timedelta(minutes=5)
MOST_PASSKEYS = 20
_CHALLENGES = cast(sa.Table, PasskeyChallenge.__table__)


class PasskeyRefused(Rejected):
    """What the authenticator answered does not fit what it was asked."""

    slug = "passkey-refused"
    title = "This passkey could not be added. Please try again."


class PasskeyKnown(Conflict):
    """This very passkey has been added already."""

    slug = "passkey-known"
    title = "This passkey has been added already."


class TooManyPasskeys(Conflict):
    """Nobody carries more."""

    slug = "too-many-passkeys"
    title = f"You have {MOST_PASSKEYS} passkeys. Remove one you do not use first."


class LastSecondFactor(Conflict):
    """Without this passkey somebody who works here would have no second factor."""

    slug = "last-second-factor"
    title = "This is your only second factor. Add another passkey or set up six-digit codes first."


def begin_adding(session: Session, viewer: Viewer, party: RelyingParty, *, now: datetime) -> Any:
    """Return what the viewer's browser or app needs to make a passkey, as JSON.

    Raises:
        TooManyPasskeys: she has twenty.
    """
    existing = [one.credential_id for one in passkeys_of(session, viewer.account_id)]
    if len(existing) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    return rules.creation_options(
        party, account_id=viewer.account_id, email=viewer.email,
        display_name=viewer.display_name, existing=existing,
        challenge=_new_challenge(session, viewer.account_id, now=now),
    )  # fmt: skip


def add(
    session: Session,
    viewer: Viewer,
    party: RelyingParty,
    credential: Mapping[str, Any],
    *,
    name: str,
    now: datetime,
) -> Passkey:
    """Keep the passkey an authenticator has made for the viewer.

    The device it is added on has proved two factors from now on, as one that signs in with it.

    Raises:
        PasskeyRefused: it answers no challenge of hers, or not for this site.
        PasskeyKnown: somebody has it already.
    """
    challenge = _spend_challenge(session, credential, viewer.account_id, now=now)
    made = rules.check_made(party, credential, challenge=challenge) if challenge else None
    if made is None:
        raise PasskeyRefused(errors=[("/credential", PasskeyRefused.title)])
    if session.scalar(_by_credential(made.credential_id)) is not None:
        raise PasskeyKnown
    passkey = Passkey(
        account_id=viewer.account_id, name=name, created_at=now,
        credential_id=made.credential_id, public_key=made.public_key,
        sign_count=made.sign_count, is_synced=made.is_synced,
    )  # fmt: skip
    session.add(passkey)
    session.get_one(DeviceSession, viewer.session_id).proof = "passkey"
    session.flush()
    return passkey


def begin_sign_in(session: Session, party: RelyingParty, *, now: datetime) -> Any:
    """Return what a browser or an app needs to sign in with any passkey of this site, as JSON."""
    return rules.request_options(party, challenge=_new_challenge(session, None, now=now))


def finish_sign_in(
    session: Session, party: RelyingParty, credential: Mapping[str, Any], *, now: datetime
) -> Account | None:
    """Return whose passkey has signed, ``None`` if none of ours did.

    The caller commits in either case: a challenge that was tried is spent.
    """
    challenge = _spend_challenge(session, credential, None, now=now)
    if challenge is None:
        return None
    found = session.execute(
        _by_credential(str(credential.get("id")))
        .join(Account, Account.id == Passkey.account_id)
        .where(Account.disabled_at.is_(None))
        .add_columns(Account)
        .with_for_update()
    ).one_or_none()
    if found is None:
        return None
    passkey, account = found
    used = rules.check_used(
        party, credential, challenge=challenge, account_id=account.id,
        public_key=passkey.public_key, sign_count=passkey.sign_count,
    )  # fmt: skip
    if used is None:
        return None
    passkey.sign_count, passkey.is_synced = used
    passkey.last_used_at = now
    return cast(Account, account)


def rename(session: Session, account_id: UUID, passkey_id: UUID, *, name: str) -> Passkey:
    """Give one of an account's passkeys another name.

    Raises:
        NotFound: the account has no such passkey.
    """
    passkey = _own(session, account_id, passkey_id)
    passkey.name = name
    return passkey


def remove(session: Session, viewer: Viewer, passkey_id: UUID, *, now: datetime) -> Passkey:
    """Remove a passkey of the viewer's; all her other devices are signed out.

    Raises:
        NotFound: she has no such passkey.
        LastSecondFactor: she works here and would have no second factor left.
    """
    # Locked: two of two passkeys removed at once must not both be the last but one.
    account = session.get_one(Account, viewer.account_id, with_for_update=True)
    passkey = _own(session, account.id, passkey_id)
    if account.role in STAFF and not _has_another(session, account, passkey_id):
        raise LastSecondFactor
    session.delete(passkey)
    sign_out_everywhere(
        session, account.id, because="passkey-removed", now=now, but=viewer.session_id
    )
    return passkey


def passkeys_of(session: Session, account_id: UUID) -> list[Passkey]:
    """Return an account's passkeys, oldest first."""
    asked = sa.select(Passkey).where(Passkey.account_id == account_id)
    return list(session.scalars(asked.order_by(Passkey.created_at, Passkey.id)))


def _has_another(session: Session, account: Account, passkey_id: UUID) -> bool:
    if account.totp_confirmed_at is not None:
        return True
    another = sa.exists().where(Passkey.account_id == account.id, Passkey.id != passkey_id)
    link = sa.exists().where(SsoLink.account_id == account.id)
    return bool(session.scalar(sa.select(sa.or_(another, link))))


def _own(session: Session, account_id: UUID, passkey_id: UUID) -> Passkey:
    passkey = session.get(Passkey, passkey_id)
    if passkey is None or passkey.account_id != account_id:
        raise NotFound
    return passkey


def _by_credential(credential_id: str) -> sa.Select[Any]:
    return sa.select(Passkey).where(Passkey.credential_id == credential_id)


def _new_challenge(session: Session, account_id: UUID | None, *, now: datetime) -> bytes:
    session.execute(sa.delete(_CHALLENGES).where(_CHALLENGES.c.expires_at <= now))
    challenge = secrets.token_bytes(32)
    session.add(
        PasskeyChallenge(
            sha256=_digest(challenge), account_id=account_id, expires_at=now + CHALLENGE_LIFETIME
        )
    )
    session.flush()
    return challenge


def _spend_challenge(
    session: Session, credential: Mapping[str, Any], account_id: UUID | None, *, now: datetime
) -> bytes | None:
    """Return the challenge that was answered and strike it off, ``None`` if it is none of ours."""
    challenge = rules.challenge_of(credential)
    if challenge is None:
        return None
    spent = session.execute(
        sa.delete(_CHALLENGES)
        .where(
            _CHALLENGES.c.sha256 == _digest(challenge),
            _CHALLENGES.c.account_id.is_not_distinct_from(account_id),
            _CHALLENGES.c.expires_at > now,
        )
        .returning(_CHALLENGES.c.sha256)
    ).one_or_none()
    return challenge if spent is not None else None


def _digest(challenge: bytes) -> str:
    return sha256_of(challenge.hex())
