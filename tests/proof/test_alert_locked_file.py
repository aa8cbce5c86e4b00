"""Somebody holds the lock of the SQLite file for eight seconds: alerts wait, and are all told."""

import sqlite3
import time
from contextlib import closing
from datetime import timedelta

import sqlalchemy as sa

from tests.conftest import API, MONDAY_MORNING
from tests.proof.alarms import IN_ORDER, LADDER, arrived, in_order, urgent_report
from tests.proof.moving import wait_until

LOCKED_FOR, ALERTS = 8, 10


def test_a_lock_of_eight_seconds_loses_no_alert(
    app, world, alarms, provider, crew, moving, database_url
):
    url = sa.make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return  # a file's lock; PostgreSQL has none
    alerts = alarms.report(alarms.add_patients(ALERTS))
    crew.start(2)
    crew.wait_until_ready()
    wait_until(lambda: len(provider.keys()) == ALERTS, what="the first is told")
    # Sent and written down: what is still on its way when the clock jumps would be sent again.
    wait_until(lambda: alarms.waiting() == 0, what="the first is written down")
    ana, body = world["ana"].headers, urgent_report(MONDAY_MORNING)
    path = f"{API}/patients/me/symptom-reports"

    with closing(sqlite3.connect(url.database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        since = time.monotonic()
        moving.set(MONDAY_MORNING + timedelta(minutes=15, seconds=1))
        answer = app.test_client().post(path, json=body, headers=ana)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
        wait_until(lambda: time.monotonic() - since > LOCKED_FOR, what="eight seconds")
        connection.execute("ROLLBACK")
    assert app.test_client().post(path, json=body, headers=ana).status_code == 201
    for minute, _ in LADDER[1:4]:
        moving.set(MONDAY_MORNING + timedelta(minutes=minute, seconds=1))
        so_far = sum(len(names) for at, names in LADDER if at <= minute)
        wait_until(
            lambda so_far=so_far: all(len(arrived(provider).get(id, ())) >= so_far for id in alerts)
            and alarms.waiting() == 0,
            what=f"those of minute {minute}",
        )  # fmt: skip
    told = arrived(provider)
    assert [in_order(told[id]) for id in alerts] == [IN_ORDER[:4]] * ALERTS
    assert len(told) == ALERTS + 1
    assert set(provider.copies().values()) == {1}
    assert all(worker.is_alive() for worker in crew.workers)
