"""How many statements a request takes, and that no history, however long, adds one.

What costs in a request is the way to the database and back.  The numbers are pinned: whoever
adds a statement to a hot request says so here.
"""

from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Role
from service.db import db, transaction
from tests.conftest import MONDAY_MORNING, _add

# One of them completes the day's reminder to check in, and finds none.
MILD_REPORT = {"sqlite": 7, "postgresql": 5}
REPORT_LIST = 2
PANEL = 2
# One of them writes the access log, of everybody in the list.
ALERT_LIST = 5
FEED = 3
PICTURE = 2
REPLIES = 5
# A transaction that is not on SQLite begins without a statement of its own.
_BEGINNINGS = ("BEGIN",)


@pytest.fixture
def counted(app):
    """Count the statements of a block: ``with counted() as statements``."""

    @contextmanager
    def counted():
        statements: list[str] = []

        def note(_connection, _cursor, statement, *_rest):
            if not statement.startswith(_BEGINNINGS):
                statements.append(statement)

        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)

    return counted


@pytest.fixture
def dialect(app):
    with app.app_context():
        return db.engine.dialect.name


@pytest.fixture
def history(call, clock):
    """A year of everything that is read again and again."""

    def history(days=120, severe=False):
        for day in range(days, 0, -1):
            at = (MONDAY_MORNING - timedelta(days=day)).isoformat()
            severity = 3 if severe else 1
            body = report(at, severity)
            assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201
        for code in ("ribociclib", "letrozole", "denosumab_120"):
            body = {
                "id": str(uuid4()),
                "code": code,
                "started_on": "2026-01-05",
                "status": "active",
            }
            assert call("ana", "POST /patients/me/treatments", body).status_code == 201

    return history


def report(at=None, severity=1):
    answers = [
        {"symptom": name, "severity": severity, "frequency": 1} for name in ("nausea", "vomiting")
    ]
    return {"id": str(uuid4()), "reported_at": at or MONDAY_MORNING.isoformat(), "answers": answers}


def taken(counted, call, *what):
    with counted() as statements:
        answer = call(*what)
    assert answer.status_code in {200, 201}, answer.json
    return statements


def test_a_mild_report_takes_few_statements_whatever_came_before(counted, call, dialect, history):
    call("ana", "GET /me")
    first = taken(counted, call, "ana", "POST /patients/me/symptom-reports", report())
    history(60)
    later = taken(counted, call, "ana", "POST /patients/me/symptom-reports", report())
    assert MILD_REPORT[dialect] <= 8
    assert [len(first), len(later)] == [MILD_REPORT[dialect]] * 2, "\n".join(later)


@pytest.mark.parametrize(
    ("who", "path", "most"),
    [("ana", "/patients/me/symptom-reports?limit=50", REPORT_LIST), ("ana", "/patients/me/picture", PICTURE),
     ("ana", "/patients/me/feed", FEED), ("ana", "/patients/me/replies", REPLIES),
     ("nora", "/panel", PANEL), ("nora", "/alerts", ALERT_LIST)],
)  # fmt: skip
def test_a_page_takes_the_same_statements_with_little_and_with_much(
    counted, call, history, ward, who, path, most
):
    call("ana", "POST /patients/me/symptom-reports", report(severity=3))
    little = taken(counted, call, who, f"GET {path}")
    history(20, severe=True)
    for name in ward:
        call(name, "POST /patients/me/symptom-reports", report(severity=3))
    much = taken(counted, call, who, f"GET {path}")
    assert [len(little), len(much)] == [most] * 2, "\n".join(much)


@pytest.fixture
def ward(app, world, clock):
    names = [f"patient{number}" for number in range(8)]
    with app.app_context(), transaction() as session:
        for name in names:
            _add(app, session, clock, world, name, Role.PATIENT, world.clinic_id)
    return names
