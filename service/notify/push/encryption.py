"""Encryption of what a browser is sent, so that its push service cannot read it (RFC 8291)."""

import base64
import binascii
import os
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# One record of this size is what every push service has to take (RFC 8030 section 7.2).
RECORD = 4096
_SECRET = 16
_LAST_RECORD = b"\x02"


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """A browser's keys for the messages to it: its public one, and a secret it shares with us."""

    public: ec.EllipticCurvePublicKey
    secret: bytes = field(repr=False)

    @classmethod
    def from_text(cls, *, p256dh: str, auth: str) -> Self:
        """Read the keys of a subscription: an uncompressed point and 16 bytes, in base64url.

        Raises:
            ValueError: one of them is none.
        """
        secret = unpadded(auth)
        if len(secret) != _SECRET:
            raise ValueError("not 16 bytes")
        point = unpadded(p256dh)
        return cls(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point), secret)


def encrypted(plain: bytes, keys: BrowserKeys) -> bytes:
    """Return a message only the browser with these keys can read, in one ``aes128gcm`` record.

    Args:
        plain: at most 3993 bytes.
        keys: the browser's.

    Source: RFC 8291 sections 3.3 and 3.4, RFC 8188 section 2.
    """
    own = ec.generate_private_key(ec.SECP256R1())
    own_point = point_of(own.public_key())
    shared = own.exchange(ec.ECDH(), keys.public)
    points = point_of(keys.public) + own_point
    key = _derived(32, shared, keys.secret, b"WebPush: info\x00" + points)
    salt = os.urandom(16)
    cipher = AESGCM(_derived(16, key, salt, b"Content-Encoding: aes128gcm\x00"))
    nonce = _derived(12, key, salt, b"Content-Encoding: nonce\x00")
    header = salt + RECORD.to_bytes(4, "big") + bytes([len(own_point)]) + own_point
    return header + cipher.encrypt(nonce, plain + _LAST_RECORD, None)


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as an uncompressed point, 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def unpadded(text: str) -> bytes:
    """Return what base64url without padding stands for.

    Raises:
        ValueError: it is not base64url.
    """
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_", True)
    except binascii.Error:
        raise ValueError("not base64url") from None


def base64url(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _derived(length: int, key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(key)
