"""Statements for the few hottest requests, run on the driver's own cursor.

Around a statement that takes the database 50 µs, SQLAlchemy spends 30 to 130 µs: it builds the
result's metadata anew at every execution.  A ``HotStatement`` is written with SQLAlchemy, once,
for whichever database; types are still SQLAlchemy's in both directions.  What is lost is all
convenience: rows are tuples in the order of the columns.  ``benchmarks/`` says what it is worth.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

_Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Made:
    """A statement as written for one database."""

    sql: str
    fixed: Mapping[str, Any]
    to_database: tuple[tuple[str, _Process], ...]
    order: tuple[str, ...] | None
    from_database: tuple[tuple[int, _Process], ...]


class HotStatement:
    """One SQLAlchemy statement, compiled once for each kind of database."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._made: dict[str, _Made] = {}

    def rows(self, session: Session, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Run it and return its rows.

        Raises:
            sqlalchemy.exc.DBAPIError: as from any statement.
        """
        made, rows = self._run(session, values, returns=True)
        return _processed(rows, made.from_database)

    def value(self, session: Session) -> Any:
        """Run a statement that is given nothing and return the one value of its one row.

        Raises:
            sqlalchemy.exc.DBAPIError: as from any statement.
        """
        [(value,)] = self.rows(session, {})
        return value

    def run(self, session: Session, values: Mapping[str, Any]) -> None:
        """Run it for what it does.

        Raises:
            sqlalchemy.exc.DBAPIError: as from any statement.
        """
        self._run(session, values, returns=False)

    def _run(
        self, session: Session, values: Mapping[str, Any], *, returns: bool
    ) -> tuple[_Made, Sequence[tuple[Any, ...]]]:
        connection = connection_of(session)
        dialect = connection.dialect
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = _make(self._statement, dialect)
        bound: Any = {**made.fixed, **values}
        for name, process in made.to_database:
            bound[name] = process(bound[name])
        if made.order is not None:
            bound = tuple(bound[name] for name in made.order)
        cursor = connection.connection.cursor()
        try:
            if connection.engine._has_events:
                # Whoever listens to statements (tests count them) hears of this one too.
                connection.dispatch.before_cursor_execute(
                    connection, cursor, made.sql, bound, None, False
                )
            cursor.execute(made.sql, bound)
            return made, cursor.fetchall() if returns else ()
        except dialect.loaded_dbapi.Error as error:
            raise as_sqlalchemy_says(error, made.sql, connection, cursor) from error
        finally:
            cursor.close()


class EachRow:
    """One statement about many given rows, which travel as one value, however many they are.

    ``build`` is handed them as a table called ``given`` with these columns.  The database takes
    a value apart some ten times as fast as it is sent one row after the other.
    """

    def __init__(
        self,
        columns: Mapping[str, sa.types.TypeEngine[Any]],
        build: Callable[[sa.FromClause], Any],
    ) -> None:
        self._columns = columns
        self._build = build
        self._made: dict[str, tuple[HotStatement, tuple[tuple[str, _Process], ...]]] = {}

    def rows(
        self, session: Session, given: Sequence[Mapping[str, Any]], **values: Any
    ) -> Sequence[tuple[Any, ...]]:
        """Run it with these rows and return what it answers; ``values`` hold for all of them."""
        statement, text = self._prepared(session, given)
        return statement.rows(session, {_GIVEN: text, **values})

    def run(self, session: Session, given: Sequence[Mapping[str, Any]], **values: Any) -> None:
        """Run it with these rows for what it does."""
        statement, text = self._prepared(session, given)
        statement.run(session, {_GIVEN: text, **values})

    def _prepared(
        self, session: Session, given: Sequence[Mapping[str, Any]]
    ) -> tuple[HotStatement, str]:
        dialect = session.get_bind().dialect
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = self._make(dialect)
        statement, processes = made
        if processes:
            given = [
                {**row, **{name: process(row[name]) for name, process in processes}}
                for row in given
            ]
        return statement, orjson.dumps(given).decode()

    def _make(self, dialect: Dialect) -> tuple[HotStatement, tuple[tuple[str, _Process], ...]]:
        columns = [sa.column(name, kind) for name, kind in self._columns.items()]
        value = sa.bindparam(_GIVEN, type_=sa.Text())
        if dialect.name == "postgresql":
            table = sa.func.json_to_recordset(sa.cast(value, sa.JSON())).table_valued(*columns)
            # PostgreSQL reads ids and moments as JSON writes them.
            return HotStatement(self._build(table.render_derived(name=_GIVEN, with_types=True))), ()
        each = sa.func.json_each(value).table_valued("value")
        picked = sa.select(
            *(
                sa.type_coerce(
                    sa.func.json_extract(each.c.value, sa.literal_column(f"'$.{c.name}'")), c.type
                ).label(c.name)
                for c in columns
            )
        )
        processes = tuple(
            (name, process)
            for name, kind in self._columns.items()
            if (process := kind.dialect_impl(dialect).bind_processor(dialect)) is not None
        )
        return HotStatement(self._build(picked.subquery(_GIVEN))), processes


_GIVEN = "given"
_CONNECTION = "connection"


def connection_of(session: Session) -> sa.Connection:
    """Return the session's connection; inside ``transaction()`` it is asked for once."""
    connection: sa.Connection | None = session.info.get(_CONNECTION)
    if connection is None:
        connection = session.connection()
        if session.info.get("in_transaction_block"):
            session.info[_CONNECTION] = connection
    return connection


def forget_connection(session: Session) -> None:
    """Forget the connection of a transaction that is over."""
    session.info.pop(_CONNECTION, None)


def _make(statement: Any, dialect: Dialect) -> _Made:
    compiled = statement.compile(dialect=dialect)
    to_database = {
        name: process
        for bind, name in compiled.bind_names.items()
        if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    columns = getattr(statement, "selected_columns", None)
    if columns is None:
        columns = statement.exported_columns if statement._returning else ()
    from_database = [
        (place, process)
        for place, column in enumerate(columns)
        # Both drivers hand out a float as a float; asking needs the column's number on the wire.
        if not isinstance(column.type, sa.Float)
        and (process := column.type.dialect_impl(dialect).result_processor(dialect, None))
        is not None
    ]
    return _Made(
        sql=compiled.string,
        fixed=compiled.construct_params({}, _check=False),
        to_database=tuple(to_database.items()),
        order=tuple(compiled.positiontup) if compiled.positional else None,
        from_database=tuple(from_database),
    )


def _processed(
    rows: Sequence[tuple[Any, ...]], processes: tuple[tuple[int, _Process], ...]
) -> Sequence[tuple[Any, ...]]:
    if not processes or not rows:
        return rows
    changed = []
    for row in rows:
        values = list(row)
        for place, process in processes:
            if values[place] is not None:
                values[place] = process(values[place])
        changed.append(tuple(values))
    return changed


def as_sqlalchemy_says(
    error: Exception, sql: str, connection: sa.Connection, cursor: Any
) -> sa.exc.DBAPIError:
    """Return a driver's error as SQLAlchemy's, without the values; a lost connection is dropped."""
    lost = connection.dialect.is_disconnect(error, connection.connection, cursor)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    wrapped = sa.exc.DBAPIError.instance(
        sql, None, error, connection.dialect.loaded_dbapi.Error, hide_parameters=True,
        connection_invalidated=lost, dialect=connection.dialect,
    )  # fmt: skip
    assert isinstance(wrapped, sa.exc.DBAPIError)  # noqa: S101 - tells mypy, not a check
    return wrapped
