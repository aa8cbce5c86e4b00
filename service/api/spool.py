"""What is written before it is known how long it gets: in memory at first, then on disk, sealed.

The answer to a first sync is written while the transaction lasts and sent when it is over, so that
a slow line holds no database.  On disk it lies under a key that nobody else ever has.
"""

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_IN_MEMORY = 1024 * 1024
_PIECE = 256 * 1024
_LENGTH_BYTES = 4
_NONCE_BYTES = 12


class Spool:
    """Pieces of bytes, kept until it is closed."""

    def __init__(self) -> None:
        self.size = 0
        self._waiting: list[bytes] = []
        self._waits = 0
        self._file: IO[bytes] | None = None
        self._cipher = AESGCM(AESGCM.generate_key(256))
        self._pieces = 0

    def fill(self, pieces: Iterable[bytes]) -> None:
        """Keep all pieces."""
        for piece in pieces:
            self.size += len(piece)
            self._waiting.append(piece)
            self._waits += len(piece)
            if self._waits >= (_IN_MEMORY if self._file is None else _PIECE):
                self._put_away()

    def read(self) -> Iterator[bytes]:
        """Return what was kept."""
        if self._file is not None:
            self._file.seek(0)
            for number in range(self._pieces):
                length = int.from_bytes(self._file.read(_LENGTH_BYTES), "big")
                yield self._cipher.decrypt(self._nonce(number), self._file.read(length), None)
        yield from self._waiting

    def close(self) -> None:
        """Forget what was kept."""
        self._waiting = []
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put_away(self) -> None:
        if self._file is None:
            # Unlinked from the start: nothing is left if the process dies.
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it has been read
        sealed = self._cipher.encrypt(self._nonce(self._pieces), b"".join(self._waiting), None)
        self._file.write(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)
        self._pieces += 1
        self._waiting, self._waits = [], 0

    def _nonce(self, number: int) -> bytes:
        return number.to_bytes(_NONCE_BYTES, "big")
