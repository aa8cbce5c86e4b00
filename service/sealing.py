"""Sealing: AES-256-GCM under a patient's own data key, which a master key wraps.

A sealed text is ``w1.<data key>.<nonce and ciphertext>``; a wrapped data key is
``k1.<master key>.<nonce and ciphertext>``.  Nonces are 96 random bits.  The place a text stands
in (table, column, row) is authenticated with it, so it opens nowhere else.

The process holds one ring of master keys, given to it once where the application is built:
column types, which seal and open, know neither the application nor the request.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_TEXT, _KEY = "w1", "k1"
_NONCE_BYTES = 12
_KEY_BYTES = 32
_WRAPPED = b"patients.words_key"


class NotOpened(Exception):
    """A sealed text does not open where it stands.  Says the place, never the text."""


class NoMasterKey(Exception):
    """A master key that is needed is not among those this process was given."""


class DataKey(NamedTuple):
    """What one patient's words are sealed with."""

    id: str
    cipher: AESGCM
    for_hashes: bytes

    def seal(self, place: str, text: str) -> str:
        """Seal a text for one place."""
        return f"{_TEXT}.{self.id}.{_encrypted(self.cipher, text.encode(), place.encode())}"

    def open(self, place: str, sealed: str) -> str:
        """Open a text that was sealed for this place.

        Raises:
            NotOpened: it was changed, moved, sealed with another key, or never sealed.
        """
        kind, _, rest = sealed.partition(".")
        key_id, _, encrypted = rest.partition(".")
        if kind != _TEXT:
            raise NotOpened(f"{place} is not sealed")
        if key_id != self.id:
            raise NotOpened(f"{place} is sealed with another key")
        return _decrypted(self.cipher, encrypted, place).decode()

    def keyed(self, digest: bytes) -> bytes:
        """Return a digest that says nothing to whoever lacks the key: a short note is guessed."""
        return hmac.digest(self.for_hashes, digest, hashlib.sha256)


class Ring:
    """The master keys of one site, the newest first: it wraps, the older ones only unwrap."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take the keys in, by id.

        Raises:
            ValueError: there is none, one has not 32 bytes, or an id is not of letters and digits.
        """
        if not keys:
            raise ValueError("needs at least one key")
        for id, key in keys.items():
            if not id.isascii() or not id.isalnum() or len(id) > 20:
                raise ValueError("a key's id is of up to 20 letters and digits")
            if len(key) != _KEY_BYTES:
                raise ValueError(f"key {id} has not 32 bytes")
        self._ciphers = {id: AESGCM(key) for id, key in keys.items()}
        self._secrets = {id: _data_key(_derived(key, b"secrets")) for id, key in keys.items()}
        self.newest = next(iter(keys))
        self.unwrap = lru_cache(maxsize=4096)(self._unwrap)

    def new_wrapped_key(self) -> str:
        """Return a new data key, wrapped."""
        return self._wrap(os.urandom(_KEY_BYTES))

    def rewrap(self, wrapped: str) -> str:
        """Return the same data key under the newest master key.

        Raises:
            NoMasterKey: the one it is wrapped with is not on the ring.
            NotOpened: it was changed.
        """
        return self._wrap(self._bare(wrapped))

    def seal_secret(self, place: str, text: str) -> str:
        """Seal what belongs to no patient under the newest master key."""
        return f"{self.newest}.{self._secrets[self.newest].seal(place, text)}"

    def open_secret(self, place: str, sealed: str) -> str:
        """Open what belongs to no patient.

        Raises:
            NoMasterKey: the key it is sealed with is not on the ring.
            NotOpened: it was changed, moved, or never sealed.
        """
        master, _, rest = sealed.partition(".")
        if not rest:
            raise NotOpened(f"{place} is not sealed")
        if master not in self._secrets:
            raise NoMasterKey(f"{place} needs master key {master}")
        return self._secrets[master].open(place, rest)

    def _wrap(self, key: bytes) -> str:
        return f"{_KEY}.{self.newest}.{_encrypted(self._ciphers[self.newest], key, _WRAPPED)}"

    def _unwrap(self, wrapped: str) -> DataKey:
        return _data_key(self._bare(wrapped))

    def _bare(self, wrapped: str) -> bytes:
        kind, _, rest = wrapped.partition(".")
        master, _, encrypted = rest.partition(".")
        if kind != _KEY:
            raise NotOpened("patients.words_key is no wrapped key")
        if master not in self._ciphers:
            raise NoMasterKey(f"a patient's words need master key {master}")
        return _decrypted(self._ciphers[master], encrypted, _WRAPPED.decode())


def data_key_from(secret: bytes) -> DataKey:
    """Return the key that 32 secret bytes stand for, for what no master key should open."""
    return _data_key(secret)


def master_of(wrapped: str) -> str:
    """Return the id of the master key a data key, or a secret, is under."""
    first, _, rest = wrapped.partition(".")
    return rest.partition(".")[0] if first == _KEY else first


def ring_from(text: str) -> Ring:
    """Read a ring from a setting: ``id:base64``, separated by commas, the newest first.

    Raises:
        ValueError: it is not written so; the message holds no key.
    """
    keys: dict[str, bytes] = {}
    for entry in text.split(","):
        id, _, encoded = entry.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise ValueError(f"key {id[:20]!r} is not base64") from None
        if id in keys:
            raise ValueError(f"two keys are called {id[:20]!r}")
        keys[id] = key
    return Ring(keys)


def keys_out_of(secret: str) -> str:
    """Return a ring's setting made of another secret, the same for the same one."""
    return "derived:" + base64.b64encode(_derived(secret.encode(), b"master")).decode()


def new_master_key() -> str:
    """Return 32 random bytes as the setting takes them."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode()


_held: list[Ring] = []


def hold(ring: Ring) -> None:
    """Let this process seal and open with these keys from now on."""
    _held[:] = [ring]


def held() -> Ring:
    """Return the keys of this process.

    Raises:
        NoMasterKey: it was given none.
    """
    if not _held:
        raise NoMasterKey("this process was given no master keys")
    return _held[0]


def _data_key(key: bytes) -> DataKey:
    id = _derived(key, b"id").hex()[:8]
    return DataKey(id, AESGCM(_derived(key, b"words")), _derived(key, b"hashes"))


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, purpose, hashlib.sha256)


def _encrypted(cipher: AESGCM, data: bytes, place: bytes) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + cipher.encrypt(nonce, data, place)).decode()


def _decrypted(cipher: AESGCM, encrypted: str, place: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(encrypted)
        return cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        raise NotOpened(f"{place} does not open") from None
