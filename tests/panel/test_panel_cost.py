"""What a page of the panel reads, with thousands of patients behind it: the databases' own plans."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import db
from service.panel import queries
from service.panel.looks import FILTERS, Look
from tests.conftest import MONDAY_MORNING

MANY, LIMIT = 2000, 50
_VALUE = re.compile(r"%\((\w+)\)s")
_CAST = re.compile(r"%\((\w+)\)s(?:::(?:UUID|INTEGER|VARCHAR|TIMESTAMP WITH TIME ZONE))?")
_TYPES = {"UUID": "uuid", "datetime": "timestamptz", "int": "int", "str": "varchar"}
# Of each of these there is one among thousands.
ONE_EACH = [
    {"urgent_alerts": 1}, {"worst_grade": 3}, {"distress": 9}, {"adherence_percent": 12},
    {"silence_score": 5, "missed_check_ins": 5}, {"last_report_at": None},
]  # fmt: skip
LOOKS = {
    "risk": Look("risk"), "name": Look("name"), "last report": Look("last_report"),
    "search": Look("name", None, "patient 15"), "search one": Look("name", None, "rare"),
    **{only: Look(known.sort, only) for only, known in FILTERS.items()},
}  # fmt: skip


@pytest.fixture
def many(app, enter):
    """Two thousand who are well, and one of each kind that is not."""
    usual = [
        {"name": f"Patient {number:04}", "worst_grade": number % 2, "distress": number % 3,
         "adherence_percent": 90, "last_report_at": MONDAY_MORNING - timedelta(hours=number)}
        for number in range(MANY)
    ]  # fmt: skip
    rare = [
        {"name": f"Rare {number}", "last_report_at": MONDAY_MORNING - timedelta(days=9), **what}
        for number, what in enumerate(ONE_EACH)
    ]
    enter([*usual, *rare])
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(sa.text("ANALYZE"))
        connection.commit()


@pytest.fixture
def planned(app, world):
    """Run a look as the service does and return what the database did for it."""

    def planned(look: Look, last: Any = None) -> tuple[str, list[str]]:
        seen: list[tuple[str, Any]] = []

        def note(_connection, _cursor, statement, values, *_rest):
            seen.append((statement, values))

        with app.app_context(), Session(db.engine) as session:
            connection = session.connection()
            sa.event.listen(db.engine, "before_cursor_execute", note)
            try:
                queries.panel_page(session, world.clinic_id, look=look, limit=LIMIT, last=last)
            finally:
                sa.event.remove(db.engine, "before_cursor_execute", note)
            # One statement, whatever is asked; SQLite's transaction began before.
            [(statement, values)] = [one for one in seen if not one[0].startswith("BEGIN")]
            cursor = connection.connection.cursor()
            if connection.dialect.name == "sqlite":
                plan = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
                return "sqlite", [row[3] for row in plan]
            return "postgresql", _nodes(_analyzed(cursor, statement, values))

    return planned


def _analyzed(cursor: Any, statement: str, values: dict[str, Any]) -> dict[str, Any]:
    names = list(dict.fromkeys(found[1] for found in _VALUE.finditer(statement)))
    numbered = _CAST.sub(lambda found: f"${names.index(found[1]) + 1}", statement)
    types = ", ".join(_TYPES[type(values[name]).__name__] for name in names)
    cursor.execute(f"PREPARE look ({types}) AS {numbered}")
    given = ", ".join(f"'{values[name]}'" for name in names)
    cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE look ({given})")
    [[[found]]] = cursor.fetchall()
    cursor.execute("DEALLOCATE look")
    plan: dict[str, Any] = found["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> list[str]:
    read = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    own = f"{plan['Node Type']} {plan.get('Index Name', '')} {round(read * plan['Actual Loops'])}"
    return [own, *(line for below in plan.get("Plans", []) for line in _nodes(below))]


def _checked(found: tuple[str, list[str]]) -> None:
    dialect, lines = found
    if dialect == "sqlite":
        assert not [line for line in lines if line.startswith("SCAN patient_summaries")], lines
        searched = [line for line in lines if line.startswith("SEARCH patient_summaries")]
        assert searched, lines
        assert all("clinic_id=?" in line for line in searched), lines
        return
    scans = [line.split() for line in lines if "Scan" in line]
    assert not [scan for scan in scans if scan[0] == "Seq"], lines
    assert all(int(scan[-1]) <= LIMIT + 1 for scan in scans), lines


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_a_page_reads_no_more_than_it_shows(many, planned, look):
    _checked(planned(look))


@pytest.mark.parametrize(
    ("look", "last"),
    [
        (Look("risk"), (1, UUID(int=2**127))),
        (Look("name"), ("patient 1500", UUID(int=0))),
        (Look("last_report"), (MONDAY_MORNING - timedelta(hours=1500), UUID(int=0))),
        (Look("last_report"), (None, UUID(int=2**128 - 1))),
    ],
)
def test_a_page_far_down_reads_no_more_than_the_first(many, planned, look, last):
    _checked(planned(look, last))
