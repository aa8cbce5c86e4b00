"""What a page of the timeline costs, with twenty thousand rows behind it."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from service.accounts.queries import patient_ref
from service.alerts.models import Alert
from service.care.timeline import KINDS, Place, _bounds, _statement
from service.db import db, transaction
from service.hot import _make, connection_of
from service.row_security import narrow
from tests.conftest import MONDAY_MORNING
from tests.test_statement_counts import counted, taken

__all__ = ["counted"]

# Who is calling, and the line; for staff also the patient, and the access log.
HER_PAGE, THEIR_PAGE = 2, 4
LIMIT = 50
_VALUE = re.compile(r"%\((\w+)\)s")


def test_a_page_takes_the_same_statements_with_little_and_with_much(counted, call, history, world):
    hers = ("ana", "GET /patients/me/timeline")
    theirs = ("nora", f"GET /patients/{world['ana'].patient_id}/timeline")
    little = [taken(counted, call, *hers), taken(counted, call, *theirs)]
    history(300)
    much = [taken(counted, call, *hers), taken(counted, call, *theirs)]

    assert [len(one) for one in little] == [HER_PAGE, THEIR_PAGE]
    assert [len(one) for one in much] == [HER_PAGE, THEIR_PAGE]


@pytest.fixture
def planned(app, dialect, world):
    """Run the statement as for her nurse, by its generic plan, and return what it did."""
    if dialect != "postgresql":
        return None  # SQLite tells no rows

    def planned(patient_id: Any, last: Place | None) -> dict[str, Any]:
        kinds = frozenset(KINDS)
        values = {
            "patient_id": patient_id, "for_staff": True,
            **_bounds(kinds, last, ZoneInfo("America/Los_Angeles")),
        }  # fmt: skip
        with app.test_request_context(), transaction() as session:
            narrow(session, world.clinic_id)
            patient_ref(session, patient_id)
            connection = connection_of(session)
            made = _make(_statement(kinds, LIMIT)._statement, connection.dialect)
            names = list(dict.fromkeys(match[1] for match in _VALUE.finditer(made.sql)))
            numbered = _VALUE.sub(lambda match: f"${names.index(match[1]) + 1}", made.sql)
            cursor = connection.connection.cursor()
            cursor.execute(f"PREPARE line AS {numbered}")
            given = ", ".join(f"'{values[name]}'" for name in names)
            explained = cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE line ({given})")
            [[[found]]] = explained.fetchall()
            cursor.execute("DEALLOCATE line")
            return found["Plan"]

    return planned


@pytest.mark.parametrize("page", ["first", "deep"])
def test_no_kind_reads_more_of_its_index_than_a_page_and_one(
    app, history, enter, planned, world, page
):
    """20,000 rows and more, most of them hers alone: what a page reads is still counted in tens."""
    if planned is None:
        return
    history(1700)
    enter(Alert, *(closed(world, MONDAY_MORNING - timedelta(hours=n)) for n in range(1700)))
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(sa.text("ANALYZE"))
        connection.commit()
    deep = Place(MONDAY_MORNING.replace(day=1), "event", world["ana"].patient_id)

    plan = planned(world["ana"].patient_id, None if page == "first" else deep)

    scans = [node for node in nodes(plan) if "Scan" in node["Node Type"]]
    too_many = {
        f"{node['Node Type']} of {node['Relation Name']}": rows_read(node)
        for node in scans
        if "Relation Name" in node and rows_read(node) > LIMIT + 1
    }
    assert too_many == {}
    assert sum(rows_read(node) for node in scans) > LIMIT * 10
    assert not [node for node in nodes(plan) if "Sort" in node["Node Type"]]


def closed(world: Any, at: datetime) -> dict[str, Any]:
    return {
        "clinic_id": world.clinic_id, "queue": "nursing", "severity": "soon", "rank": 1,
        "state": "closed", "opened_at": at, "raised_at": at, "closed_at": at, "outcome": "seen",
    }  # fmt: skip


def nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def rows_read(node: dict[str, Any]) -> int:
    left_out = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
    return round((node["Actual Rows"] + left_out) * node["Actual Loops"])
