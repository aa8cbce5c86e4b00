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
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from service.care.guidance import NOTHING, Guidance
from service.care.respond import guidance_given_of
from service.errors import Conflict, DomainError, Outdated
from service.hot import attempt
from service.records import hash_of
from service.sync.answering import ANSWERS, forget_article
from service.sync.columns import MOMENT, Column
from service.sync.errors import NotChangeable, NotRaw, RecordNotTaken, SyncConflict
from service.sync.numbers import is_ahead, seen_until
from service.sync.reading import Pushed, Rejection, body_of, read
from service.sync.tables import TABLES, Synced
from service.sync.taking import TAKERS, Push, Taker
from service.words import keyed, words_of

# What the others may be about comes first; what she reports, in the order it happened.
_IN_THIS_ORDER = (
    "treatments", "reminders", "symptom_reports", "wellbeing_checks", "questionnaire_responses",
    "measurements", "doses", "reminder_occurrences", "events", "questions", "saved_content",
)  # fmt: skip
_PLACE = {name: place for place, name in enumerate(_IN_THIS_ORDER)}
_AT_ITS_OWN_TIME = frozenset(
    {"symptom_reports", "wellbeing_checks", "questionnaire_responses", "measurements"}
)
_FAR_AHEAD = 10**18
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


class _OnFile(NamedTuple):
    """A record as it is on file."""

    change_no: int
    is_deleted: bool
    content_hash: bytes
    raw: dict[str, Any]


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
    if is_ahead(last_pulled_at, change_no=before):
        raise SyncConflict
    seen = seen_until(last_pulled_at, change_no=before)
    on_file = _on_file(push, pushed)
    to_take: list[tuple[Pushed, _OnFile | None]] = []
    repeated: list[Pushed] = []
    for one in pushed:
        there = on_file.get((one.table.name, one.id))
        if _says_nothing_new(push, one, there):
            repeated.append(one)
            continue
        if there is not None and there.change_no > seen and _may_change(one):
            raise SyncConflict
        to_take.append((one, there))
    told = []
    for one, there in sorted(to_take, key=_turn):
        try:
            guidance = _taken_alone(push, one, there)
        except DomainError as no:
            rejected.append(Rejection(one.table.name, str(one.id), no))
        else:
            told.append((one, guidance))
    return Outcome(rejected, [*_told_again(push, repeated), *_worth_telling(told)])


def _on_file(push: Push, pushed: Iterable[Pushed]) -> dict[tuple[str, UUID], _OnFile]:
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
) -> Iterable[tuple[UUID, _OnFile]]:
    columns = table.table.c
    texts = [text.label(f"c{place}") for place, text in enumerate(table.texts)]
    rows = session.execute(
        sa.select(
            columns.id, sa.cast(columns.id, sa.Text()), columns.change_no,
            columns.deleted_at.is_not(None), columns.content_hash, *texts,
        ).where(columns.patient_id == patient_id, columns.id.in_(ids))
    )  # fmt: skip
    for id, text, change_no, is_deleted, digest, *values in rows:
        yield id, _OnFile(change_no, is_deleted, digest, table.raw(text, tuple(values)))


def _says_nothing_new(push: Push, one: Pushed, there: _OnFile | None) -> bool:
    """Tell whether all of this is on file: it has come before, or was never changed."""
    if one.kind == "deleted":
        return there is None or there.is_deleted
    if there is None or there.is_deleted:
        return False
    return not _differing(one, there) or (one.kind == "created" and _was_sent(push, one, there))


def _differing(one: Pushed, there: _OnFile) -> dict[str, Column]:
    """Return the columns in which a phone says something else than is on file."""
    return {
        name: column
        for name, column in one.table.columns.items()
        if column.written and name in one.raw and not column.is_same(one.raw[name], there.raw[name])
    }


def _was_sent(push: Push, one: Pushed, there: _OnFile) -> bool:
    """Tell whether this is, to the letter, what made the record: an answer got lost."""
    taker = TAKERS.get(one.table.name)
    if taker is None:
        return False
    try:
        content = _new_body(one, taker)
    except RecordNotTaken:
        return False
    digest = hash_of({name: value for name, value in content.items() if name != "id"})
    if words_of(one.table.table):
        digest = keyed(push.session, push.patient.id, digest)
    return digest == there.content_hash


def _may_change(one: Pushed) -> bool:
    return one.table.is_deletable if one.kind == "deleted" else one.table.is_changeable


def _turn(record: tuple[Pushed, _OnFile | None]) -> tuple[Any, ...]:
    """Say when a record's turn is: what she reports in the order it happened, deletions last."""
    one, _ = record
    if one.kind == "deleted":
        return (2, -_PLACE[one.table.name], 0)
    if one.table.name in _AT_ITS_OWN_TIME:
        return (0, _milliseconds(one), _PLACE[one.table.name])
    return (1, _PLACE[one.table.name], _milliseconds(one))


def _milliseconds(one: Pushed) -> float:
    said = one.raw.get(one.table.moment) if one.table.moment else None
    return said if isinstance(said, int | float) else _FAR_AHEAD


def _taken_alone(push: Push, one: Pushed, there: _OnFile | None) -> Guidance:
    """Take one record; if that cannot be, undo what it has written.

    Raises:
        DomainError: it cannot be taken.
    """
    try:
        with attempt(push.session):
            return _taken(push, one, there)
    except (IntegrityError, DataError):
        # Two that were each right alone and together are not.
        raise RecordNotTaken from None
    except (Conflict, Outdated) as no:
        if isinstance(no, SyncConflict):
            raise
        raise no


def _taken(push: Push, one: Pushed, there: _OnFile | None) -> Guidance:
    name = one.table.name
    if one.kind == "deleted":
        _delete(push, one)
        return NOTHING
    if there is not None and there.is_deleted and name not in ANSWERS:
        raise NotChangeable(errors=[("", "It was deleted.")])
    if name in ANSWERS:
        return ANSWERS[name](push, one, None if there is None or there.is_deleted else there.raw)
    taker = TAKERS[name]
    if there is None:
        return _create(push, one, taker)
    if not one.table.is_changeable or taker.patch is None:
        raise NotChangeable
    return _change(push, one, taker, _differing(one, there))


def _create(push: Push, one: Pushed, taker: Taker) -> Guidance:
    guidance = taker.create(push, _new_body(one, taker))
    if taker.patch is None:
        return guidance
    later = {
        name: column
        for name, column in one.table.columns.items()
        if column.written
        and name in taker.patch.fields
        and name not in taker.schema.fields
        and one.raw.get(name) not in (None, "", taker.starts_as.get(name))
    }
    if later:
        push.session.flush()
        _change(push, one, taker, later)
    return guidance


def _new_body(one: Pushed, taker: Taker) -> Any:
    names = {name: one.table.columns[name] for name in taker.schema.fields if name != "id"}
    return body_of(one.table, one.raw, taker.schema, names=names, id=one.id)


def _change(push: Push, one: Pushed, taker: Taker, columns: dict[str, Column]) -> Guidance:
    assert taker.patch is not None and taker.change is not None  # noqa: S101, PT018 - tells mypy
    fixed = sorted(columns.keys() - taker.patch.fields.keys())
    if fixed:
        raise NotChangeable(errors=[(f"/{name}", "Cannot be changed.") for name in fixed])
    changes = body_of(one.table, one.raw, taker.patch, names=columns)
    guidance = taker.change(push, one.id, changes)
    push.session.flush()
    return guidance


def _delete(push: Push, one: Pushed) -> None:
    name = one.table.name
    if not one.table.is_deletable:
        raise NotChangeable
    if name == "saved_content":
        forget_article(push, one.id)
        return
    delete = TAKERS[name].delete
    assert delete is not None  # noqa: S101 - what is deletable says how
    delete(push, one.id)
    push.session.flush()


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
