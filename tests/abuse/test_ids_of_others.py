"""An id of somebody else's, in every place of the contract that takes one.

The places come from the contract: each property of a body and each name of a query that is
a UUID.  Ana, her nurse and whoever else may call try each of Ben's ids there.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from service.api.paging import cursor_of
from service.db import db
from service.tables import metadata
from tests.abuse.conftest import HIS, Corner
from tests.conftest import API
from tests.test_bad_input import BODIES, QUERIES, ids, places, routes, send, with_value

__all__ = ["ids", "send"]

# Grows with every knock on the door, whoever knocks.
_LOGS = ("access_log", "attempt", "audit")


# The table of each kind of id that Ben has.
_TABLES = {
    "patient": "patients", "account": "accounts", "nurse": "accounts", "clinic": "clinics",
    "note": "care_notes", "alert": "alerts", "occurrence": "reminder_occurrences",
    "away": "away_periods",
}  # fmt: skip


def test_s04_ids_of_another_clinic_open_and_change_nothing(app, send, corners):
    _hers, his = corners
    contract = app.extensions["contract"].to_dict()
    before = rows_of(app, his.ids)
    tried = set()
    for route in routes(app):
        for place in id_places(contract, route.name):
            for id in ids_for(his, f"{route.name} {place}"):
                answer = send(route, with_value(BODIES[route.name], place, b'"%s"' % id.encode()))
                assert HIS not in answer.text, (route.name, place, id)
            tried.add((route.name, place))
        for name, made_of in id_queries(contract, route.name):
            for id in ids_for(his, f"{route.name} {name}"):
                query = QUERIES.get(route.name, {}) | {name: made_of(id)}
                assert HIS not in send(route, query_string=query).text, (route.name, name, id)
            tried.add((route.name, name))
    assert len(tried) >= 60
    assert before["patients"]
    assert before["alert_reasons"]
    assert rows_of(app, his.ids) == before


def ids_for(his: Corner, place: str) -> list[str]:
    """Return the ids of the kind a place is about, and some of kinds it is not about."""
    return [
        id
        for kind, id in his.ids.items()
        if kind in {"patient", "nurse", "symptom-reports"} or kind.removesuffix("s") in place
    ]


def id_places(contract: dict[str, Any], name: str) -> list[tuple[Any, ...]]:
    """Return where in the body of a route's example an id of something is expected."""
    operation = operation_of(contract, name)
    if "requestBody" not in operation:
        return []
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return [place for place in places(BODIES[name]) if described(contract, schema, place) == "uuid"]


def described(contract: dict[str, Any], schema: dict[str, Any], place: tuple[Any, ...]) -> Any:
    """Return the format the contract asks for at a place of a body, ``None`` if it says none."""
    for step in (*place, None):
        while "$ref" in schema:
            schema = contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if step is None:
            break
        below = schema.get("properties", {})
        schema = schema.get("items", {}) if isinstance(step, int) else below.get(step, {})
    return schema.get("format")


def id_queries(contract: dict[str, Any], name: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Yield the names of a query that take an id, and cursors, which are made of one."""
    for one in operation_of(contract, name).get("parameters", []):
        if one["in"] == "query" and one["schema"].get("format") == "uuid":
            yield one["name"], str
        if one["in"] == "query" and one["name"] == "cursor":
            yield "cursor", lambda id: cursor_of("2026-03-02T17:00:00+00:00", id)


def operation_of(contract: dict[str, Any], name: str) -> dict[str, Any]:
    method, path = name.split(" ", 1)
    return contract["paths"][API + path][method.lower()]


def rows_of(app: Flask, ids: dict[str, str]) -> dict[str, str]:
    """Return a hash, by table, of the rows these ids are of and of all that point at one."""
    of = {(_TABLES.get(kind, kind.replace("-", "_")), UUID(id)) for kind, id in ids.items()}
    found = {}
    with app.app_context(), db.engine.connect() as connection:
        for table in metadata.sorted_tables:
            points = [
                (column.name, key.column.table.name)
                for column in table.c
                for key in column.foreign_keys
            ]
            points += [("id", table.name)] if "id" in table.c else []
            if table.name.startswith(_LOGS) or not points:
                continue
            rows = connection.execute(sa.select(table)).mappings().all()
            kept = [row for row in rows if any((to, row[name]) in of for name, to in points)]
            told = sorted(repr(row) for row in kept)
            found[table.name] = hashlib.sha256("".join(told).encode()).hexdigest() if told else ""
    return found
