"""Where made-up lives are written to: a database, whole lives at a time, or a stream of lines."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, Protocol

import orjson
import sqlalchemy as sa
from flask import Flask

from service.bulk import insert_rows
from service.cli.synth.book import TABLES, Book
from service.cli.synth.clinic import MadeClinic
from service.db import insert_all_if_new, transaction

_Rows = Iterable[tuple[sa.Table, list[dict[str, Any]]]]


class Shelf(Protocol):
    """Where books are put."""

    def open(self, clinic: MadeClinic) -> None:
        """Write the clinic itself."""
        ...

    def put(self, books: Sequence[Book]) -> None:
        """Write some lives: all of them or none."""
        ...


class DatabaseShelf:
    """A database, in one transaction for some lives."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def open(self, clinic: MadeClinic) -> None:
        """Write the clinic and who works there, as far as they are not there yet."""
        with self._app.app_context(), transaction() as session:
            for table, rows in clinic.rows():
                insert_all_if_new(session, table, rows)

    def put(self, books: Sequence[Book]) -> None:
        """Write some lives: all of them or none."""
        by_table: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in TABLES}
        for book in books:
            for table, rows in book.rows():
                by_table[table] += rows
        with self._app.app_context(), transaction() as session:
            for table, rows in by_table.items():
                insert_rows(session, table, rows)


class LineShelf:
    """Lines of JSON, a row each: ``{"table": …, "row": {…}}``, in the order they may be loaded."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def open(self, clinic: MadeClinic) -> None:
        """Write the clinic and who works there."""
        self._write(clinic.rows())

    def put(self, books: Sequence[Book]) -> None:
        """Write some lives, one after the other."""
        for book in books:
            self._write(book.rows())

    def _write(self, rows: _Rows) -> None:
        for line in _lines(rows):
            self._stream.write(line)


def _lines(tables: _Rows) -> Iterator[bytes]:
    for table, rows in tables:
        for row in rows:
            line = {"table": table.name, "row": row}
            yield orjson.dumps(line, default=_plain, option=orjson.OPT_APPEND_NEWLINE)


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError
