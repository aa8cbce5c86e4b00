"""How often one account may call.  Counted a minute, in this process."""

from datetime import datetime
from threading import Lock
from uuid import UUID

from service.errors import TooMany


class CallRates:
    """Counts calls by account within the current minute.

    Each worker counts for itself, so with *n* workers an account gets at most *n* times the
    rate: this keeps one broken phone from starving the others, and costs no statement.  What
    must hold exactly (attempts at signing in) is counted in the database.
    """

    def __init__(self, calls_a_minute: int) -> None:
        self._most = calls_a_minute
        self._minute = 0
        self._calls: dict[UUID, int] = {}
        self._lock = Lock()

    def count(self, account_id: UUID, *, now: datetime) -> int:
        """Count one call and return how many are left this minute.

        Raises:
            TooMany: none were left.
        """
        seconds = int(now.timestamp())
        with self._lock:
            if seconds // 60 != self._minute:
                self._minute = seconds // 60
                self._calls.clear()
            calls = self._calls[account_id] = self._calls.get(account_id, 0) + 1
        if calls > self._most:
            raise TooMany(retry_after=60 - seconds % 60)
        return self._most - calls
