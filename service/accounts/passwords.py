"""Passwords: how they are kept, and in how much time one is found right or wrong."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from service.accounts.tokens import new_secret

_AT_ONCE = 4


class Passwords:
    """Hashes passwords with Argon2id and compares them.

    Hashing is slow on purpose, so callers do it outside any transaction.  A process works on
    at most four at once: the others wait, instead of taking all of its memory.
    """

    def __init__(self, *, time_cost: int, memory_kib: int) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib)
        self._turn = BoundedSemaphore(_AT_ONCE)
        # Compared with where there is no account, so that nobody learns so from a clock.
        self._nobodys = self._hasher.hash(new_secret())

    def hash(self, password: str) -> str:
        """Return what is kept of a password; the parameters are in it."""
        with self._turn:
            return self._hasher.hash(password)

    def is_right(self, kept: str | None, password: str) -> bool:
        """Tell whether this is the password; ``None`` takes as long and is never right."""
        with self._turn:
            try:
                return self._hasher.verify(kept or self._nobodys, password) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def renewed(self, kept: str | None, password: str) -> str | None:
        """Return a new hash if the one on file was made with other parameters, else ``None``."""
        if kept is None or not self._hasher.check_needs_rehash(kept):
            return None
        return self.hash(password)
