"""Files sealed for one reader: whoever has the database, or a copy of it, cannot read them.

The reader keeps a private key of X25519; the database knows its public half, which tells nobody
the other.  The writer makes a key pair for one file, and AES-256-GCM seals it piece by piece under
what the two agree on.  A piece opens in its own place only, and the last one says that it is.

Source: RFC 7748 (X25519), RFC 5869 (HKDF), NIST SP 800-38D (GCM).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
KEY_CHARACTERS = 43
PIECE = 256 * 1024
_NONCE_BYTES = 12


class NotOpened(Exception):
    """This is not the key the file is sealed for, or the file is not as it was written."""


def new_reader() -> tuple[str, bytes]:
    """Return a new private key as text, and its public half as 32 bytes."""
    key = X25519PrivateKey.generate()
    return urlsafe_b64encode(key.private_bytes_raw()).decode().rstrip("="), _public(key)


def public_of(private: str) -> bytes:
    """Return the public half of a private key.

    Raises:
        NotOpened: the text is no key.
    """
    return _public(_private_from(private))


def public_from(text: str) -> bytes:
    """Read a public key, 32 bytes in base64 of URLs.

    Raises:
        ValueError: it is none.
    """
    return _bytes_of(text)


def text_of(public: bytes) -> str:
    """Write a public key as ``public_from`` reads it."""
    return urlsafe_b64encode(public).decode().rstrip("=")


class Sealer:
    """Seals the pieces of one file for a reader.  ``writer`` has to be kept beside the file."""

    def __init__(self, reader: bytes) -> None:
        key = X25519PrivateKey.generate()
        self.writer = _public(key)
        self._cipher = _cipher(key, reader, self.writer, reader)

    def seal(self, number: int, piece: bytes, *, is_last: bool) -> bytes:
        """Seal the piece of this number, from 0; no number may be used twice."""
        return self._cipher.encrypt(_nonce(number), piece, _place(is_last))


class Opener:
    """Opens the pieces of a file with the reader's private key.

    Raises:
        NotOpened: the text is no key.
    """

    def __init__(self, private: str, writer: bytes) -> None:
        key = _private_from(private)
        self._cipher = _cipher(key, writer, writer, _public(key))

    def open(self, number: int, sealed: bytes, *, is_last: bool) -> bytes:
        """Open one piece.

        Raises:
            NotOpened: another key, another place, or not as it was written.
        """
        try:
            return self._cipher.decrypt(_nonce(number), sealed, _place(is_last))
        except InvalidTag:
            raise NotOpened from None


def _cipher(own: X25519PrivateKey, other: bytes, writer: bytes, reader: bytes) -> AESGCM:
    shared = own.exchange(X25519PublicKey.from_public_bytes(other))
    info = b"waymark sealed file 1" + writer + reader
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(shared))


def _nonce(number: int) -> bytes:
    # The key is this file's alone: counting is enough.
    return number.to_bytes(_NONCE_BYTES)


def _place(is_last: bool) -> bytes:
    return b"last" if is_last else b"more"


def _private_from(text: str) -> X25519PrivateKey:
    try:
        return X25519PrivateKey.from_private_bytes(_bytes_of(text))
    except ValueError:
        raise NotOpened from None


def _bytes_of(text: str) -> bytes:
    if not text.isascii() or len(text) != KEY_CHARACTERS:
        raise ValueError("not a key")
    found = urlsafe_b64decode(text + "=")
    if len(found) != KEY_BYTES:
        raise ValueError("not a key")
    return found


def _public(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
