"""Taking one record of a push: as new, as changed, or as gone; whole or not at all."""

from typing import Any, NamedTuple

from sqlalchemy.exc import DataError, IntegrityError

from service.care.guidance import NOTHING, Guidance
from service.hot import attempt
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
    try:
        with attempt(push.session):
            return _taken(push, one, there)
    except (IntegrityError, DataError):
        # Two that were each right alone and together are not.
        raise RecordNotTaken from None


def _taken(push: Push, one: Pushed, there: OnFile | None) -> Guidance:
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
    return _change(push, one, taker, differing(one, there))


def _create(push: Push, one: Pushed, taker: Taker) -> Guidance:
    guidance = taker.create(push, new_body(one, taker))
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


def new_body(one: Pushed, taker: Taker) -> Any:
    """Return what the schema of the route loads from a new record.

    Raises:
        RecordNotTaken: a value is none that may stand there.
    """
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
