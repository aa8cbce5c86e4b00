"""Tokens that open a provider's door: made once, used until shortly before they expire."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

# Whom a token is for can come from outside (a browser's push service): the oldest are let go.
_KEPT_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Token:
    """What to show, since when, and from when on a new one is to be made."""

    text: str
    made_at: datetime
    renew_at: datetime

    def __repr__(self) -> str:
        return f"<Token of {self.made_at}>"


class Tokens:
    """Keeps one token for each name; makes each of them once, however many threads ask.

    Args:
        make: makes the token for a name; what it raises reaches whoever asked.
    """

    def __init__(self, make: Callable[[str, datetime], Token]) -> None:
        self._make = make
        self._kept: OrderedDict[str, Token] = OrderedDict()
        # Held while one is made: the others would only ask for the same.
        self._lock = threading.Lock()

    def get(self, name: str = "", *, now: datetime) -> Token:
        """Return the token for a name, a new one if there is none that still holds.

        One from the future was made while the clock was wrong, and is not used.
        """
        with self._lock:
            token = self._kept.get(name)
            if token is None or not token.made_at <= now < token.renew_at:
                token = self._make(name, now)
                self._kept[name] = token
                while len(self._kept) > _KEPT_AT_MOST:
                    self._kept.popitem(last=False)
            return token

    def drop(self, token: Token, name: str = "") -> None:
        """Use a token no more, unless another has taken its place already."""
        with self._lock:
            if self._kept.get(name) is token:
                del self._kept[name]
