"""Tokens: what a device holds to prove who it is, and links that do one thing.

An access token is signed, short-lived and names the device session; every request still asks
the database whether that session stands, so cutting a device off works at once.  A refresh
token is kept as its SHA-256 only: the first of a device is random,
each later one follows from the one before by the service's secret.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from itsdangerous import BadSignature, Signer


class TokenSigner:
    """Signs and reads what is handed out with the service's secret.

    Those are access tokens (``app``), cookies of the dashboard (``dashboard``), what a device is
    known by when it comes back (``known``), and links (``link``).
    """

    def __init__(self, secret_key: str) -> None:
        self._signers = {
            kind: Signer(
                secret_key, salt=f"waymark.{kind}", key_derivation="hmac",
                digest_method=hashlib.sha256,
            )
            for kind in ("app", "dashboard", "known", "link")
        }  # fmt: skip
        self._refresh_key = b"waymark.refresh|" + secret_key.encode()

    def sign(self, session_id: UUID, *, kind: str, expires_at: datetime) -> str:
        """Return a token for a device session, good until ``expires_at`` (whole seconds)."""
        claim = f"{session_id.hex}-{int(expires_at.timestamp())}"
        return self._signers[kind].sign(claim).decode()

    def read(self, token: str, *, kind: str, now: datetime) -> UUID | None:
        """Return the device session a token names, ``None`` if it is forged or has run out."""
        try:
            claim = self._signers[kind].unsign(token).decode("ascii")
        except (BadSignature, UnicodeError):
            return None
        session_hex, expires = claim.split("-")
        return UUID(hex=session_hex) if now.timestamp() < int(expires) else None

    def successor_of(self, refresh_token: str) -> str:
        """Return the refresh token that comes after one.

        Only this service can work it out, and only from the one before it: so an answer that
        was lost can be given again although nothing but its SHA-256 is kept.
        """
        return hmac.digest(self._refresh_key, refresh_token.encode(), "sha256").hex()

    def seal(self, claim: str) -> str:
        """Return what stands in a link: a claim of ASCII text, readable, that nobody can forge."""
        return self._signers["link"].sign(claim).decode()

    def unseal(self, token: str) -> str | None:
        """Return the claim of a link, ``None`` if it is forged.  It does not run out."""
        try:
            return self._signers["link"].unsign(token).decode("ascii")
        except (BadSignature, UnicodeError):
            return None


def new_secret() -> str:
    """Return 256 random bits, as text safe in addresses."""
    return secrets.token_urlsafe(32)


def sha256_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def lifetime_seconds(lifetime: timedelta) -> int:
    """Return a lifetime as clients are told it (``expires_in``)."""
    return int(lifetime.total_seconds())
