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
DOSES = 4
# A new dose ends a period and begins the next, and two weeks of rows follow; one at a time or
# all her courses at once, when a new line begins.
NEW_DOSE = {"sqlite": 12, "postgresql": 11}
NEW_LINE = {"sqlite": 18, "postgresql": 17}
DOSE_TAKEN = {"sqlite": 8, "postgresql": 7}
ADHERENCE = 4
VISIT = 6
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


def begun(call, code="ribociclib", **what):
    body = {
        "id": str(uuid4()), "code": code, "started_on": "2026-01-05", "status": "active",
        "schedule": {"type": "daily", "times": ["08:00", "20:00"]}, **what,
    }  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    return f"/patients/me/treatments/{body['id']}"


def test_doses_cost_the_same_however_many_and_however_often_they_changed(
    counted, call, clock, dialect
):
    path = begun(call)
    [*_, first] = call("ana", f"GET {path}/doses").json["items"]
    little = [
        taken(counted, call, "ana", f"GET {path}/doses"),
        taken(counted, call, "ana", f"PATCH {path}", {"dose": "1"}),
        taken(counted, call, "ana", f"PUT {path}/doses/{first['id']}", {"status": "taken"}),
    ]
    for day in range(20):
        clock.pass_time(days=1)
        call("ana", f"PATCH {path}", {"dose": str(day), "status": ("held", "active")[day % 2]})
    clock.pass_time(hours=1)
    [*_, last] = call("ana", f"GET {path}/doses").json["items"]
    much = [
        taken(counted, call, "ana", f"GET {path}/doses?from=2026-01-01&to=2026-12-31"),
        taken(counted, call, "ana", f"PATCH {path}", {"dose": "more"}),
        taken(counted, call, "ana", f"PUT {path}/doses/{last['id']}", {"status": "taken"}),
    ]
    pinned = [DOSES, NEW_DOSE[dialect], DOSE_TAKEN[dialect]]
    assert DOSES <= 5
    assert [len(one) for one in little] == pinned, "\n".join(s for one in little for s in one)
    assert [len(one) for one in much] == pinned, "\n".join(s for one in much for s in one)


@pytest.mark.parametrize("courses", [1, 6])
def test_a_new_line_takes_the_same_statements_however_many_courses_it_closes(
    counted, call, dialect, courses
):
    for _ in range(courses):
        begun(call, "letrozole", line=1)
    path = begun(call, "capecitabine", line=2, status="planned")
    statements = taken(counted, call, "ana", f"PATCH {path}", {"status": "active"})
    assert len(statements) == NEW_LINE[dialect], "\n".join(statements)


@pytest.fixture
def ward(app, world, clock):
    names = [f"patient{number}" for number in range(8)]
    with app.app_context(), transaction() as session:
        for name in names:
            _add(app, session, clock, world, name, Role.PATIENT, world.clinic_id)
    return names


@pytest.mark.parametrize("path", ["treatments/{}/adherence", "visit-summary"])
def test_what_is_worked_out_of_a_course_takes_few_statements(counted, call, history, path):
    most = ADHERENCE if "adherence" in path else VISIT
    taken(counted, call, "ana", "GET /me")
    history(2)
    body = {
        "id": str(uuid4()),
        "code": "palbociclib",
        "started_on": "2024-01-01",
        "status": "active",
    }
    call("ana", "POST /patients/me/treatments", body)
    statements = taken(counted, call, "ana", f"GET /patients/me/{path.format(body['id'])}")
    assert len(statements) == most, "\n".join(statements)
