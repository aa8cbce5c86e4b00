"""Long work on one row: a worker has the row as long as its lease, which it renews as it goes on.

Where a worker is killed, the lease runs out and the next one begins anew.  One that slept through
its lease finds, at the first thing it writes, that the row is no longer its own, and stops.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.db import Model, skip_locked

_Row = TypeVar("_Row", bound="Leased")


class LeaseLost(Exception):
    """Another worker has the row now, or it is gone."""


class Leased(Model):
    """A row that is worked on under a lease; ``attempts`` counts the workers that began."""

    __abstract__ = True

    id: Mapped[UUID]
    lease_owner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A row that is a worker's, as long as its lease lasts.

    ``attempt`` tells it from the same worker's earlier lease, which it may have slept through.
    """

    id: UUID
    owner: UUID
    attempt: int


def take(
    session: Session, due: sa.Select[Any], kind: type[_Row],
    *, owner: UUID, now: datetime, lease: timedelta,
) -> _Row | None:  # fmt: skip
    """Take the first of some rows that no worker has; ``None`` if there is none.

    Args:
        session: in a transaction.
        due: the rows that are to be worked on, in their order.
        kind: what they are.
        owner: the worker.
        now: when this happens.
        lease: how long the row is the worker's.
    """
    is_free = sa.or_(kind.lease_until.is_(None), kind.lease_until <= now)
    first = due.where(is_free).limit(1).execution_options(populate_existing=True)
    row = session.scalars(skip_locked(first)).one_or_none()
    if row is None:
        return None
    row.attempts += 1
    row.lease_owner, row.lease_until = owner, now + lease
    return cast(_Row, row)


def write(
    session: Session, kind: type[Leased], held: Held, values: dict[str, Any],
    *, still: sa.ColumnElement[bool],
) -> None:  # fmt: skip
    """Change a row that is still a worker's.

    Args:
        session: in a transaction.
        kind: what the row is.
        held: which it is, and whose.
        values: what is changed, by column.
        still: what must hold of it besides.

    Raises:
        LeaseLost: it is another worker's.
    """
    row = cast(sa.Table, kind.__table__)
    written = session.execute(
        sa.update(row)
        .where(
            row.c.id == held.id, row.c.lease_owner == held.owner,
            row.c.attempts == held.attempt, still,
        )
        .values(values)
        .returning(row.c.id)
    )  # fmt: skip
    if written.one_or_none() is None:
        raise LeaseLost
