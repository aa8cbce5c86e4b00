"""The streams of one worker: who may open one, and the one thread that looks for all of them.

A stream holds a thread of its worker and nothing else: no transaction, no connection.  It lasts a
minute at most, so that whatever ends a right is minded even by a stream nobody could look for.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from queue import SimpleQueue
from threading import Event, Lock, Thread

from service.clock import Clock
from service.live.looking import Asked
from service.live.watching import BREATH, News, Watch

logger = logging.getLogger(__name__)

LASTS = timedelta(seconds=60)
# How often one looks.  Each time every stream is sent something: who has gone away is noticed when
# something is sent to her for the second time, and others wait for her place.
LOOKS_EVERY = 2.0
# So many of a worker's threads may stream; the others answer requests.
_SHARE = 4
MOST_AN_ACCOUNT = 2
# For who finds no room: by then a stream has ended.
RETRY_AFTER = "60"
MIMETYPE = "text/event-stream"
HEADERS = {
    "Cache-Control": "no-store",
    # nginx and its kin would keep events back until there are enough of them.
    "X-Accel-Buffering": "no",
}

Look = Callable[[Sequence[Asked], datetime], Sequence[News | None]]


class Stream:
    """One open stream."""

    def __init__(self, watch: Watch, news: News, *, ends_at: datetime) -> None:
        self.watch, self.seen_id, self.ends_at = watch, news.id, ends_at
        self.is_over = self.has_begun = False
        self._waiting: SimpleQueue[bytes | None] = SimpleQueue()
        self._waiting.put(news.event())

    def lines(self) -> Iterator[bytes]:
        """Return what is sent, as it comes, until it is over; waits in between."""
        self.has_begun = True
        while (line := self._waiting.get()) is not None:
            yield line

    def tell(self, news: News) -> None:
        """Say what has changed; a breath where nothing has."""
        self.seen_id = news.id
        self._waiting.put(news.event() if news.changed else BREATH)

    def end(self) -> None:
        """Say nothing any more."""
        self.is_over = True
        self._waiting.put(None)


class Streams:
    """The streams of one process.

    Args:
        look: finds out what has changed for some who watch.
        clock: what a stream's minute goes by.
    """

    def __init__(self, look: Look, clock: Clock) -> None:
        self._look, self._clock = look, clock
        # None until a worker says how many threads it has, and whether anybody is to look.
        self.room = 0
        self._every: float | None = None
        self._open: list[Stream] = []
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stopping = Event()

    def give_room(self, *, threads: int, every: float | None = LOOKS_EVERY) -> None:
        """Let a share of a worker's threads stream: none of one thread, for it must answer.

        ``every`` is how often a thread looks, in seconds; with ``None`` somebody calls ``look``.
        """
        self.room = max(threads // _SHARE, 1) if threads > 1 else 0
        self._every = every

    def open(self, watch: Watch, news: News) -> Stream | None:
        """Open a stream that begins with ``news``; ``None`` where there is no room for it."""
        with self._lock:
            of_account = Counter(one.watch.account_id for one in self._open)
            is_full = len(self._open) >= self.room or self._stopping.is_set()
            if is_full or of_account[watch.account_id] >= MOST_AN_ACCOUNT:
                return None
            stream = Stream(watch, news, ends_at=self._clock.now() + LASTS)
            self._open.append(stream)
            if self._thread is None and self._every is not None:
                self._thread = Thread(target=self._keep_looking, name="live", daemon=True)
                self._thread.start()
            return stream

    def close(self, stream: Stream) -> None:
        """Give a stream's place to somebody else; once more does nothing."""
        stream.end()
        with self._lock:
            if stream in self._open:
                self._open.remove(stream)

    def look(self) -> None:
        """Look once for all: tell what has changed, and end what is over."""
        now = self._clock.now()
        with self._lock:
            going = [one for one in self._open if not one.is_over]
        for stream in going:
            if now >= stream.ends_at:
                self._end(stream)
        going = [one for one in going if not one.is_over]
        if not going:
            return
        try:
            found = self._look([Asked(one.watch, one.seen_id) for one in going], now)
        except Exception:
            # Nobody looks for them now: they poll, and are told by that what is wrong.
            logger.exception("live updates could not be looked for")
            found = [None] * len(going)
        for stream, news in zip(going, found, strict=True):
            if news is None:
                self._end(stream)
            else:
                stream.tell(news)

    def end_all(self) -> None:
        """End every stream and open no other: the worker is stopping."""
        self._stopping.set()
        for stream in tuple(self._open):
            stream.end()

    def _end(self, stream: Stream) -> None:
        stream.end()
        # Of an answer that was never begun nobody hears that it is over.
        if not stream.has_begun:
            self.close(stream)

    def _keep_looking(self) -> None:
        while not self._stopping.wait(self._every):
            self.look()
            with self._lock:
                if not self._open:
                    self._thread = None
                    return
