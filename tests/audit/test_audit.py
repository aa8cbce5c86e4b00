"""The access log of a clinic, as its privacy officer reads it."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.audit import queries
from service.audit.models import AccessLogEntry
from service.db import db, transaction


@pytest.fixture
def looks(app, world, clock):
    """Write entries: ``looks("nora", "symptoms", at=…)``."""

    def looks(name, topic="symptoms", *, patient="ana", at=None, number=1, action="read"):
        with app.app_context(), transaction() as session:
            for _ in range(number):
                session.add(
                    AccessLogEntry(
                        patient_id=world[patient].patient_id, at=at or clock.now(),
                        clinic_id=world.clinic_id, account_id=world[name].account_id,
                        role=world[name].role, topic=topic, action=action,
                        route="symptoms.list_reports", request_id=str(uuid4()),
                    )
                )  # fmt: skip
                session.flush()

    return looks


@pytest.fixture
def audit(call):
    """Read the log as the privacy officer: the names, newest first."""

    def audit(query="", limit=200):
        answer = call("per", f"GET /audit?limit={limit}&{query}")
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    return audit


def who(items):
    return [item["account"]["display_name"] for item in items]


def test_others_looks_are_there_newest_first_and_her_own_are_not(looks, audit, clock, world):
    looks("ana")
    looks("nora")
    looks("omar", "treatments", at=clock.now() + timedelta(minutes=1), action="write")

    first, second = audit()
    assert who([first, second]) == ["Omar", "Nora"]
    assert first["patient"] == {"id": str(world["ana"].patient_id), "display_name": "Ana"}
    assert (first["topic"], first["action"], first["role"]) == ("treatments", "write", "physician")


def test_it_is_asked_by_account_topic_patient_and_day(looks, audit, clock, world):
    day = timedelta(days=1)
    looks("nora")
    looks("omar", at=clock.now() - day)
    looks("sol", "wellbeing", at=clock.now() - 2 * day)

    assert who(audit(f"account={world['omar'].account_id}")) == ["Omar"]
    assert who(audit("topic=wellbeing")) == ["Sol"]
    assert who(audit("from=2026-03-01&to=2026-03-01")) == ["Omar"]
    assert who(audit("from=2026-03-01")) == ["Nora", "Omar"]
    assert who(audit("to=2026-03-01T17:00:00Z")) == ["Sol"]
    assert who(audit(f"patient={world['ana'].patient_id}")) == ["Nora", "Omar", "Sol"]


def test_asking_about_one_patient_is_a_look_at_her_record(audit, call, world):
    audit()
    assert call("ana", "GET /patients/me/access-log").json["items"] == []
    audit(f"patient={world['ana'].patient_id}")
    [entry] = call("ana", "GET /patients/me/access-log").json["items"]
    assert (entry["name"], entry["topic"]) == ("Per", "audit")


def test_another_clinics_log_is_none(looks, audit, call, world):
    looks("nora", patient="ben")
    assert call("per", f"GET /audit?patient={world['ben'].patient_id}").status_code == 404
    assert call("per", f"GET /audit?patient={uuid4()}").status_code == 404


def test_only_the_privacy_officer_reads_it(call):
    for name in ("nora", "ada", "eva", "ana", "hugo"):
        assert call(name, "GET /audit").status_code == 403


@pytest.mark.parametrize(
    "query", ["from=2026-03-02&to=2026-03-01", "topic=everything", "account=x", "from=yesterday",
              "to=0001-01-01", "patient=1"],
)  # fmt: skip
def test_what_cannot_be_asked_is_422(call, query):
    assert call("per", f"GET /audit?{query}").status_code == 422


def test_every_entry_is_on_one_page_and_on_no_other(looks, call, clock):
    looks("nora", number=7)
    looks("omar", number=4, at=clock.now() + timedelta(minutes=1))
    seen, cursor = [], ""
    while cursor is not None:
        page = call("per", f"GET /audit?limit=3{cursor and f'&cursor={cursor}'}").json
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert len(seen) == len(set(seen)) == 11


def test_a_rare_account_is_found_without_reading_all_at_once(looks, app, world, clock):
    looks("sol", at=clock.now() - timedelta(days=3))
    looks("nora", number=25)
    asked = queries.Asked(account_id=world["sol"].account_id)
    pages = []
    with app.app_context(), transaction() as session:
        last = None
        for _ in range(5):
            found = queries.clinic_page(
                session, world.clinic_id, asked, limit=5, last=last, look_through=10
            )
            pages.append(len(found.entries))
            last = found.next
            if last is None:
                break

    assert pages == [0, 0, 1]


def test_a_page_reads_the_clinics_own_index(looks, app, world, database_url):
    looks("nora", number=3)
    with app.app_context(), transaction() as session:
        seen = []
        engine = db.engine

        def note(_conn, _cursor, statement, parameters, *_rest):
            seen.append((statement, parameters))

        sa.event.listen(engine, "before_cursor_execute", note)
        queries.clinic_page(session, world.clinic_id, queries.Asked(), limit=5, last=None)
        sa.event.remove(engine, "before_cursor_execute", note)
        statement, parameters = next(one for one in seen if "access_log" in one[0])
        if database_url.startswith("sqlite"):
            plan = session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            )
        else:
            # Of a few rows it would read all; what matters is that it can do otherwise.
            session.execute(sa.text("SET LOCAL enable_seqscan = off"))
            plan = session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters)
        assert "ix_access_log_by_others" in "\n".join(str(row) for row in plan)
