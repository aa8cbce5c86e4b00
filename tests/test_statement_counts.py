"""How many statements a request takes, and that no history, however long, adds one.

What costs in a request is the way to the database and back.  The numbers are pinned: whoever
adds a statement to a hot request says so here.
"""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from service.accounts.models import Role
from service.db import db, transaction
from tests.conftest import MONDAY_MORNING, _add
from tests.counting import statements_counted

# One of them completes the day's reminder to check in, and finds none.
# On SQLite another tells the clinic's own systems, of which there are none; on PostgreSQL that goes
# along with the access log.  So too below.
MILD_REPORT = {"sqlite": 8, "postgresql": 5}
# What opens an alert: what is snoozed, the roster and who is away, the reasons, and what is written;
# what joins one, and what is held back.
ALARMING_REPORT = {"sqlite": [24, 16, 13], "postgresql": [21, 13, 10]}
# One of them fetches the key of the words that are written.
ANSWER = {"sqlite": [18, 15, 16], "postgresql": [17, 15, 14]}
REPORT_LIST = 2
PANEL = 2
# One of them writes the access log, of everybody in the list.
ALERT_LIST = 5
# One of them looks for what her clinic has written itself.
# One writes down what she is shown, and is needed once a day unless something is new.  After a
# reading of the registry the index of its studies is compiled: one more, once a worker.
FEED = 5
CHECK_IN = 2
PICTURE = 2
# Two more where she has asked for somebody, and one where a report raised no alert.
REPLIES = 6
MOST_REPLIES = 8
DOSES = 4
# A new dose ends a period and begins the next, and two weeks of rows follow; one at a time or
# all her courses at once, when a new line begins.
NEW_DOSE = {"sqlite": 13, "postgresql": 11}
NEW_LINE = {"sqlite": 19, "postgresql": 17}
DOSE_TAKEN = {"sqlite": 9, "postgresql": 7}
ADHERENCE = 4
# With alerts one more: what was done about them.
VISIT = 9
# A transaction that is not on SQLite begins without a statement of its own.
_BEGINNINGS = ("BEGIN",)


@pytest.fixture
def counted(app):
    """Count the statements of a block: ``with counted() as statements``."""

    return partial(statements_counted, app, but=_BEGINNINGS)


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
     ("ana", "/patients/me/check-in", CHECK_IN), ("nora", "/panel", PANEL), ("nora", "/alerts", ALERT_LIST)],
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


@pytest.mark.parametrize("studies", [0, 3, 40])
def test_a_feed_takes_six_statements_at_most_whatever_the_number_of_studies(
    counted, call, clock, studies
):
    tell = {"information_preferences": {"trials": True}}
    assert call("ana", "PATCH /patients/me", tell).status_code == 200
    known = {"recurrence": "distant", "metastatic_sites": ["bone"], "er": "positive"}
    assert call("ana", "PUT /patients/me/diagnosis", known).status_code == 200
    page = {"studies": [open_study(number) for number in range(studies)]}
    assert call("eva", "POST /studies/import", page).status_code == 201
    looks = [taken(counted, call, "ana", "GET /patients/me/feed") for _ in range(2)]
    cards = [one["slug"] for one in call("ana", "GET /patients/me/feed").json["items"]]
    assert [len(look) for look in looks] == [FEED + 1, FEED - 1]
    assert len([slug for slug in cards if slug.startswith("NCT")]) == min(studies, 3)
    clock.pass_time(days=1)
    assert len(taken(counted, call, "ana", "GET /patients/me/feed")) == FEED


def open_study(number):
    text = "Inclusion Criteria:\n* ER-positive breast cancer"
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT99{number:06}", "briefTitle": f"Study {number}"},
            "statusModule": {"overallStatus": "RECRUITING"},
            "eligibilityModule": {"eligibilityCriteria": text},
        }
    }


def test_replies_to_everything_take_eight(counted, call, world):
    call("ana", "POST /patients/me/symptom-reports", report(severity=3))
    call("ana", "POST /patients/me/wellbeing-checks", {"id": str(uuid4()), "mood": 3,
         "checked_at": MONDAY_MORNING.isoformat()})  # fmt: skip
    body = {"id": str(uuid4()), "kind": "nurse", "contact_by": "phone"}
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    statements = taken(counted, call, "ana", "GET /patients/me/replies")
    assert len(statements) == MOST_REPLIES, "\n".join(statements)


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


def test_a_report_that_alarms_takes_few_statements_however_often_it_comes(
    counted, call, clock, dialect
):
    call("ana", "GET /me")
    opens = taken(counted, call, "ana", "POST /patients/me/symptom-reports", report(severity=3))
    joins = taken(counted, call, "ana", "POST /patients/me/symptom-reports", report(severity=3))
    [alert] = call("nora", "GET /alerts").json["items"]
    snooze = {"days": 30, "reason": "known"}
    assert call("nora", f"POST /alerts/{alert['id']}/snooze", snooze).status_code == 200
    clock.pass_time(minutes=1)
    call("ana", "POST /patients/me/symptom-reports", report(severity=3))
    held = taken(counted, call, "ana", "POST /patients/me/symptom-reports", report(severity=3))
    assert [len(one) for one in (opens, joins, held)] == ALARMING_REPORT[dialect], "\n".join(held)


def test_answering_takes_few_statements(counted, call, dialect):
    call("ana", "POST /patients/me/symptom-reports", report(severity=3))
    [alert] = call("nora", "GET /alerts").json["items"]
    path = f"POST /alerts/{alert['id']}"
    closing = {"outcome": "seen", "action": "seen", "contact_made": True}
    statements = [
        taken(counted, call, "nora", f"{path}/acknowledge", {}),
        taken(counted, call, "nora", f"{path}/contact-attempts", {"how": "phone", "reached": True}),
        taken(counted, call, "nora", f"{path}/close", closing),
    ]
    assert [len(one) for one in statements] == ANSWER[dialect], "\n".join(statements[0])


def test_the_visit_page_takes_the_same_statements_with_little_and_with_much(
    counted, call, history, clock
):
    call("ana", "POST /patients/me/symptom-reports", report(severity=3))
    counts = []
    for _ in range(2):
        statements = taken(counted, call, "ana", "GET /patients/me/visit-summary?since=2025-01-01")
        counts.append(len(statements))
        history(20, severe=True)
        for number in range(20):
            body = {"id": str(uuid4()), "text": f"Question {number}"}
            call("ana", "POST /patients/me/questions", body)
            body = {
                "id": str(uuid4()),
                "checked_at": MONDAY_MORNING.isoformat(),
                "distress": number % 10,
            }
            call("ana", "POST /patients/me/wellbeing-checks", body)
    assert counts == [VISIT + 1] * 2
    assert VISIT + 1 <= 10
