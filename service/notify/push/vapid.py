"""Who sends: the key that identifies this site to browsers' push services (RFC 8292)."""

from datetime import datetime, timedelta
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from service.errors import NotFound
from service.notify.push.encryption import base64url, point_of, unpadded
from service.notify.push.tokens import Token, Tokens

# The protocol allows a day; half of it leaves room for clocks that disagree.
_LIFETIME = timedelta(hours=12)
_RENEWED_BEFORE = timedelta(hours=1)
_BYTES = 32


class NoWebPush(NotFound):
    """This site sends no pushes to browsers."""

    slug = "no-web-push"
    title = "This site sends no messages to browsers."


class VapidKey:
    """A site's key pair.  Browsers subscribe to the public one, so changing it loses them all."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private

    @classmethod
    def new(cls) -> Self:
        """Make a key pair."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a private key: 32 bytes in base64url.

        Raises:
            ValueError: it is none.
        """
        data = unpadded(text)
        if len(data) != _BYTES:
            raise ValueError("not 32 bytes in base64url")
        return cls(ec.derive_private_key(int.from_bytes(data, "big"), ec.SECP256R1()))

    @property
    def private_text(self) -> str:
        """Return the private key as ``from_text`` reads it."""
        number = self._private.private_numbers().private_value
        return base64url(number.to_bytes(_BYTES, "big"))

    @property
    def public_text(self) -> str:
        """Return the public key as a browser's ``applicationServerKey``."""
        return base64url(point_of(self._private.public_key()))

    def signed(self, claims: dict[str, object]) -> str:
        """Return a token with these claims."""
        return jwt.encode({"alg": "ES256"}, claims, ECKey.import_key(self._private))


class Vapid:
    """Introduces this site to push services, with a token for each that is kept while it holds.

    Args:
        key: the site's.
        subject: ``mailto:`` or ``https:``, whom a push service may ask.
    """

    def __init__(self, key: VapidKey, subject: str) -> None:
        self._key, self._subject = key, subject
        self._tokens = Tokens(self._made)

    def authorization(self, origin: str, *, now: datetime) -> str:
        """Return the ``Authorization`` header for a push service at ``https://host``."""
        token = self._tokens.get(origin, now=now)
        return f"vapid t={token.text}, k={self._key.public_text}"

    def _made(self, origin: str, now: datetime) -> Token:
        until = now + _LIFETIME
        claims = {"aud": origin, "exp": int(until.timestamp()), "sub": self._subject}
        return Token(self._key.signed(claims), made_at=now, renew_at=until - _RENEWED_BEFORE)
