"""Writing many rows at once, as a file or a made-up clinic brings them.

Beside ``db`` and ``hot`` the only module that knows which database it is: PostgreSQL is sent all
rows in one value, SQLite one statement run for each.  PostgreSQL's ``COPY`` would be the way if it
knew of row-level security; it refuses where there is any.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from service.hot import EachRow, connection_of
from service.words import Words, sealed

_Process = Callable[[Any], Any]


class _Made(NamedTuple):
    """How rows of a table go to SQLite."""

    sql: str
    columns: tuple[tuple[str, _Process | None], ...]


class _AllAtOnce(NamedTuple):
    """How rows of a table go to PostgreSQL: as JSON, which knows neither bytes nor our words."""

    statement: EachRow
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
    if session.get_bind().dialect.name == "postgresql":
        _insert_all_at_once(session, table, rows)
    else:
        _insert_each(session, table, rows)


def _insert_all_at_once(
    session: Session, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    made = _all_at_once(table, connection_of(session).dialect)
    given = [
        {
            name: row[name] if process is None else process(row[name])
            for name, process in made.columns
        }
        for row in rows
    ]
    made.statement.run(session, given)


def _insert_each(session: Session, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    connection = connection_of(session)
    made = _made_for(table, connection.dialect)
    sent = [
        [row[name] if process is None else process(row[name]) for name, process in made.columns]
        for row in rows
    ]
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(made.sql, sent)
    except connection.dialect.loaded_dbapi.IntegrityError as error:
        raise sa.exc.IntegrityError(made.sql, None, error) from error
    finally:
        cursor.close()


@lru_cache(maxsize=256)
def _all_at_once(table: sa.Table, dialect: Dialect) -> _AllAtOnce:
    columns = {column.name: column.type for column in _written(table)}
    statement = EachRow(
        columns,
        lambda given: sa.insert(table).from_select(list(columns), sa.select(*given.c)),
    )
    return _AllAtOnce(
        statement, tuple((name, _into_json(kind, dialect)) for name, kind in columns.items())
    )


def _into_json(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> _Process | None:
    """Return how a value is written into JSON; ``None`` if as it is."""
    if isinstance(kind, sa.LargeBinary):
        return _hex
    return kind.bind_processor(dialect) if isinstance(kind, Words) else None


def _hex(value: bytes | None) -> str | None:
    """Return bytes as PostgreSQL writes them."""
    return None if value is None else "\\x" + value.hex()


@lru_cache(maxsize=256)
def _made_for(table: sa.Table, dialect: Dialect) -> _Made:
    quote = dialect.identifier_preparer.quote
    written = _written(table)
    names = ", ".join(quote(column.name) for column in written)
    into = f"{quote(table.name)} ({names})"
    columns = tuple(
        (column.name, column.type.dialect_impl(dialect).bind_processor(dialect))
        for column in written
    )
    return _Made(
        f"INSERT INTO {into} VALUES ({', '.join('?' * len(written))})",  # noqa: S608 - names
        columns,
    )


def _written(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.columns if column.computed is None]
