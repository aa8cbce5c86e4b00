"""A push: everything a phone has to say, in one transaction.

First every record is looked up, and if one was changed here since the phone pulled, nothing is
taken: the phone pulls, merges and pushes again.  Then each record is taken by the function its
single route calls, so everything follows that follows there.  One that cannot be taken leaves no
trace and does not hold up the others.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.care.guidance import NOTHING, Guidance
from service.care.respond import guidance_given_of
from service.records import hash_of
from service.sync.columns import MOMENT
from service.sync.errors import NotRaw, RecordNotTaken, SyncConflict
from service.sync.in_turn import take_all
from service.sync.numbers import has_seen_another, seen_until
from service.sync.reading import Pushed, Rejection, read
from service.sync.tables import TABLES, Synced
from service.sync.taking import TAKERS, Push
from service.sync.taking_one import OnFile, differing, new_body
from service.words import keyed, words_of

_AT_ONCE = 500


class Told(NamedTuple):
    """What she is told about one record of a push; ``at`` is when it happened."""

    table: str
    id: UUID
    at: datetime | None
    guidance: Guidance


class Outcome(NamedTuple):
    """What became of a push."""

    rejected: Sequence[Rejection]
    told: Sequence[Told]


def push(push: Push, changes: Any, *, last_pulled_at: int) -> Outcome:
    """Take what a phone has changed.

    Args:
        push: in a transaction that holds her lock.
        changes: the body.
        last_pulled_at: what the phone was told at its last pull, 0 for nothing.

    Raises:
        ChangesUnreadable: the body is not of the protocol's shape.
        SyncConflict: a record was changed since the phone pulled; nothing is taken.
    """
    pushed, rejected = read(changes)
    before = push.change.change_no - 1
    if has_seen_another(last_pulled_at, change_no=before):
        raise SyncConflict
    seen = seen_until(last_pulled_at, change_no=before)
    on_file = _on_file(push, pushed)
    to_take: list[tuple[Pushed, OnFile | None]] = []
    repeated: list[Pushed] = []
    for one in pushed:
        there = on_file.get((one.table.name, one.id))
        if _says_nothing_new(push, one, there):
            repeated.append(one)
            continue
        if there is not None and there.change_no > seen and _may_change(one):
            raise SyncConflict
        to_take.append((one, there))
    taken = take_all(push, to_take)
    told = [*_told_again(push, repeated), *_worth_telling(taken.told)]
    return Outcome([*rejected, *taken.rejected], told)


def _on_file(push: Push, pushed: Iterable[Pushed]) -> dict[tuple[str, UUID], OnFile]:
    """Look up what is on file under the pushed ids; one statement a table, for most pushes."""
    ids: dict[str, list[UUID]] = {}
    for one in pushed:
        ids.setdefault(one.table.name, []).append(one.id)
    found = {}
    for name, asked in ids.items():
        table = TABLES[name]
        for first in range(0, len(asked), _AT_ONCE):
            some = asked[first : first + _AT_ONCE]
            for id, row in _rows(push.session, table, push.patient.id, some):
                found[name, id] = row
    return found


def _rows(
    session: Session, table: Synced, patient_id: UUID, ids: Sequence[UUID]
) -> Iterable[tuple[UUID, OnFile]]:
    columns = table.table.c
    texts = [text.label(f"c{place}") for place, text in enumerate(table.texts)]
    rows = session.execute(
        sa.select(
            columns.id, sa.cast(columns.id, sa.Text()), columns.change_no,
            columns.deleted_at.is_not(None), columns.content_hash, *texts,
        ).where(columns.patient_id == patient_id, columns.id.in_(ids))
    )  # fmt: skip
    for id, text, change_no, is_deleted, digest, *values in rows:
        yield id, OnFile(change_no, is_deleted, digest, table.raw(text, tuple(values)))


def _says_nothing_new(push: Push, one: Pushed, there: OnFile | None) -> bool:
    """Tell whether all of this is on file: it has come before, or was never changed."""
    if one.kind == "deleted":
        return there is None or there.is_deleted
    if there is None or there.is_deleted:
        return False
    return not differing(one, there) or (one.kind == "created" and _was_sent(push, one, there))


def _was_sent(push: Push, one: Pushed, there: OnFile) -> bool:
    """Tell whether this is, to the letter, what made the record: an answer got lost."""
    taker = TAKERS.get(one.table.name)
    if taker is None:
        return False
    try:
        content = new_body(one, taker)
    except RecordNotTaken:
        return False
    digest = hash_of({name: value for name, value in content.items() if name != "id"})
    if words_of(one.table.table):
        digest = keyed(push.session, push.patient.id, digest)
    return digest == there.content_hash


def _may_change(one: Pushed) -> bool:
    return one.table.is_deletable if one.kind == "deleted" else one.table.is_changeable


def _told_again(push: Push, repeated: Iterable[Pushed]) -> list[Told]:
    """Return what she was told about records that have come before: the answer may be lost."""
    by_id = {one.id: one for one in repeated if one.kind == "created" and one.table.moment}
    given = guidance_given_of(push.session, push.patient, list(by_id))
    return [_told(by_id[id], guidance) for id, guidance in given.items()]


def _worth_telling(taken: Iterable[tuple[Pushed, Guidance]]) -> list[Told]:
    return [_told(one, guidance) for one, guidance in taken if guidance.level != NOTHING.level]


def _told(one: Pushed, guidance: Guidance) -> Told:
    at = None
    if one.table.moment and one.raw.get(one.table.moment):
        try:
            at = datetime.fromisoformat(MOMENT.said(one.raw[one.table.moment]))
        except NotRaw:
            at = None
    return Told(one.table.name, one.id, at, guidance)
