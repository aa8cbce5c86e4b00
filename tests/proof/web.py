"""Web workers under gunicorn, one of which can be killed at a time; and a phone that tries again."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import API
from tests.proof.moving import wait_until


class WebServer:
    """gunicorn as a site runs it, on loopback."""

    def __init__(self, env: dict[str, str], *, workers: int = 3) -> None:
        self._env, self._workers = env, workers
        self._dice = random.Random(5)
        self.killed = 0

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._master = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "wsgi:app", "--preload", "-w", str(self._workers),
             "-k", "gthread", "--threads", "4", "-b", f"127.0.0.1:{self.port}",
             "--no-control-socket", "--log-level", "critical"],
            env={**os.environ, **self._env},
        )  # fmt: skip
        wait_until(self._answers, what="the web server answers")
        return self

    def __exit__(self, *_: Any) -> None:
        self._master.send_signal(signal.SIGTERM)
        self._master.wait(timeout=30)

    def kill_one(self) -> None:
        """End one of the workers; gunicorn forks another."""
        wait_until(lambda: len(self._pids()) == self._workers, what="all workers are there")
        pids = self._pids()
        os.kill(int(self._dice.choice(pids)), signal.SIGKILL)
        wait_until(lambda: self._pids() != pids, what="the worker is gone")
        self.killed += 1

    def kill_all(self) -> None:
        """End all workers at once, whatever they are in the middle of; gunicorn forks others."""
        wait_until(lambda: len(self._pids()) == self._workers, what="all workers are there")
        pids = self._pids()
        for pid in pids:
            os.kill(int(pid), signal.SIGKILL)
        wait_until(lambda: not set(pids) & set(self._pids()), what="the workers are gone")
        self.killed += len(pids)

    def _pids(self) -> list[str]:
        pid = self._master.pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


class Phone:
    """Sends until it is told that it arrived, as an app does; keeps what was acknowledged."""

    def __init__(self, server: WebServer, headers: dict[str, str]) -> None:
        self._server = server
        self.be(headers)
        self._connection: http.client.HTTPConnection | None = None
        self.repeated = 0

    def __enter__(self):
        return self

    def __exit__(self, *_: Any) -> None:
        self._hang_up()

    def be(self, headers: dict[str, str]) -> None:
        """Send as somebody else from now on."""
        self._headers = {**headers, "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: Any) -> dict[str, Any]:
        while True:
            try:
                return self._send_once(method, path, body)
            except (OSError, http.client.HTTPException):
                self._hang_up()
                self.repeated += 1

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _send_once(self, method: str, path: str, body: Any) -> dict[str, Any]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._server.port, timeout=10
            )
        self._connection.request(method, API + path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        said = json.loads(answer.read())
        assert answer.status in {200, 201}, said
        return said
