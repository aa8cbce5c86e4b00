"""Reading all that is held about her, a page at a time, so that neither memory nor a lock grows.

Every page is a transaction of its own: on SQLite a reader that stays keeps all others from
writing.  So a file is what stood there while it was made, not the record of one instant; what is
entered meanwhile may be in one part of it and not in another.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.her_rows import Hers, rows_of, tables_of_hers

PAGE = 500

Transactions = Callable[[], AbstractContextManager[Session]]
Row = Mapping[str, Any]

LEFT_OUT: Mapping[str, str] = {
    "absences": "says when staff are away",
    "archive_pieces": "is written when she is erased, for the law, and is sealed",
    "erased_patients": "is written when she is erased",
    "export_pieces": "is this file itself, and those before it, sealed",
    "kept_answers": "repeats what other tables say, sealed with a key her phone has",
    "mailed_codes": "holds digests of codes, and for ten minutes an address to be confirmed",
    "password_resets": "holds digests of codes, and nothing else",
    "pending_factors": "holds a secret of ten minutes, and nothing else",
    "refresh_tokens": "holds digests of tokens, and nothing else",
    "roster_entries": "says which of the staff are on duty",
    "saved_views": "says what staff look at first",
}
"""Tables with rows of hers, or of her account, that no export brings, and why."""

LEFT_OUT_COLUMNS: Mapping[tuple[str, str], str] = {
    ("devices", "address"): "whoever has it can write to her phone",
    ("outbox_messages", "body"): "may hold a link that lets somebody in",
}
"""Columns no export brings, beside digests, secrets and keys, and why."""

# By name, so that what is added later is left out as well; bytes are never words of hers.
_SECRET = re.compile(r"(sha256|hash|secret|_key)$")


@cache
def exported_tables() -> tuple[sa.Table, ...]:
    """Return the tables an export brings, each after those it refers to."""
    return tuple(table for table in tables_of_hers() if table.name not in LEFT_OUT)


@cache
def exported_columns(table: sa.Table) -> tuple[sa.Column[Any], ...]:
    """Return the columns of a table that an export brings."""
    return tuple(
        column
        for column in table.columns
        if (table.name, column.name) not in LEFT_OUT_COLUMNS
        and not isinstance(column.type, sa.LargeBinary)
        and not _SECRET.search(column.name)
    )


class Reader:
    """Reads the rows about one patient; ``after_page`` is called when a page was worked off.

    Args:
        transactions: opens one, for each page.
        hers: whose rows.
        after_page: is told how many rows that were; what it raises ends the reading.
    """

    def __init__(
        self, transactions: Transactions, hers: Hers, after_page: Callable[[int], None]
    ) -> None:
        self.hers = hers
        self._transactions = transactions
        self._after_page = after_page

    def count(self) -> int:
        """Return how many rows there are to read."""
        total = 0
        for table in exported_tables():
            with self._transactions() as session:
                whose = rows_of(table, self.hers)
                rows = sa.select(sa.func.count()).select_from(table).where(whose)  # type: ignore[arg-type]
                total += session.execute(rows).scalar_one()
        return total

    def rows(self, table: sa.Table) -> Iterator[Row]:
        """Give the rows of a table, in the order of its key."""
        key = list(table.primary_key.columns)
        place = sa.tuple_(*key)
        columns = exported_columns(table)
        wanted = (
            sa.select(*columns, *(one for one in key if one not in set(columns)))
            .where(rows_of(table, self.hers))  # type: ignore[arg-type]
            .order_by(*key)
            .limit(PAGE)
        )
        last: Sequence[Any] | None = None
        while True:
            asked = wanted
            if last is not None:
                asked = asked.where(place > sa.tuple_(*last, types=[one.type for one in key]))
            with self._transactions() as session:
                page = session.execute(asked).mappings().all()
            yield from cast(Sequence[Row], page)
            self._after_page(len(page))
            if len(page) < PAGE:
                return
            last = [page[-1][one.name] for one in key]

    def ask(self, question: Callable[[Session], Any]) -> Any:
        """Return what a question finds, asked in a transaction of its own."""
        with self._transactions() as session:
            return question(session)
