"""The processes of a demo: started together, stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

import click

_GRACE = 30
_ANSWERS_WITHIN = 120.0


class Asked(BaseException):
    """Somebody asked the demo to stop: Ctrl-C or SIGTERM."""


class Children:
    """Processes of ours that live and die with this one."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = dict(env)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str) -> None:
        """Start a command of ``waymark``.

        In a process group of its own: Ctrl-C in a terminal reaches us, and we stop the others
        in order.
        """
        self._running[name] = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "service.cli", *arguments], env=self._env, process_group=0
        )

    def wait_until_it_answers(self, port: int) -> None:
        """Return once the web server answers on this port of this machine.

        Raises:
            click.ClickException: a child has ended, or nothing answers for too long.
        """
        deadline = time.monotonic() + _ANSWERS_WITHIN
        while True:
            self._refuse_the_dead()
            if _is_well(port):
                return
            if time.monotonic() > deadline:
                raise click.ClickException(f"Nothing answers on port {port}.")
            time.sleep(0.1)

    def wait(self) -> None:
        """Wait until a child ends, which none should.

        Raises:
            click.ClickException: one has ended by itself.
        """
        while True:
            self._refuse_the_dead()
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)

    def stop(self) -> None:
        """Ask all of them to stop, and see that they do."""
        for child in self._running.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + _GRACE
        for child in self._running.values():
            try:
                child.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _refuse_the_dead(self) -> None:
        for name, child in self._running.items():
            code = child.poll()
            if code is not None:
                raise click.ClickException(f"{name} has stopped by itself (exit code {code}).")


@contextmanager
def children(env: Mapping[str, str]) -> Iterator[Children]:
    """Give a place to start children in; whatever happens, none of them outlives it.

    Raises:
        Asked: Ctrl-C or SIGTERM; the children have been stopped.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ask)
    started = Children(env)
    try:
        yield started
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            # A second Ctrl-C must not leave one of them behind.
            signal.signal(number, signal.SIG_IGN)
        started.stop()


def _is_well(port: int) -> bool:
    # Straight to ourselves, whatever proxy the environment names.
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _ask(_number: int, _frame: Any) -> None:
    raise Asked
