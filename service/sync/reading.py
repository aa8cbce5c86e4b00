"""Reading what a phone pushes: which records, of which tables, and what of it makes no sense."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from marshmallow import Schema, ValidationError

from service.errors import DomainError, pointed
from service.sync.columns import Column
from service.sync.errors import ChangesUnreadable, NotRaw, RecordNotTaken
from service.sync.tables import TABLES, Synced

KINDS = ("created", "updated", "deleted")
# What WatermelonDB keeps for itself beside every record.
_ITS_OWN = frozenset({"id", "_status", "_changed"})
# More than sixteen mebibytes hold of anything a phone logs; lists of nothing could hold millions.
MOST_RECORDS = 50_000
# Names of what nobody knows are told, and cut.
_NAME = 60
_MOST_ERRORS = 10


class Pushed(NamedTuple):
    """One record as a phone pushed it; of a deleted one there is nothing but its id."""

    table: Synced
    kind: str
    id: UUID
    raw: Mapping[str, Any]


class Rejection(NamedTuple):
    """A record that was not taken, and why; ``id`` is ``None`` if it had none."""

    table: str
    id: str | None
    why: DomainError

    @property
    def errors(self) -> list[dict[str, str]]:
        """Return what is wrong with it: JSON pointers into the record, and messages."""
        errors = self.why.errors or [("", self.why.title)]
        return [{"pointer": pointer, "detail": detail} for pointer, detail in errors]


def read(changes: Any) -> tuple[list[Pushed], list[Rejection]]:
    """Return the records of a ``changes`` object, and those that are none.

    Raises:
        ChangesUnreadable: the whole is not of the protocol's shape.
    """
    if not isinstance(changes, dict):
        raise ChangesUnreadable(errors=[("", "Not an object of tables.")])
    if sum(map(_length_of, changes.values())) > MOST_RECORDS:
        raise ChangesUnreadable(errors=[("", f"More than {MOST_RECORDS} records.")])
    pushed: list[Pushed] = []
    rejected: list[Rejection] = []
    for name, table in changes.items():
        seen: set[UUID] = set()
        for kind, record in _records(name, table):
            try:
                one = _pushed(name, kind, record)
                if one.id in seen:
                    raise RecordNotTaken(errors=[("/id", "Stands twice in this push.")])
            except RecordNotTaken as no:
                rejected.append(Rejection(_repeatable(name), _id_of(record), no))
            else:
                seen.add(one.id)
                pushed.append(one)
    return pushed, rejected


def body_of(
    table: Synced, raw: Mapping[str, Any], schema: Schema, *, names: Mapping[str, Column],
    id: UUID | None = None,
) -> Any:  # fmt: skip
    """Return what a schema of a route loads from some columns of a record.

    Args:
        table: the record's.
        raw: the record.
        schema: of the route that takes such a record.
        names: the columns to take.  What is null and was not asked for by ``id`` is left out.
        id: of a new record.

    Raises:
        RecordNotTaken: a value is none that may stand there.
    """
    body: dict[str, Any] = {} if id is None else {"id": str(id)}
    errors = []
    for name, column in names.items():
        if id is not None and raw.get(name) in (None, ""):
            continue
        try:
            body[name] = column.said(raw.get(name))
        except NotRaw as no:
            errors.append((f"/{name}", str(no)))
    if errors:
        raise RecordNotTaken(errors=errors)
    try:
        return schema.load(body)
    except ValidationError as invalid:
        told = list(islice(pointed(invalid.messages), _MOST_ERRORS))
        raise RecordNotTaken(errors=told) from None


def _length_of(table: Any) -> int:
    lists = table.values() if isinstance(table, dict) else ()
    return sum(len(one) for one in lists if isinstance(one, list))


def _records(name: str, table: Any) -> Iterator[tuple[str, Any]]:
    place = _pointer(name)
    if not isinstance(table, dict) or not table.keys() <= set(KINDS):
        raise ChangesUnreadable(errors=[(place, "Not an object of created, updated and deleted.")])
    for kind in KINDS:
        records = table.get(kind, [])
        if not isinstance(records, list):
            raise ChangesUnreadable(errors=[(f"{place}/{kind}", "Not a list.")])
        for record in records:
            yield kind, record


def _pushed(name: str, kind: str, record: Any) -> Pushed:
    table = TABLES.get(name)
    if table is None:
        raise RecordNotTaken(errors=[("", "There is no such table.")])
    if kind == "deleted":
        return Pushed(table, kind, _uuid(record), {})
    if not isinstance(record, dict):
        raise RecordNotTaken(errors=[("", "Not a record.")])
    unknown = record.keys() - table.columns.keys() - _ITS_OWN
    if unknown:
        raise RecordNotTaken(
            errors=[
                (_pointer(one), "There is no such column.")
                for one in sorted(unknown)[:_MOST_ERRORS]
            ]
        )
    return Pushed(table, kind, _uuid(record.get("id")), record)


def _uuid(id: Any) -> UUID:
    if isinstance(id, str) and len(id) == 36:
        try:
            return UUID(id)
        except ValueError:
            pass
    raise RecordNotTaken(errors=[("/id", "Not a UUID.")])


def _id_of(record: Any) -> str | None:
    """Return the id a rejected record came with, if it is one we can repeat."""
    id = record.get("id") if isinstance(record, dict) else record
    return _repeatable(id) if isinstance(id, str) else None


def _pointer(name: str) -> str:
    return "/" + _repeatable(name).replace("~", "~0").replace("/", "~1")


def _repeatable(name: str) -> str:
    """Return a name as it can be told back: not too long, and without half a character."""
    return name[:_NAME].encode(errors="replace").decode()
