"""A copy of the access log in a file, for whatever carries it to another machine.

A line is one sealed entry as JSON: its ``number`` and ``hash``, and what it holds by the names of
the columns.  Lines are only added, those of a clinic in the order of their numbers.  How far the
copy has come stands in a file beside it (``….position``), so that the copy itself may be carried
off and begun anew: nothing is left out and nothing comes twice, also after a kill in the middle.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, Self
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.audit.anchors import clinics_in_log
from service.audit.chain import LINKED
from service.audit.models import AccessLogEntry
from service.audit.verifying import PAGE, Transactions

_C = AccessLogEntry.__table__.c


class BadCopy(Exception):
    """A copy cannot be gone on with, or read; the message says why."""


class Copied(NamedTuple):
    """One entry as it stands in a copy; ``values`` are those of ``LINKED``, as JSON has them."""

    clinic_id: UUID
    number: int
    hash: str
    values: tuple[Any, ...]

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Read a line.

        Raises:
            ValueError, KeyError, TypeError: it is none of ours.
        """
        said = orjson.loads(line)
        values = tuple(said[column.name] for column in LINKED)
        return cls(UUID(said["clinic_id"]), int(said["number"]), str(said["hash"]), values)


class _Position(NamedTuple):
    """How far a copy has come: its length then, and the last number and hash of each clinic."""

    size: int
    heads: dict[UUID, tuple[int, str]]


def copy_on(transactions: Transactions, path: Path, *, page: int = PAGE) -> int:
    """Add all sealed entries that are not in the copy yet, and return how many.

    Raises:
        BadCopy: another copy is at work in this folder, a line is none, or the log is not the one
            that was copied: it was cut, written anew, or brought back from a backup.
        OSError: a file cannot be written.
    """
    copied = 0
    with _alone_in(path.parent), _open(path) as file:
        heads = _come_so_far(path, file)
        with transactions() as session:
            clinic_ids = list(clinics_in_log(session))
        for clinic_id in sorted({*clinic_ids, *heads}):
            with transactions() as session:
                _check_head(session, clinic_id, heads)
            while entries := _next(transactions, clinic_id, heads, page):
                file.write(b"".join(map(_line, entries)))
                _to_disk(file)
                heads[clinic_id] = entries[-1].number, entries[-1].hash
                _save(path, _Position(file.tell(), heads))
                copied += len(entries)
    return copied


def read(path: Path) -> Iterator[Copied]:
    """Give the entries of a copy, in its order.

    Raises:
        BadCopy: a line is none.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        yield from _read(path, file)


def _read(path: Path, lines: Iterable[bytes]) -> Iterator[Copied]:
    for number, line in enumerate(lines, 1):
        try:
            yield Copied.read(line)
        except (ValueError, KeyError, TypeError):
            raise BadCopy(f"{path}: line {number} is no entry of the log") from None


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BadCopy(f"{folder}: another copy is at work here") from None
    finally:
        os.close(held)


def _open(path: Path) -> IO[bytes]:
    # For the one who runs the site: the entries say who looked at whom.
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+b")


def _come_so_far(path: Path, file: IO[bytes]) -> dict[UUID, tuple[int, str]]:
    """Return the last entry of each clinic, and leave the file at the end of its last whole line.

    What was written before a kill and not noted is read again; the piece of a line is cut off.
    """
    size, heads = _saved(path)
    # Carried off since, and begun anew.
    start = size if size <= file.seek(0, os.SEEK_END) else 0
    file.seek(start)
    text = file.read()
    whole = text.rpartition(b"\n")[0] + b"\n" if b"\n" in text else b""
    file.truncate(start + len(whole))
    file.seek(0, os.SEEK_END)
    for entry in _read(path, whole.splitlines()):
        heads[entry.clinic_id] = entry.number, entry.hash
    return heads


def _saved(path: Path) -> _Position:
    beside = _beside(path)
    if not beside.exists():
        return _Position(0, {})
    try:
        said = orjson.loads(beside.read_bytes())
        heads = {UUID(id): (int(number), str(hash)) for id, (number, hash) in said["heads"].items()}
        return _Position(int(said["size"]), heads)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadCopy(f"{beside}: does not say how far the copy has come") from None


def _save(path: Path, position: _Position) -> None:
    heads = {str(id): head for id, head in position.heads.items()}
    new = _beside(path).with_suffix(".new")
    with new.open("wb") as file:
        file.write(orjson.dumps({"size": position.size, "heads": heads}))
        _to_disk(file)
    new.replace(_beside(path))


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.position")


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _check_head(session: Session, clinic_id: UUID, heads: dict[UUID, tuple[int, str]]) -> None:
    if clinic_id not in heads:
        return
    number, hash = heads[clinic_id]
    there = session.scalar(sa.select(_C.hash).where(_C.clinic_id == clinic_id, _C.number == number))
    if there != hash:
        raise BadCopy(f"{clinic_id} entry {number}: is not what was copied; begin another file")


def _next(
    transactions: Transactions, clinic_id: UUID, heads: dict[UUID, tuple[int, str]], page: int
) -> list[Any]:
    last = heads[clinic_id][0] if clinic_id in heads else 0
    with transactions() as session:
        return list(
            session.execute(
                sa.select(_C.number, _C.hash, *LINKED)
                .where(_C.clinic_id == clinic_id, _C.number > last)
                .order_by(_C.number)
                .limit(page)
            )
        )


def _line(entry: Any) -> bytes:
    return orjson.dumps(dict(entry._mapping), option=orjson.OPT_APPEND_NEWLINE)
