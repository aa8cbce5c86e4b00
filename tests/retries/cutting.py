"""A proxy that cuts a connection after so many bytes, and a phone that then sends the same again."""

import contextlib
import http.client
import json
import socket
import struct
import threading
from typing import Any, NamedTuple

from tests.conftest import API

NEVER = None
_RESET = struct.pack("ii", 1, 0)


class Cut(NamedTuple):
    """Where the next connection ends: after so many bytes of the request, or of the answer."""

    up: int | None = NEVER
    down: int | None = NEVER
    resets: bool = False


class Seen(NamedTuple):
    """How many bytes went through, each way."""

    up: int
    down: int


class CuttingProxy:
    """Passes bytes on between one phone and a server, one connection after the other."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.next_cut = Cut()
        self.seen = Seen(0, 0)
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        # Wakes the thread: what waits in accept does not hear that the listener is closed.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=30)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                phone, _ = self._listener.accept()
            except OSError:
                return
            with phone, socket.create_connection(self._server, timeout=30) as server:
                self._pass_on(phone, server, self.next_cut)

    def _pass_on(self, phone: socket.socket, server: socket.socket, cut: Cut) -> None:
        sent = _whole_request(phone)
        allowed = sent if cut.up is NEVER else sent[: cut.up]
        server.sendall(allowed)
        if cut.up is NEVER:
            received = _everything(server)
            self.seen = Seen(len(sent), len(received))
            with contextlib.suppress(OSError):
                phone.sendall(received if cut.down is NEVER else received[: cut.down])
        if cut.resets:
            for end in (phone, server):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


class Lost(Exception):
    """Nothing came back that could be read to its end."""


class Phone:
    """Sends one request a connection, as an app does whose line is bad."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._port, self._headers = port, headers

    def send(self, what: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send once; return status and body.  Raises ``Lost``."""
        method, path = what.split(" ", 1)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            said["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(
                method, API + path, None if body is None else json.dumps(body),
                {**self._headers, **said, "Connection": "close"},
            )  # fmt: skip
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 204:
                return 204, None
            if "Content-Length" not in answer.headers:
                raise Lost  # the headers themselves broke off
            return answer.status, json.loads(text)
        except (OSError, http.client.HTTPException, ValueError) as broken:
            raise Lost from broken
        finally:
            connection.close()


def _whole_request(phone: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        read += phone.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = (int(lengths[0].split(b":")[1]) if lengths else 0) - len(body)
    while missing > 0:
        more = phone.recv(65536)
        read, missing = read + more, missing - len(more)
    return read


def _everything(server: socket.socket) -> bytes:
    read = b""
    while more := server.recv(65536):
        read += more
    return read
