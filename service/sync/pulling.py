"""What has changed since a phone last asked: one statement, read as it comes, for all tables.

One statement sees the database as it was at one moment, so what it finds and the number it names
fit together, whatever is written meanwhile.  It is read a few hundred rows at a time and written
out at once: a history of any length takes the same memory.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.sync.numbers import timestamp_after
from service.sync.tables import TABLES, WIDEST, Synced

_CHANGED = ("created", "updated", "deleted")
_ROWS_AT_ONCE = 500
# In bytes, about: what is handed on is neither a row nor the whole.
_PIECE = 64 * 1024
_NOWHERE = "timestamp"


class Migration:
    """What a phone's new version can keep that its old one could not.

    Args:
        tables: new to it; it gets them whole.
        columns: new to it, by table; it gets every record that has something there.
    """

    def __init__(self, tables: frozenset[str], columns: Mapping[str, frozenset[str]]) -> None:
        # An app has tables and columns of its own: what is none of ours is passed over.
        self._tables = tables
        self._columns = columns

    def makes_new(self, table: Synced) -> bool:
        """Tell whether the phone has had nothing of a table."""
        return table.name in self._tables

    def new_columns(self, table: Synced) -> list[str]:
        """Return the columns of a table that are new to the phone."""
        asked = self._columns.get(table.name, frozenset())
        return [name for name in table.columns if name in asked]

    def concerns_us(self) -> bool:
        """Tell whether anything in it is ours."""
        return any(self.makes_new(one) or self.new_columns(one) for one in TABLES.values())


NO_MIGRATION = Migration(frozenset(), {})


def nothing_since(change_no: int) -> Iterator[bytes]:
    """Write the answer to a phone that has seen everything."""
    tables = {name: {kind: [] for kind in _CHANGED} for name in TABLES}  # type: ignore[var-annotated]
    yield orjson.dumps({"changes": tables, "timestamp": timestamp_after(change_no)})


def changes_since(
    session: Session, patient_id: UUID, *, seen: int, migration: Migration = NO_MIGRATION
) -> Iterator[bytes]:
    """Write what has changed in a patient's record, as JSON, piece by piece.

    Args:
        session: in a transaction, which has to last until the last piece.
        patient_id: whose.
        seen: the last change the phone has seen, 0 for none.
        migration: what its new version can keep.
    """
    rows = session.execute(
        _statement(patient_id, seen, migration), execution_options={"yield_per": _ROWS_AT_ONCE}
    )
    yield from _pieces(_written(rows))


def _written(rows: Any) -> Iterator[bytes]:
    by_table = ((name, group) for name, group in groupby(rows, key=lambda row: row[0]))
    _, first = next(by_table)
    [(_, _, _, change_no, *_)] = first
    yield b'{"changes":{'
    missing = list(TABLES)
    for name, group in by_table:
        # In the order of the statement: the parts of a union come one after the other.
        while missing[0] != name:
            yield _empty(missing.pop(0), last=False)
        missing.pop(0)
        yield from _table(TABLES[name], group)
        yield b"," if missing else b""
    for name in missing:
        yield _empty(name, last=name == missing[-1])
    yield b'},"timestamp":%d}' % timestamp_after(int(change_no))


def _empty(name: str, *, last: bool) -> bytes:
    return b'"%s":{"created":[],"updated":[],"deleted":[]}%s' % (
        name.encode(), b"" if last else b",",
    )  # fmt: skip


def _table(table: Synced, rows: Iterator[Any]) -> Iterator[bytes]:
    yield b'"%s":{' % table.name.encode()
    done = 0
    for kind, group in groupby(rows, key=lambda row: row[1]):
        while done < kind:
            yield b'"%s":[],' % _CHANGED[done].encode()
            done += 1
        yield b'"%s":[' % _CHANGED[kind].encode()
        for number, (_, _, id, *texts) in enumerate(group):
            record = table.raw(id, tuple(texts))
            yield b"," if number else b""
            yield orjson.dumps(record["id"] if kind == 2 else record)
        done += 1
        yield b"]" if done == len(_CHANGED) else b"],"
    yield b",".join(b'"%s":[]' % kind.encode() for kind in _CHANGED[done:]) + b"}"


def _pieces(written: Iterator[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for one in written:
        waiting.append(one)
        size += len(one)
        if size >= _PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _statement(patient_id: UUID, seen: int, migration: Migration) -> Any:
    return sa.union_all(
        _number_of(patient_id),
        *(_changed_of(table, patient_id, seen, migration) for table in TABLES.values()),
    )


def _number_of(patient_id: UUID) -> Any:
    """Select the number of her last change, in the shape of the rest."""
    padding = [sa.cast(sa.null(), sa.Text()) for _ in range(WIDEST - 1)]
    nought: Any = sa.literal_column("0")
    return sa.select(
        sa.literal_column(f"'{_NOWHERE}'", sa.Text()).label("name"), nought.label("kind"),
        sa.cast(Patient.id, sa.Text()), sa.cast(Patient.change_no, sa.Text()), *padding,
    ).where(Patient.id == patient_id)  # fmt: skip


def _changed_of(table: Synced, patient_id: UUID, seen: int, migration: Migration) -> Any:
    """Select what has changed in one table: what is new first, then what is not, then the gone.

    What came and went in between is told as well: the phone may have been the one to send it.
    """
    columns = table.table.c
    since = 0 if migration.makes_new(table) else seen
    is_new = columns.created_change_no > since
    has_changed = columns.change_no > since
    newly_kept = [columns[name].is_not(None) for name in migration.new_columns(table)]
    kind = sa.case((columns.deleted_at.is_not(None), 2), (is_new, 0), else_=1).label("kind")
    asked = has_changed
    if newly_kept:
        asked = sa.or_(has_changed, sa.and_(columns.deleted_at.is_(None), sa.or_(*newly_kept)))
    where = [columns.patient_id == patient_id, asked]
    if not since:
        where.append(columns.deleted_at.is_(None))  # it never had what is gone
    padding = [sa.cast(sa.null(), sa.Text()) for _ in range(WIDEST - len(table.columns))]
    texts = [text.label(f"c{place}") for place, text in enumerate((*table.texts, *padding))]
    found = (
        sa.select(
            sa.literal_column(f"'{table.name}'", sa.Text()).label("name"), kind,
            sa.cast(columns.id, sa.Text()).label("id"), *texts,
        )
        .where(*where).order_by(kind, columns.change_no, columns.id).subquery(f"of_{table.name}")
    )  # fmt: skip
    return sa.select(*found.c)
