"""The server as a site runs it: a stream over a plain socket, and who writes meanwhile."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from uuid import uuid4

import pytest

from service.clock import SystemClock
from tests.conftest import API, MASTER_KEYS, MONDAY_MORNING, SECRET
from tests.live.conftest import HERS, NOW
from tests.proof.moving import wait_until

pytestmark = pytest.mark.one_database


class Server:
    """A server with one worker of four threads, which leaves room for one stream."""

    def __init__(self, database_url):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        shift = int((MONDAY_MORNING - SystemClock().now()).total_seconds())
        env = {
            "SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, "DATABASE_URL": database_url,
            "COOKIES_NEED_TLS": "no", "DEMO_CLOCK_SHIFT_SECONDS": str(shift),
        }  # fmt: skip
        command = [
            "service.cli", "serve", "--port", str(self.port), "--workers", "1", "--threads", "4",
        ]  # fmt: skip
        if not database_url.startswith("sqlite"):
            # The tests' PostgreSQL waits for no disk, and ``waymark serve`` refuses such a one.
            command = [
                "gunicorn", "wsgi:app", "-k", "service.cli.web_worker.BoundedWorker", "--threads",
                "4", "-b", f"127.0.0.1:{self.port}", "--no-control-socket",
            ]  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command], env={**os.environ, **env}, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers, what="the server answers")

    def ask(self, method, path, headers, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {**headers, "Content-Type": "application/json"}
        connection.request(method, path, body and json.dumps(body), headers)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def _answers(self):
        try:
            return self.ask("GET", "/healthz", {}).status == 200
        except OSError:
            return False


class Listener:
    """A client that knows nothing but lines."""

    def __init__(self, server, headers):
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self._lines = self._socket.makefile("rb")
        asked = {**headers, "Host": "localhost", "Accept": "text/event-stream",
                 "Accept-Encoding": "gzip"}  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
        self._socket.sendall(f"GET {API}{HERS} HTTP/1.1\r\n{head}\r\n".encode())
        self.head = b"".join(iter(self._lines.readline, b"\r\n")).decode()

    @property
    def status(self):
        return int(self.head.split(" ")[1])

    def data(self):
        """Return the data of the next event."""
        for line in self._lines:
            if line.startswith(b"data: "):
                return json.loads(line.removeprefix(b"data: "))
        return None

    def hang_up(self):
        self._lines.close()
        self._socket.close()


@pytest.fixture
def server(database_url, world):
    server = Server(database_url)
    yield server
    if server.process.poll() is None:
        server.process.kill()
        server.process.wait(timeout=30)


def test_a_stream_hears_what_another_connection_writes_and_gives_way(server, world):
    ana = world["ana"].headers
    listener = Listener(server, ana)
    assert listener.status == 200
    assert "content-encoding" not in listener.head.lower()
    assert listener.data() == {"changed": []}
    body = {"id": str(uuid4()), "kind": "scan", "title": "CT", "starts_at": NOW}
    assert server.ask("POST", f"{API}/patients/me/events", ana, body).status == 201
    assert listener.data() == {"changed": ["events"]}

    refused = Listener(server, ana)
    assert refused.status == 503
    refused.hang_up()

    def listens_again():
        nonlocal listener
        listener.hang_up()
        listener = Listener(server, ana)
        return listener.status == 200

    wait_until(listens_again, what="the place of who has gone is free")
    server.process.send_signal(signal.SIGTERM)
    assert listener.data() == {"changed": []}
    assert listener.data() is None
    listener.hang_up()
    assert server.process.wait(timeout=15) == 0
