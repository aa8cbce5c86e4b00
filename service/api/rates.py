"""How often one account may call.  Counted a minute, in this process."""

from datetime import datetime
from threading import Lock
from uuid import UUID

from flask import Response, current_app, g

from service.errors import TooMany


class CallRates:
    """Counts calls by account within the current minute.

    Each worker counts for itself, so with *n* workers an account gets at most *n* times the
    rate: this keeps one broken phone from starving the others, and costs no statement.  What
    must hold exactly (attempts at signing in) is counted in the database.
    """

    def __init__(self, calls_a_minute: int) -> None:
        self.most = calls_a_minute
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
        if calls > self.most:
            raise TooMany(retry_after=60 - seconds % 60)
        return self.most - calls


def count_call(account_id: UUID) -> None:
    """Count a call of the API; what is left is told in the answer's headers.

    Raises:
        TooMany: the account calls more often than it may.
    """
    rates: CallRates = current_app.extensions["call_rates"]
    g.calls_left = 0
    g.calls_left = rates.count(account_id, now=g.now)


def tell_what_is_left(response: Response) -> None:
    """Say how many calls are left this minute, unless a stricter count has said so already."""
    if "calls_left" in g:
        told = response.headers
        told.setdefault("RateLimit-Limit", str(current_app.extensions["call_rates"].most))
        told.setdefault("RateLimit-Remaining", str(g.calls_left))
        told.setdefault("RateLimit-Reset", str(60 - g.now.second))
