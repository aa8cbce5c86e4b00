"""A push service with a log of its own: what arrived, for whom, when; it misbehaves when told."""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.notify.push.vapid import VapidKey
from tests.notify.peers.browsers import HOST, PushService
from tests.notify.peers.http import Behaviour, HttpPeer, Reply, Seen, answers
from tests.notify.peers.ways import SUBJECT

down = answers(503)
too_many = answers(429, Retry_After="1")


def refuses(handler: Any) -> None:
    """Nobody there: the connection ends without a word."""
    handler.cut()


@dataclass(frozen=True)
class Delivery:
    """One message that was taken: by which browser, and when by the clock of the test."""

    browser: str
    key: str
    occurrences: tuple[str, ...]
    at: datetime


class Provider(PushService):
    """Checks and decrypts each message as a browser would, and writes it down.

    ``delay`` is how many seconds each takes; ``cut`` are the keys of what it took and never said.
    """

    def __init__(self, clock: Any, authority: Any) -> None:
        self.vapid = VapidKey.new()
        super().__init__(clock, self.vapid.public_text, SUBJECT)
        self.log: list[Delivery] = []
        self.delay = 0.0
        self.cut: set[str] = set()
        self._tries = 0
        self._lock = threading.Lock()
        self.peer = HttpPeer(authority.server(HOST), self.serve)

    def serve(self, seen: Seen) -> Reply:
        name = seen.path.rpartition("/")[2]
        reply = super().serve(seen)
        if reply.status == 201:
            said = self._read(seen)
            delivery = Delivery(
                name, said["key"], tuple(said["body"].get("occurrences", ())), self._clock.now()
            )
            with self._lock:
                self.log.append(delivery)
        self.peer.released.wait(self.delay)
        return reply

    def _read(self, seen: Seen) -> dict[str, Any]:
        return self.inbox[seen.path.rpartition("/")[2]][seen.headers["topic"]]

    def behave(self, how: Behaviour | None) -> None:
        """Answer everything this way from now on; ``None`` is well."""
        self.peer.always = how

    def cut_one_in(self, number: int) -> None:
        """Of so many messages take one and never say so."""

        def behave(handler: Any) -> None:
            with self._lock:
                self._tries += 1
                is_cut = self._tries % number == 0
            reply = self.serve(handler.asked)
            if is_cut:
                self.cut.add(self._read(handler.asked)["key"])
                handler.cut()
            else:
                handler.reply(reply)

        self.behave(behave)

    def copies(self) -> Counter[tuple[str, str]]:
        """How often each browser was given each collapse key."""
        return Counter((one.browser, one.key) for one in list(self.log))

    def keys(self) -> set[str]:
        return {one.key for one in list(self.log)}
