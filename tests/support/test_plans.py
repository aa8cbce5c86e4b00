"""Requests that wait are read by an index, however many were closed before."""

import pytest
import sqlalchemy as sa

from service.accounts.models import Queue, Role
from service.db import db, transaction
from service.support import handing, queries
from tests.alerts.test_plans import PATIENTS, _plan

REQUESTS = """
    INSERT INTO support_requests (id, patient_id, change_no, created_change_no, version,
        received_at, entered_by, content_hash, clinic_id, kind, queue, state, requested_at)
    SELECT gen_random_uuid(), p.id, 1, 1, 1, now(), :by, 'x', :clinic, 'chaplain', 'chaplaincy',
        CASE WHEN n > 3900 AND s = 1 THEN 'claimed' ELSE 'closed' END, now()
    FROM (SELECT id, row_number() OVER () AS n FROM patients) p, generate_series(1, 5) s
"""
QUEUES = [Queue.CHAPLAINCY]
QUESTIONS = {
    "what waits": lambda s, v: s.execute(queries.requests_for(v, None).limit(50)),
    "what somebody has": lambda s, v: handing.in_hand(s, v, QUEUES, limit=50),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_waits_is_read_by_its_index(app, world, question):
    with app.app_context():
        engine = db.engine
    if engine.dialect.name != "postgresql":
        return  # how SQLite goes about it is its own
    chaya = world["chaya"]
    with app.app_context(), transaction() as session:
        session.execute(sa.text(PATIENTS), {"clinic": world.clinic_id})
        values = {"clinic": world.clinic_id, "by": chaya.account_id}
        session.execute(sa.text(REQUESTS), values)
    with engine.begin() as connection:
        connection.execute(sa.text("ANALYZE patients, support_requests"))
    asked = []

    def note(*args):
        asked.append(args[2:4])

    known = {"clinic_id": world.clinic_id, "role": Role.CHAPLAIN, "account_id": chaya.account_id}
    sa.event.listen(engine, "before_cursor_execute", note)
    with app.app_context(), transaction() as session:
        QUESTIONS[question](session, type("Viewer", (), known)())
    sa.event.remove(engine, "before_cursor_execute", note)
    [plan] = [_plan(engine, sql, values) for sql, values in asked]
    assert "Seq Scan" not in plan, plan
    assert "ix_support_requests_clinic_id_queue_state_requested_at" in plan, plan
