"""Small values of FHIR R4, and what every resource of ours has."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.exports.csv_rows import text
from service.exports.reading import Row, exported_columns
from service.her_rows import Hers
from service.ids import derived_id
from service.wire import moment_text

CODES = "urn:waymark"
"""Our code systems, ``urn:waymark:symptom`` and so on: the catalogues under ``/api/v1/catalog``."""

Resource = dict[str, Any]


class Context(NamedTuple):
    """Whose record it is, and what her treatments are called, by their id."""

    hers: Hers
    treatments: Mapping[UUID, str]

    @property
    def her(self) -> Resource:
        """Return a reference to her."""
        return {"reference": urn(self.hers.patient_id)}


def urn(id: UUID) -> str:
    """Return how a resource of the bundle is called in it."""
    return f"urn:uuid:{id}"


def id_of(table: sa.Table, row: Row) -> UUID:
    """Return the id of the resource a row becomes: the row's own, or one made of its key."""
    if [column.name for column in table.primary_key.columns] == ["id"]:
        found: UUID = row["id"]
        return found
    return derived_id(table.name, *(row[column.name] for column in table.primary_key.columns))


def account(id: UUID) -> Resource:
    """Refer to somebody who is not in the bundle."""
    return {"identifier": {"system": f"{CODES}:account", "value": str(id)}}


def concept(kind: str, code: Any, words: str | None = None) -> Resource:
    """Return a coded value of ours; in her own words alone where there is no code."""
    found: Resource = {}
    if code is not None:
        found["coding"] = [{"system": f"{CODES}:{kind}", "code": text(code)}]
    if words or code is not None:
        found["text"] = words or text(code).replace("_", " ")
    return found


def moment(at: datetime) -> str:
    """Write a moment."""
    return moment_text(at)


def period(start: Any, end: Any) -> Resource:
    """Return a period of days or moments, either of which may be ``None``."""
    return {name: text(at) for name, at in (("start", start), ("end", end)) if at is not None}


def notes(*words: str | None) -> list[Resource]:
    """Return annotations, leaving out what is not there."""
    return [{"text": one} for one in words if one]


def as_stored(table: sa.Table, row: Row) -> list[Resource]:
    """Return every column of a row as an extension, so that nothing is lost on the way to FHIR."""
    return [
        {"url": f"{CODES}:{table.name}:{column.name}", "valueString": words}
        for column in exported_columns(table)
        if (words := text(row[column.name])).strip()
    ]


def is_buried(row: Row) -> bool:
    """Tell whether she deleted the record: its content is still held."""
    return row.get("deleted_at") is not None
