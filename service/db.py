"""The database: the base class of every table, and the one way to commit.

Knows SQLite from PostgreSQL: how a transaction begins, how JSON is stored, how rows come in.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from operator import add
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Session, registry

from service import row_security  # noqa: F401 - listens: PostgreSQL's BEGIN says what it may reach
from service.hot import EachRow, HotStatement, forget_connection
from service.late_writes import forget_what_waits, write_what_waits

# As text on both databases: what is stored is read whole, and PostgreSQL takes longer to write
# its binary form out again than to find it.
Json = sa.JSON()


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment in time.  Refuses naive values on the way in; hands back UTC on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: say which time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Load as aware UTC.  PostgreSQL hands back the session's zone, SQLite none at all."""
        moment: datetime | None = value
        if moment is None:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table."""

    # On the registry, not on this class: Flask-SQLAlchemy copies the class body into a new
    # class, and SQLAlchemy refuses a copied ``type_annotation_map``.
    registry = registry(
        type_annotation_map={datetime: UtcDateTime(), dict[str, Any]: Json, list[Any]: Json},
        metadata=sa.MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


# Rows stay readable after commit, so a view may serialise what it has just saved.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def engine_options(url: str) -> dict[str, Any]:
    """Return how the engine for this address is to be built.

    SQLite waits up to 5 s for another writer.  PostgreSQL gives up on a statement after 10 s and
    on connecting after 3 s, so that no request hangs on a database that does not answer.
    """
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # an error quotes the statement, never what stood in it
    }
    if sa.make_url(url).get_backend_name() == "sqlite":
        return options | {"connect_args": {"timeout": 5}}
    settings = {
        "statement_timeout": "10000",
        "idle_in_transaction_session_timeout": "60000",
        "timezone": "UTC",
        # Ours find their rows by an index whatever the values: planning anew would only cost.
        "plan_cache_mode": "force_generic_plan",
        "jit": "off",
    }
    return options | {
        "connect_args": {
            "connect_timeout": 3,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            "tcp_user_timeout": 4000,
        },
        "pool_size": 8,
        "max_overflow": 8,
        "pool_timeout": 8,
    }


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit once when the block ends, roll back if it raises.

    Only the edges open transactions; actions are handed the session and never commit, so
    several actions can share one commit and a test needs none.

    Raises:
        RuntimeError: a transaction is already open here.  Nesting would commit half-way.
    """
    session = db.session()
    if session.info.get("in_transaction_block"):
        raise RuntimeError("transaction() does not nest: pass the session on instead")
    session.info["in_transaction_block"] = True
    try:
        yield session
        if session.new or session.dirty or session.deleted:
            session.flush()
        write_what_waits(session)
        session.commit()
    except BaseException:
        forget_what_waits(session)
        session.rollback()
        raise
    finally:
        forget_connection(session)
        session.info.pop("in_transaction_block")


def insert_if_new(
    session: Session, table: sa.Table, values: dict[str, Any], *, conflict_on: str = "id"
) -> bool:
    """Insert one row unless its key is taken; tell whether it was inserted.

    The database decides, not a look beforehand: of two connections that bring the same row at
    the same moment one inserts it and the other is told ``False``.
    """
    statement = _insert_unless_there(table, conflict_on, _is_postgresql(session))
    made = {name: make(None) for name, make in _makers_of(table) if name not in values}
    return bool(statement.rows(session, {**made, **values}))


def insert_all_if_new(
    session: Session, table: sa.Table, rows: list[dict[str, Any]], *, conflict_on: str = "id"
) -> None:
    """Insert the rows whose key is not taken yet, in one statement; leave the others alone.

    ``conflict_on`` names the column that must be unique, or several, separated by spaces;
    empty for whatever must be.
    """
    if rows:
        build = _insert_of(_is_postgresql(session))
        taken = build(table).on_conflict_do_nothing(index_elements=conflict_on.split() or None)
        session.execute(taken, rows)


def insert_each_if_new(
    session: Session, table: sa.Table, rows: list[dict[str, Any]], *, conflict_on: str = "id"
) -> None:
    """Do as ``insert_all_if_new``, ten times as fast, for rows that name every column.

    Not for a table with bytes in it: the rows travel as JSON.  No rows ask the database too.
    """
    _insert_each_unless_there(table, conflict_on, _is_postgresql(session)).run(session, rows)


def add_up(session: Session, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Add the counts in these rows to those in the table, which may not have such a row yet."""
    _upsert(session, table, rows, add)


def put(session: Session, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Let these rows stand in the table, in the place of those with the same key."""
    _upsert(session, table, rows, lambda _there, brought: brought)


def _upsert(
    session: Session, table: sa.Table, rows: list[dict[str, Any]], joined: Callable[[Any, Any], Any]
) -> None:
    if not rows:
        return
    keys = [one.name for one in table.primary_key]
    rows.sort(key=lambda row: [row[key] for key in keys])  # so two workers never lock crosswise
    insert = _insert_of(_is_postgresql(session))(table).values(rows)
    values = {c.name: joined(c, insert.excluded[c.name]) for c in table.c if c.name not in keys}
    session.execute(insert.on_conflict_do_update(index_elements=keys, set_=values))


@cache
def _insert_each_unless_there(table: sa.Table, conflict_on: str, on_postgresql: bool) -> EachRow:
    columns = {column.name: column.type for column in table.columns}
    build = _insert_of(on_postgresql)
    return EachRow(
        columns,
        lambda given: (
            build(table)
            .from_select(list(columns), sa.select(*given.c).where(sa.true()))
            .on_conflict_do_nothing(index_elements=[conflict_on])
        ),
    )


@cache
def _insert_unless_there(table: sa.Table, conflict_on: str, on_postgresql: bool) -> HotStatement:
    columns = {c.name: sa.bindparam(c.name, _default_of(c), type_=c.type) for c in table.columns}
    build = _insert_of(on_postgresql)
    return HotStatement(
        build(table)
        .values(columns)
        .on_conflict_do_nothing(index_elements=[conflict_on])
        .returning(table.c[conflict_on])
    )


def _default_of(column: sa.Column[Any]) -> Any:
    """Return what a column holds if nothing is said: its plain default, else NULL."""
    default = column.default
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


@cache
def _makers_of(table: sa.Table) -> tuple[tuple[str, Any], ...]:
    """Return the columns whose default is made anew for each row, with what makes it."""
    return tuple(
        (column.name, column.default.arg)
        for column in table.columns
        if isinstance(column.default, sa.ColumnDefault) and column.default.is_callable
    )


def _insert_of(on_postgresql: bool) -> Any:
    return postgresql.insert if on_postgresql else sqlite.insert


def returns_joined_columns(session: Session) -> bool:
    """Tell whether ``UPDATE … FROM … RETURNING`` may return what it joined.  SQLite may not."""
    return _is_postgresql(session)


def skip_locked(statement: sa.Select[Any]) -> sa.Select[Any]:
    """Take the selected rows for this transaction, passing over those another worker has.

    PostgreSQL locks rows (``FOR UPDATE SKIP LOCKED``); SQLite has one writer at a time, which
    ``transaction()`` makes us before we look.
    """
    return statement.with_for_update(skip_locked=True)


def each_value(session: Session, column: Any, key: str) -> sa.ColumnElement[str]:
    """Return what ``key`` is in each object of a JSON list: the row comes once for each."""
    if _is_postgresql(session):
        entries = sa.func.jsonb_array_elements(sa.cast(column, postgresql.JSONB)).table_valued(
            sa.column("value", postgresql.JSONB), joins_implicitly=True
        )
        found: sa.ColumnElement[str] = entries.c.value[key].astext
        return found
    each = sa.func.json_each(column).table_valued("value", joins_implicitly=True)
    return sa.func.json_extract(each.c.value, f"$.{key}")


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


@sa.event.listens_for(sa.Engine, "connect")
def _set_up_sqlite(connection: Any, _record: Any) -> None:
    if not type(connection).__module__.startswith("sqlite3"):
        return
    # We say BEGIN ourselves: the driver's own comes too late to make a transaction of a read
    # followed by a write, and not at all around DDL.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL loses acknowledged commits when the power goes; FULL syncs at every commit.
    connection.execute("PRAGMA synchronous = FULL")


@sa.event.listens_for(sa.Engine, "begin")
def _begin_sqlite(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        # IMMEDIATE: take the write lock at once and wait for it, instead of failing half-way
        # when a read turns into a write behind somebody else's back.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
