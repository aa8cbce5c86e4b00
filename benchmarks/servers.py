"""Starting and ending the servers that are measured, on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa


@contextmanager
def gunicorn(app: str, env: Mapping[str, str], *, workers: int = 2) -> Iterator[int]:
    """Run a WSGI application as it is run in production, and yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", app, "-w", str(workers), "-k", "gthread",
         "--threads", "4", "-b", f"127.0.0.1:{port}", "--keep-alive", "30",
         "--log-level", "warning"],
        env={**os.environ, **env},
    )  # fmt: skip
    try:
        _wait(port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)


def settle(engine: sa.Engine) -> None:
    """Leave the database behind ``engine`` nothing to catch up on: swept, counted, on the disk.

    As the cluster's superuser, on a connection of its own: none of it happens in a transaction.
    """
    url = engine.url.set(drivername="postgresql", username="waymark")
    with psycopg.connect(url.render_as_string(), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _wait(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            time.sleep(1.5)
            return
