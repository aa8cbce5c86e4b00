"""Taking one record of a push: as new, as changed, or as gone; whole or not at all."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy.exc import DataError, IntegrityError

from service.care.guidance import NOTHING, Guidance
from service.late_writes import attempt
from service.sync.answering import ANSWERS, forget_article
from service.sync.columns import Column
from service.sync.errors import NotChangeable, RecordNotTaken
from service.sync.reading import Pushed, body_of
from service.sync.taking import TAKERS, Push, Taker


class OnFile(NamedTuple):
    """A record as it is on file."""

    change_no: int
    is_deleted: bool
    content_hash: bytes
    raw: dict[str, Any]


def differing(one: Pushed, there: OnFile) -> dict[str, Column]:
    """Return the columns in which a phone says something else than is on file."""
    return {
        name: column
        for name, column in one.table.columns.items()
        if column.written and name in one.raw and not column.is_same(one.raw[name], there.raw[name])
    }


def taken_alone(push: Push, one: Pushed, there: OnFile | None) -> Guidance:
    """Take one record; if that cannot be, undo what it has written.

    Raises:
        DomainError: it cannot be taken.
    """
    # What cannot be read costs no savepoint: there may be thousands.
    take = _readied(push, one, there)
    try:
        with attempt(push.session):
            return take()
    except (IntegrityError, DataError):
        # Two that were each right alone and together are not.
        raise RecordNotTaken from None


def new_body(one: Pushed, taker: Taker) -> Any:
    """Return what the schema of the route loads from a new record.

    Raises:
        RecordNotTaken: a value is none that may stand there.
    """
    names = {name: one.table.columns[name] for name in taker.schema.fields if name != "id"}
    return body_of(one.table, one.raw, taker.schema, names=names, id=one.id)


def _readied(push: Push, one: Pushed, there: OnFile | None) -> Callable[[], Guidance]:
    """Return what takes a record, once all of it is read that can be without the database."""
    name = one.table.name
    is_gone = there is not None and there.is_deleted
    if one.kind == "deleted":
        if not one.table.is_deletable:
            raise NotChangeable
        return partial(_delete, push, one)
    if name in ANSWERS:
        return partial(ANSWERS[name], push, one, None if there is None or is_gone else there.raw)
    taker = TAKERS[name]
    if there is None:
        return partial(_create, push, one, taker, new_body(one, taker))
    if is_gone:
        raise NotChangeable(errors=[("", "It was deleted.")])
    return partial(_change, push, one, taker, _changes(one, taker, differing(one, there)))


def _create(push: Push, one: Pushed, taker: Taker, body: Any) -> Guidance:
    guidance = taker.create(push, body)
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
        _change(push, one, taker, _changes(one, taker, later))
    return guidance


def _changes(one: Pushed, taker: Taker, columns: dict[str, Column]) -> Any:
    if not one.table.is_changeable or taker.patch is None:
        raise NotChangeable
    fixed = sorted(columns.keys() - taker.patch.fields.keys())
    if fixed:
        raise NotChangeable(errors=[(f"/{name}", "Cannot be changed.") for name in fixed])
    return body_of(one.table, one.raw, taker.patch, names=columns)


def _change(push: Push, one: Pushed, taker: Taker, changes: Any) -> Guidance:
    assert taker.change is not None  # noqa: S101 - whoever has a patch says how
    guidance = taker.change(push, one.id, changes)
    push.session.flush()
    return guidance


def _delete(push: Push, one: Pushed) -> Guidance:
    if one.table.name == "saved_content":
        forget_article(push, one.id)
        return NOTHING
    delete = TAKERS[one.table.name].delete
    assert delete is not None  # noqa: S101 - what is deletable says how
    delete(push, one.id)
    push.session.flush()
    return NOTHING
