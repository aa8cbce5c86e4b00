"""The folder a demo lives in: its secret, its database, and who can sign in."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import orjson
import sqlalchemy as sa

from service.accounts.codes import as_written, new_code
from service.cli.demo.filling import Login
from service.sealing import new_master_key


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of one demo; everything in it is readable by its owner only."""

    path: Path

    @property
    def database(self) -> Path:
        """The database, once it is filled."""
        return self.path / "waymark.sqlite"

    @property
    def unfinished(self) -> Path:
        """The database while it is being filled; left over where that was cut short."""
        return self.path / "filling.sqlite"

    @property
    def accounts(self) -> Path:
        """Who can sign in."""
        return self.path / "accounts.json"

    @property
    def is_filled(self) -> bool:
        """Whether an earlier start has filled it; then its data is kept."""
        return self.database.exists() and self.accounts.exists()

    def prepare(self) -> None:
        """Make the folder, and remove what an interrupted start has left."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in self.path.glob(f"{self.unfinished.name}*"):
            leftover.unlink()

    def secret_key(self) -> str:
        """Return the key tokens are signed with; made at the first start."""
        file = self.path / "secret_key"
        if not file.exists():
            write_for_owner(file, secrets.token_urlsafe(48))
        return file.read_text("ascii")

    def master_keys(self) -> str:
        """Return the keys private words are sealed under; made at the first start."""
        file = self.path / "master_keys"
        if not file.exists():
            write_for_owner(file, f"demo:{new_master_key()}")
        return file.read_text("ascii")

    def finish(self, logins: list[Login]) -> None:
        """Let the filled database be the demo's, in one step."""
        write_for_owner(self.accounts, accounts_text(logins))
        # The journal of a database that was here before would be played into this one.
        for journal in self.path.glob(f"{self.database.name}-*"):
            journal.unlink()
        self.unfinished.replace(self.database)

    def logins(self) -> list[Login]:
        """Return who can sign in."""
        return [Login(**row) for row in orjson.loads(self.accounts.read_bytes())]


def url_of(database: Path) -> str:
    """Return the address of an SQLite file."""
    return sa.URL.create("sqlite", database=str(database.resolve())).render_as_string()


def accounts_text(logins: list[Login]) -> str:
    """Write who can sign in, as JSON."""
    rows = [login.as_json() for login in logins]
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode() + "\n"


def new_password() -> str:
    """Return a password for everybody in one demo."""
    return as_written(new_code())


def write_for_owner(path: Path, text: str) -> None:
    """Write a file that nobody but its owner may read, whatever it was before."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
