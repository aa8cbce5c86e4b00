"""A web worker on which nobody can sit: requests have so long to arrive, and answers to leave."""

import socket
import time
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from service.live.streams import Streams

# How long the head and the body of a request may take to arrive: a mebibyte at 300 kbit/s.
ARRIVES_WITHIN = 30.0
# How long a peer may take nothing of an answer that waits for it.
_TAKES_WITHIN_MS = 30_000


class BoundedWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, none of which waits for a slow or silent peer for long.

    gunicorn itself waits for the first byte without a thread, and for the others for ever: as many
    peers as there are threads, each sending a byte now and then, would keep everybody else out.
    Here the connection stops being read when its time is over.  A request that has arrived by
    then is not touched; one that has not ends as one whose peer has hung up.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._since: dict[TConn, float] = {}
        self._streams: Streams | None = None

    def load_wsgi(self) -> None:
        """Take the application, and let it know how many threads there are for streams."""
        super().load_wsgi()
        streams: Streams = self.wsgi.extensions["streams"]
        streams.give_room(threads=self.cfg.threads)
        self._streams = streams

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop when what is being answered is answered; streams end at once."""
        self._end_streams()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Stop now; a thread that streams would otherwise be waited for."""
        self._end_streams()
        super().handle_quit(sig, frame)

    @property
    def serving(self) -> int:
        """How many requests are arriving or being answered."""
        return len(self._since)

    def handle(self, conn: TConn) -> Any:
        """Answer a request; runs in a thread of its own."""
        if conn.sock.family != socket.AF_UNIX:
            conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TAKES_WITHIN_MS)
        self._since[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._since.pop(conn, None)

    def murder_pending(self) -> None:
        """Close what waits for nothing; gunicorn asks for it every second."""
        super().murder_pending()
        self.cut_late(now=time.monotonic())

    def cut_late(self, *, now: float) -> None:
        """Stop reading from peers whose request should be here by now."""
        for conn, since in self._since.copy().items():
            if now - since > ARRIVES_WITHIN:
                try:
                    conn.sock.shutdown(socket.SHUT_RD)
                except OSError:
                    continue  # it is gone already

    def _end_streams(self) -> None:
        if self._streams is not None:
            self._streams.end_all()
