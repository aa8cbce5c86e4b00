"""What every page asks reads what is on it, not everything a clinic has."""

import pytest
import sqlalchemy as sa
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer

from service.accounts.models import Queue, Role
from service.alerts import queries
from service.alerts.models import AlertState
from service.db import db, transaction
from service.ids import new_id

PATIENTS = """
    INSERT INTO patients (id, clinic_id, display_name, time_zone, locale, care_status,
        information_preferences, joined_at, change_no, version)
    SELECT gen_random_uuid(), :clinic, 'P' || n, 'UTC', 'en', 'active', '{}', now(), 0, 1
    FROM generate_series(1, 4000) n
"""
ALERTS = """
    INSERT INTO alerts (id, clinic_id, patient_id, queue, severity, rank, state, opened_at,
        raised_at, due_at, contact_step, needs_named_contact, version, outcome, unanswered_since)
    SELECT gen_random_uuid(), :clinic, p.id, q, 'soon', 2, s, now(), now(),
        now() + (n * interval '1 minute'), 0, false, 1, CASE WHEN s = 'closed' THEN 'seen' END,
        CASE WHEN s = 'open' AND n = 1 THEN now() END
    FROM (SELECT id, row_number() OVER () AS n FROM patients) p,
        unnest(ARRAY['nursing', 'social_work', 'coordination']) q,
        unnest(ARRAY['open', 'closed', 'closed']) s
"""


def page(session, viewer, **more):
    return queries.queue_page(session, viewer, queues=None, state=None, limit=50, **more)


QUESTIONS = {
    "first page": (page, "ix_alerts_queue"),
    "a page further on": (
        lambda s, v: page(s, v, last=(2, None, new_id())), "ix_alerts_queue",
    ),
    "of one queue": (
        lambda s, v: queries.queue_page(s, v, queues=[Queue.NURSING], state=None, limit=50),
        "ix_alerts_queue",
    ),
    "open ones": (
        lambda s, v: queries.queue_page(s, v, queues=None, state=AlertState.OPEN, limit=50),
        "ix_alerts_queue",
    ),
    "closed ones": (
        lambda s, v: queries.queue_page(s, v, queues=None, state=AlertState.CLOSED, limit=50),
        "ix_alerts_closed",
    ),
    "who is unanswered": (queries.unanswered, "ix_alerts_unanswered"),
}  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_page_is_read_by_its_index_however_many_wait(app, world, question):
    with app.app_context():
        engine = db.engine
    if engine.dialect.name != "postgresql":
        return  # how SQLite goes about it is its own
    ask, index = QUESTIONS[question]
    with app.app_context(), transaction() as session:
        for statement in (PATIENTS, ALERTS):
            session.execute(sa.text(statement), {"clinic": world.clinic_id})
    with engine.begin() as connection:
        connection.execute(sa.text("ANALYZE patients, alerts"))
    asked = []

    def note(*args):
        asked.append(args[2:4])

    viewer = type("Viewer", (), {"clinic_id": world.clinic_id, "role": Role.NURSE})()
    sa.event.listen(engine, "before_cursor_execute", note)
    with app.app_context(), transaction() as session:
        ask(session, viewer)
    sa.event.remove(engine, "before_cursor_execute", note)
    [plan] = [_plan(engine, sql, values) for sql, values in asked]
    assert "Seq Scan on alerts" not in plan, plan
    assert index in plan, plan
    # Nothing is sorted but what is on the page.
    sorted_ = [line for line in plan.splitlines() if "Sort" in line and "rows=" in line]
    assert all(int(line.split("rows=")[1].split()[0]) <= 200 for line in sorted_), plan


def _plan(engine, sql, values):
    """Return how it is run whatever the values, as ``db.engine_options`` asks for."""
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        query = PostgresQuery(Transformer(raw))
        query.convert(sql, values)
        found = raw.pgconn.exec_(b"EXPLAIN (GENERIC_PLAN) " + query.query)
        assert found.ntuples, found.error_message
        return "\n".join(found.get_value(row, 0).decode() for row in range(found.ntuples))
