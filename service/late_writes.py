"""Writes nothing in a request waits for: they are kept, and sent at the end of the transaction."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.hot import HotStatement

_WAITING = "late_writes"


class LateWrite:
    """A write nothing in the request waits for: kept until the commit, and sent with the others.

    On PostgreSQL they go as one statement, for what costs is the way there and back.  Their
    values carry a prefix of their own, so that statements can be joined.
    """

    def __init__(self, statement: Any, prefix: str) -> None:
        self.statement = statement
        self._prefix = prefix
        self.alone = HotStatement(statement)

    @classmethod
    def insert(cls, table: sa.Table, prefix: str, *, leave: Collection[str] = ()) -> "LateWrite":
        """Prepare the insertion of one row of a table, without the columns to leave empty."""
        values = {
            c.name: sa.bindparam(prefix + c.name, type_=c.type)
            for c in table.columns
            if c.name not in leave
        }
        return cls(sa.insert(table).values(values), prefix)

    def add(self, session: Session, values: Mapping[str, Any]) -> None:
        """Keep one write for the end of the transaction."""
        named = {self._prefix + name: value for name, value in values.items()}
        session.info.setdefault(_WAITING, []).append((self, named))


def write_what_waits(session: Session) -> None:
    """Write what was kept for the end of the transaction."""
    waiting: list[tuple[LateWrite, dict[str, Any]]] = session.info.pop(_WAITING, [])
    if session.get_bind().dialect.name == "postgresql":
        # One statement must not write a row twice: of each table the first goes along.
        first: dict[Any, tuple[LateWrite, dict[str, Any]]] = {}
        for one in waiting:
            first.setdefault(one[0].statement.table, one)
        together = list(first.values())
        if len(together) > 1:
            values = {name: value for _, named in together for name, value in named.items()}
            _joined(tuple(late for late, _ in together)).run(session, values)
            waiting = [one for one in waiting if one is not first[one[0].statement.table]]
    for late, named in waiting:
        late.alone.run(session, named)


@contextmanager
def attempt(session: Session) -> Iterator[None]:
    """Undo what a block has written if it raises, and nothing else of the transaction."""
    waiting = len(session.info.get(_WAITING, ()))
    try:
        with session.begin_nested():
            session.connection()  # or SAVEPOINT comes with the ORM's first statement, after ours
            yield
    except BaseException:
        del session.info.get(_WAITING, [])[waiting:]
        raise


def forget_what_waits(session: Session) -> None:
    """Drop what was kept by a transaction that is rolled back."""
    session.info.pop(_WAITING, None)


@cache
def _joined(kinds: tuple[LateWrite, ...]) -> HotStatement:
    *before, last = (late.statement for late in kinds)
    for number, statement in enumerate(before):
        last = last.add_cte(statement.cte(f"write_{number}"))
    return HotStatement(last)
