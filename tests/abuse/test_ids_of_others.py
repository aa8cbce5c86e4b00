"""An id of somebody else's, in every place of the contract that takes one.

The places come from the contract: each property of a body and each name of a query that is
a UUID.  Ana, her nurse and whoever else may call try each of Ben's ids there.
"""

import hashlib
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from service.api.paging import cursor_of
from service.db import db
from service.tables import metadata
from tests.abuse.conftest import HIS, Corner
from tests.abuse.contract import body_places, query_names
from tests.test_bad_input import BODIES, QUERIES, ids, routes, send, with_value

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
        for place, said in body_places(contract, route.name):
            for id in ids_for(his, f"{route.name} {place}") if takes_an_id(said) else ():
                answer = send(route, with_value(BODIES[route.name], place, b'"%s"' % id.encode()))
                assert HIS not in answer.text, (route.name, place, id)
                tried.add((route.name, place))
        for name, said in query_names(contract, route.name):
            for id in ids_for(his, f"{route.name} {name}"):
                if name == "cursor":
                    value = cursor_of("2026-03-02T17:00:00+00:00", id)
                elif takes_an_id(said):
                    value = id
                else:
                    continue
                answer = send(route, query_string={**QUERIES.get(route.name, {}), name: value})
                assert HIS not in answer.text, (route.name, name, id)
                tried.add((route.name, name))
    assert len(tried) >= 60
    assert before["patients"]
    assert before["alert_reasons"]
    assert rows_of(app, his.ids) == before


def takes_an_id(said: dict[str, Any]) -> bool:
    return said.get("format") == "uuid"


def ids_for(his: Corner, place: str) -> list[str]:
    """Return the ids of the kind a place is about, and some of kinds it is not about."""
    return [
        id
        for kind, id in his.ids.items()
        if kind in {"patient", "nurse", "symptom-reports"} or kind.removesuffix("s") in place
    ]


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
