"""Verifying: read every chain from its beginning, and name what is not as it was written.

Pages are read in transactions of their own, so that nobody waits for it and memory stays small.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.audit.anchors import Anchor, clinics_in_log
from service.audit.chain import LINKED, START, link
from service.audit.models import AccessLogEntry

PAGE = 5000
# A request and the sealing of its entry are seconds apart; what comes this much later was not
# written by a request of its moment.
LATE = timedelta(hours=1)
_C = AccessLogEntry.__table__.c
_AT = [column.name for column in LINKED].index("at")

Transactions = Callable[[], AbstractContextManager[Session]]


class Finding(NamedTuple):
    """Something that is not as it was written, and where.

    ``kind`` is ``changed`` (an entry is not what its hash says: edited, put in, or moved),
    ``missing`` (numbers from ``number`` to ``last``), ``back_dated`` (its moment lies before the
    entry it follows), ``unlike_anchor`` (the chain was written anew before ``number``), or
    ``cut`` (it ends before ``number``, which was anchored).
    """

    kind: str
    clinic_id: UUID
    number: int | None
    last: int | None = None
    entry_id: UUID | None = None


class Chain(NamedTuple):
    """A chain that was read to its end: how many entries, and how many wait to be sealed."""

    clinic_id: UUID
    sealed: int


def verify(
    transactions: Transactions, anchors: Iterable[Anchor] = (), *, page: int = PAGE
) -> Iterator[Finding | Chain]:
    """Read all chains and give what was found in each, then the chain itself.

    Args:
        transactions: opens one; each page is read in its own.
        anchors: what was kept elsewhere; held in memory, some 100 bytes for each.
        page: how many entries are read at once.
    """
    kept: dict[UUID, dict[int, str]] = {}
    for anchor in anchors:
        kept.setdefault(anchor.clinic_id, {})[anchor.number] = anchor.hash
    with transactions() as session:
        clinic_ids = list(clinics_in_log(session))
    for clinic_id in sorted({*clinic_ids, *kept}):
        yield from _verify_one(transactions, clinic_id, kept.get(clinic_id, {}), page)


def _verify_one(
    transactions: Transactions, clinic_id: UUID, anchored: dict[int, str], page: int
) -> Iterator[Finding | Chain]:
    number, before, at, sealed, differs = 0, START, None, 0, False
    for entry in _entries(transactions, clinic_id, page):
        expected = number + 1
        if entry.number > expected:
            yield Finding("missing", clinic_id, expected, entry.number - 1)
        # Behind a gap nobody can tell what the hash before was.
        elif entry.hash != link(before, entry.number, entry[2:]):
            yield Finding("changed", clinic_id, entry.number, entry_id=entry.id)
        if at is not None and entry.at < at - LATE:
            yield Finding("back_dated", clinic_id, entry.number, entry_id=entry.id)
        number, before, at, sealed = entry.number, entry.hash, entry.at, sealed + 1
        if not differs and anchored.get(number, before) != before:
            differs = True
            yield Finding("unlike_anchor", clinic_id, number, entry_id=entry.id)
    if anchored and max(anchored) > number:
        yield Finding("cut", clinic_id, number + 1, max(anchored))
    with transactions() as session:
        late = (
            at
            and session.execute(
                sa.select(_C.id)
                .where(_C.clinic_id == clinic_id, _C.number.is_(None), _C.at < at - LATE)
                .order_by(_C.at, _C.id)
            )
            .scalars()
            .all()
        )
    for entry_id in late or ():
        yield Finding("back_dated", clinic_id, None, entry_id=entry_id)
    yield Chain(clinic_id, sealed)


def _entries(transactions: Transactions, clinic_id: UUID, page: int) -> Iterator[Any]:
    last = 0
    while True:
        with transactions() as session:
            entries = session.execute(
                sa.select(_C.number, _C.hash, *LINKED)
                .where(_C.clinic_id == clinic_id, _C.number > last)
                .order_by(_C.number)
                .limit(page)
            ).all()
        yield from entries
        if len(entries) < page:
            return
        last = entries[-1].number
