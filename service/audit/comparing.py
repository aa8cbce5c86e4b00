"""Comparing a copy of the access log with the log: does either say what the other does not."""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import attrgetter
from uuid import UUID

import sqlalchemy as sa

from service.audit.chain import START, link
from service.audit.copying import Copied
from service.audit.models import AccessLogEntry
from service.audit.verifying import PAGE, Finding, Transactions

_C = AccessLogEntry.__table__.c


def compare(
    transactions: Transactions, copy: Iterable[Copied], *, page: int = PAGE
) -> Iterator[Finding]:
    """Give what does not agree: in the copy itself, entry by entry, and with the log.

    ``copy_lacks``: numbers are left out or come twice.  ``copy_changed``: an entry is not what
    its hash says.  ``unlike_copy``: from here on the log differs, or has it no more; told once
    for each clinic.  That the copy ends before the log is no finding.

    Args:
        transactions: opens one; each page is looked up in its own.
        copy: as ``copying.read`` gives it; it may begin at any number.
        page: how many entries are looked up at once.
    """
    heads: dict[UUID, tuple[int, str]] = {}
    unlike: set[UUID] = set()
    for entries in _batched(copy, page):
        for entry in entries:
            yield from _fault(entry, heads)
            heads[entry.clinic_id] = entry.number, entry.hash
        for clinic_id, of_one in groupby(entries, key=attrgetter("clinic_id")):
            mine = list(of_one)
            there = _hashes(transactions, clinic_id, mine)
            differs = next((one for one in mine if there.get(one.number) != one.hash), None)
            if differs is not None and clinic_id not in unlike:
                unlike.add(clinic_id)
                yield Finding("unlike_copy", clinic_id, differs.number)


def _batched(copy: Iterable[Copied], page: int) -> Iterator[tuple[Copied, ...]]:
    entries = iter(copy)
    while some := tuple(islice(entries, page)):
        yield some


def _fault(entry: Copied, heads: dict[UUID, tuple[int, str]]) -> Iterator[Finding]:
    number, before = heads.get(entry.clinic_id, (entry.number - 1, None))
    if entry.number != number + 1:
        yield Finding("copy_lacks", entry.clinic_id, number + 1, entry.number - 1)
        return
    before = START if entry.number == 1 else before
    # Where a copy begins in the middle nobody can tell what the hash before was.
    if before is not None and entry.hash != link(before, entry.number, entry.values):
        yield Finding("copy_changed", entry.clinic_id, entry.number)


def _hashes(transactions: Transactions, clinic_id: UUID, entries: list[Copied]) -> dict[int, str]:
    numbers = [one.number for one in entries]
    with transactions() as session:
        found = session.execute(
            sa.select(_C.number, _C.hash).where(
                _C.clinic_id == clinic_id, _C.number.between(min(numbers), max(numbers))
            )
        )
        return {row.number: row.hash for row in found}
