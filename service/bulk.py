"""Writing many rows at once, as a file or a made-up clinic brings them.

Beside ``db`` and ``hot`` the only module that knows which database it is: PostgreSQL is sent rows
with ``COPY``, SQLite with one statement run for each.  Types are SQLAlchemy's all the same.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from service.hot import connection_of
from service.words import sealed

_Process = Callable[[Any], Any]


class _Made(NamedTuple):
    """How rows of a table go to one kind of database."""

    sql: str
    columns: tuple[tuple[str, _Process | None], ...]


def insert_rows(session: Session, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of a table that name every column it is written with.

    Args:
        session: in a transaction.
        table: where to.
        rows: each with all the columns but those the database works out.

    Raises:
        sqlalchemy.exc.IntegrityError: one of them is there already, or refers to what is not.
    """
    if not rows:
        return
    rows = [sealed(session, table, row) for row in rows]
    connection = connection_of(session)
    dialect = connection.dialect
    made = _made_for(table, dialect)
    sent = [
        [row[name] if process is None else process(row[name]) for name, process in made.columns]
        for row in rows
    ]
    cursor = connection.connection.cursor()
    try:
        if dialect.name == "postgresql":
            with cursor.copy(made.sql) as copy:
                for values in sent:
                    copy.write_row(values)
        else:
            cursor.executemany(made.sql, sent)
    except dialect.loaded_dbapi.IntegrityError as error:
        raise sa.exc.IntegrityError(made.sql, None, error) from error
    finally:
        cursor.close()


@lru_cache(maxsize=256)
def _made_for(table: sa.Table, dialect: Dialect) -> _Made:
    written = [column for column in table.columns if column.computed is None]
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in written)
    into = f"{quote(table.name)} ({names})"
    if dialect.name == "postgresql":
        sql = f"COPY {into} FROM STDIN"
    else:
        sql = f"INSERT INTO {into} VALUES ({', '.join('?' * len(written))})"  # noqa: S608 - names
    columns = tuple(
        (column.name, column.type.dialect_impl(dialect).bind_processor(dialect))
        for column in written
    )
    return _Made(sql, columns)
