"""What is asked at every page and every probe reads what waits, not what was ever sent."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer

from service.db import db
from service.notify import actions, dead_letters, lateness, queries

SENT = """
    INSERT INTO outbox_messages (id, collapse_key, patient_id, recipient_id, to_staff, channel,
        kind, title, body, created_at, state, attempts, next_try_at, reached)
    SELECT gen_random_uuid(), 'k' || n, :patient, :account, false, 'push', 'reminder', 'x', '{}',
        now() - n * interval '1 minute', CASE WHEN n % 200 = 0 THEN 'dead'
        WHEN n % 200 = 1 THEN 'pending' ELSE 'sent' END, 1,
        CASE WHEN n % 200 = 1 THEN now() END, '[]'
    FROM generate_series(1, 20000) n
"""
QUESTIONS = {
    "page": lambda s, w, n: dead_letters.dead_page(s, w.clinic_id, limit=50, last=None),
    "count": lambda s, w, n: dead_letters.count_dead(s, w.clinic_id),
    "pulse": lambda s, w, n: queries.pulse(s, now=n, after=timedelta(minutes=5)),
    "withdraw": lambda s, w, n: actions.withdraw_from_staff(s, subject_id=w.clinic_id, why="x"),
    "backlog": lambda s, w, n: lateness.backlog_of(s),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_long_history_is_not_read(app, world, clock, session_of, question):
    with app.app_context():
        engine = db.engine
    if engine.dialect.name != "postgresql":
        return  # how SQLite goes about it is its own
    ana = {"patient": world["ana"].patient_id, "account": world["ana"].account_id}
    session_of(lambda session: session.execute(sa.text(SENT), ana))
    with engine.begin() as connection:
        connection.execute(sa.text("ANALYZE patients, outbox_messages"))

    asked = []

    def note(*args):
        asked.append(args[2:4])

    sa.event.listen(engine, "before_cursor_execute", note)
    session_of(lambda session: QUESTIONS[question](session, world, clock.now()))
    sa.event.remove(engine, "before_cursor_execute", note)
    plans = [_plan(engine, sql, values) for sql, values in asked]

    assert plans
    assert not [plan for plan in plans if "Seq Scan on outbox_messages" in plan]


def _plan(engine, sql, values):
    """Return how it is run whatever the values, as ``db.engine_options`` asks for."""
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        query = PostgresQuery(Transformer(raw))
        query.convert(sql, values)
        found = raw.pgconn.exec_(b"EXPLAIN (GENERIC_PLAN) " + query.query)
        assert found.ntuples, found.error_message
        return "\n".join(found.get_value(row, 0).decode() for row in range(found.ntuples))
