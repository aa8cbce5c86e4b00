"""An HTTPS server that keeps what it saw, and whose next answers can be told to be bad ones."""

import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Seen:
    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] | None = None


Serve = Callable[[Seen], Reply]
Behaviour = Callable[["Handler"], None]


class HttpPeer:
    """Serves until it is closed; ``next`` says how the coming requests are misbehaved to."""

    def __init__(self, tls: ssl.SSLContext, serve: Serve) -> None:
        self.tls, self.serve = tls, serve
        self.seen: list[Seen] = []
        self.connections = 0
        self.bytes_sent = 0
        self.next: deque[Behaviour] = deque()
        # How every request is misbehaved to for which ``next`` says nothing; ``None`` for well.
        self.always: Behaviour | None = None
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False  # close() waits until each of them has ended
        self._server.peer = self  # type: ignore[attr-defined]
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A client that keeps its connection open lets it go when it is closed, or else after this.
    timeout = 5

    @property
    def peer(self) -> HttpPeer:
        return self.server.peer  # type: ignore[attr-defined]

    def setup(self) -> None:
        self.peer.connections += 1
        self.request = self.peer.tls.wrap_socket(
            self.request, server_side=True, do_handshake_on_connect=False
        )
        super().setup()

    def handle(self) -> None:
        # A client may break off whenever it likes, in the handshake too.
        with suppress(OSError):
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.request.close()

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            self.cut()  # whoever sent it has died over it
            return
        seen = Seen(
            self.command, self.headers["Host"], self.path,
            {name.lower(): value for name, value in self.headers.items()}, body,
        )  # fmt: skip
        self.asked = seen
        self.peer.seen.append(seen)
        behave = self.peer.next.popleft() if self.peer.next else self.peer.always
        if behave is not None:
            behave(self)
        else:
            self.reply(self.peer.serve(seen))

    def reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in (reply.headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def cut(self) -> None:
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


def answers(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.reply(Reply(status, body, named))


def never_answers(handler: Handler) -> None:
    handler.peer.released.wait(10)
    handler.cut()


def takes_and_cuts(handler: Handler) -> None:
    """It took the message: we only never hear of it."""
    handler.peer.serve(handler.asked)
    handler.cut()


def cuts_mid_answer(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf of")
    handler.cut()


def drips(handler: Handler) -> None:
    """A byte at a time: no single wait is long, all of them together never end."""
    handler.wfile.write(b"HTTP/1.1 201 Created\r\nX-Slow: ")
    with suppress(OSError):
        while not handler.peer.released.wait(0.02):
            handler.wfile.write(b"x")
    handler.cut()


def sends_two_gigabytes(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 500 Oh\r\nContent-Length: 2147483648\r\n\r\n")
    block = b"x" * 65536
    with suppress(OSError):
        for _ in range(32768):
            handler.wfile.write(block)
            handler.peer.bytes_sent += len(block)
    handler.cut()


def talks_nonsense(handler: Handler) -> None:
    handler.wfile.write(b"\x00\xffnot http at all\r\n\r\n")
    handler.cut()


def redirects(to: str) -> Behaviour:
    return answers(302, Location=to)


def is_html(status: int) -> Behaviour:
    return answers(status, b"<html>Please sign in to the Wi-Fi</html>", Content_Type="text/html")
