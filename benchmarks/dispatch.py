"""Ten thousand reminders due among a million scheduled, beside what else could be done with them.

    .venv/bin/python -m benchmarks.dispatch [--scheduled 1000000] [--due 10000] [--slices 5]

PostgreSQL with its syncs on.  The yardstick is one SQL statement that claims the same rows and
writes the same messages; it and we take turns, and the ratio is the median of those of
neighbouring slices.  Beside them: one row a transaction, and APScheduler's own job store with
one job a reminder.  At last, the scheduler's memory and start with few and with many scheduled.
"""

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from benchmarks.servers import settle
from service import schema
from service.app import create_app, settle_down
from service.config import Config
from service.db import engine_options, transaction
from service.ids import new_id
from service.jobs.tick import BATCH, send_due
from service.notify.leasing import claim
from service.notify.rules import Handed, Leased
from service.reminders.releasing import release_due
from service.sealing import keys_out_of
from tests.postgres import Cluster

SECRET = "benchmarks have no secrets to keep at all"
ONE_BY_ONE, JOBS = 500, 300
NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
LEASE = timedelta(minutes=10)

LOAD = """
INSERT INTO clinics (id, name, time_zone, hours, holidays, phones, created_at)
VALUES ('00000000-0000-0000-0000-000000000001', 'Bench', 'America/Los_Angeles', '{}', '[]', '{}',
        :now);
INSERT INTO accounts (id, clinic_id, role, email, email_key, password_hash, display_name, time_zone,
                      locale, channels, created_at)
SELECT md5('a' || n)::uuid, '00000000-0000-0000-0000-000000000001', 'patient', n || '@x.org',
       n || '@x.org', '!', 'P', 'America/Los_Angeles', 'en', '{}', :now
FROM generate_series(1, :patients) n;
INSERT INTO patients (id, account_id, clinic_id, display_name, time_zone, locale, care_status,
                      information_preferences, joined_at, change_no, version)
SELECT md5('p' || n)::uuid, md5('a' || n)::uuid, '00000000-0000-0000-0000-000000000001', 'P',
       'America/Los_Angeles', 'en', 'active', '{}', :now, 0, 1
FROM generate_series(1, :patients) n;
INSERT INTO reminders (id, patient_id, version, created_change_no, change_no, entered_by,
                       received_at, content_hash, kind, title, local_start, recurrence, exdates,
                       discreet, dose_days_only, rings_in_quiet_hours, status, needs_planning)
SELECT md5('r' || n)::uuid, md5('p' || n)::uuid, 1, 0, 0, md5('a' || n)::uuid, :now, '', 'custom',
       'x', '2026-03-02T09:00', 'FREQ=DAILY', '[]', true, false, false, 'active', false
FROM generate_series(1, :patients) n;
INSERT INTO reminder_occurrences (id, patient_id, version, created_change_no, change_no, entered_by,
                                  received_at, content_hash, reminder_id, local_at, due_at, status,
                                  next_at, next_step)
SELECT md5('o' || n || '.' || k)::uuid, md5('p' || n)::uuid, 1, 0, 0, md5('a' || n)::uuid, :now,
       '', md5('r' || n)::uuid, 'T' || k, CAST(:now AS timestamptz) + k * interval '1 day', 'due',
       CAST(:now AS timestamptz) + k * interval '1 day', 'send'
FROM generate_series(1, :each) k, generate_series(1, :patients) n;
"""
MAKE_DUE = sa.text(
    "UPDATE reminder_occurrences SET next_at = :now, due_at = :now, change_no = change_no + 1"
    " WHERE id IN (SELECT md5('o' || n || '.' || :k)::uuid FROM generate_series(1, :due) n)"
)
ONE_STATEMENT = sa.text("""
WITH due AS (
    UPDATE reminder_occurrences o
    SET next_at = NULL, next_step = NULL, message_key = o.id::text, change_no = change_no + 1,
        version = version + 1
    WHERE next_at <= :now
    RETURNING o.id, o.patient_id
)
INSERT INTO outbox_messages (id, collapse_key, patient_id, recipient_id, to_staff, channel, kind,
                             subject_id, title, body, created_at, due_at, useful_until, state,
                             attempts, next_try_at, reached)
SELECT gen_random_uuid(), due.id::text, due.patient_id, p.account_id, false, 'push', 'reminder',
       due.id, 'You have a reminder', json_build_object('occurrences', json_build_array(due.id)),
       :now, :now, CAST(:now AS timestamptz) + interval '4 hours', 'pending', 0, :now, '[]'
FROM due JOIN patients p ON p.id = due.patient_id
""")
ONE_ROW = sa.text(
    ONE_STATEMENT.text.replace(
        "WHERE next_at <= :now",
        "WHERE o.id = (SELECT id FROM reminder_occurrences WHERE next_at <= :now"
        " ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)",
    )
)


class Standing:
    """A clock that stands where the benchmark is."""

    def now(self) -> datetime:
        return NOW


class Nowhere:
    """A channel that takes everything at once."""

    def send(self, message: Leased) -> Handed:
        return Handed()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scheduled", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=10_000)
    parser.add_argument("--slices", type=int, default=5)
    options = parser.parse_args()
    with Cluster(durable=True) as cluster:
        url = _filled(cluster, "bench", options.due, options.scheduled // options.due)
        _measure(url, options.due, options.slices)
        _measure_others(url, options.due)
        small = _filled(cluster, "small", options.due // 100, options.scheduled // options.due)
        for name, where in (("few", small), ("many", url)):
            _start(name, where)


def _filled(cluster: Cluster, name: str, patients: int, each: int) -> str:
    url = cluster.create_database(name)
    engine = sa.create_engine(url)
    schema.upgrade(engine)
    with engine.begin() as connection:
        for statement in LOAD.split(";\n"):
            if statement.strip():
                names = {"now": NOW, "patients": patients, "each": each}
                connection.execute(
                    sa.text(statement), {n: v for n, v in names.items() if f":{n}" in statement}
                )
    settle(engine)
    engine.dispose()
    return url


def _measure(url: str, due: int, slices: int) -> None:
    app = create_app(
        Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=url, LEASE=LEASE), Standing()
    )
    settle_down()
    engine = sa.create_engine(url, **engine_options(url))
    seconds: dict[str, list[float]] = {}
    ways: list[tuple[str, Callable[[], None]]] = [
        ("one statement", lambda: _one_statement(engine)),
        ("released", lambda: _release(app)),
        ("leased", lambda: _lease(app)),
        ("sent and recorded", lambda: _send(app)),
    ]
    for slice_no in range(1, slices + 1):
        for way, do in ways:
            _prepare(engine, way, due, slice_no)
            began = time.monotonic()
            do()
            seconds.setdefault(way, []).append(time.monotonic() - began)
    bare = seconds["one statement"]
    release = seconds["released"]
    leased = [a + b for a, b in zip(release, seconds["leased"], strict=True)]
    whole = [a + b for a, b in zip(release, seconds["sent and recorded"], strict=True)]
    print(f"{due:,} due; a second, and beside one statement (median of {slices} pairs)")
    for name, took in (
        ("one SQL statement", bare), ("released", release), ("released and leased", leased),
        ("released, leased, sent, recorded", whole),
    ):  # fmt: skip
        ratios = [mine / other for mine, other in zip(bare, took, strict=True)]
        print(
            f"  {name:34} {due / statistics.median(took):9,.0f}"
            f"   {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    engine.dispose()


def _prepare(engine: sa.Engine, way: str, due: int, slice_no: int) -> None:
    with engine.begin() as connection:
        if way in {"one statement", "released"}:
            connection.execute(sa.text("DELETE FROM outbox_messages"))
            k = 2 * slice_no - (way == "released")
            connection.execute(MAKE_DUE, {"now": NOW, "k": k, "due": due})
        elif way == "sent and recorded":
            connection.execute(
                sa.text("UPDATE outbox_messages SET next_try_at = :now"), {"now": NOW}
            )
    settle(engine)


def _one_statement(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(ONE_STATEMENT, {"now": NOW})


def _release(app: Flask) -> None:
    count = 1
    while count:
        with app.app_context(), transaction() as session:
            count = release_due(session, now=NOW, limit=BATCH)


def _lease(app: Flask) -> None:
    batch = [None]
    while batch:
        with app.app_context(), transaction() as session:
            batch = claim(
                session, owner=new_id(), now=NOW, lease=LEASE, limit=BATCH, channel="push"
            )  # fmt: skip


def _send(app: Flask) -> None:
    send_due(app, Standing(), {"push": Nowhere()}, new_id(), "push", goes_on=lambda: True)


def _measure_others(url: str, due: int) -> None:
    engine = sa.create_engine(url, **engine_options(url))
    _prepare(engine, "one statement", due, 20)
    began = time.monotonic()
    for _ in range(ONE_BY_ONE):
        with engine.begin() as connection:
            connection.execute(ONE_ROW, {"now": NOW})
    print(f"  {'one row a transaction':34} {ONE_BY_ONE / (time.monotonic() - began):9,.0f}")
    added, run = _apscheduler(url)
    print(f"  {'APScheduler, a job a reminder':34} {added:9,.0f} added, {run:,.0f} run")
    engine.dispose()


_ran = threading.Semaphore(0)


def ring() -> None:
    _ran.release()


def _apscheduler(url: str) -> tuple[float, float]:
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)}, timezone=UTC,
        job_defaults={"misfire_grace_time": None},
    )  # fmt: skip
    scheduler.start(paused=True)
    began = time.monotonic()
    for _ in range(JOBS):
        scheduler.add_job("benchmarks.dispatch:ring", "date", run_date=NOW)
    added = JOBS / (time.monotonic() - began)
    began = time.monotonic()
    scheduler.resume()
    for _ in range(JOBS):
        sys.modules["benchmarks.dispatch"]._ran.acquire()
    run = JOBS / (time.monotonic() - began)
    scheduler.shutdown()
    return added, run


def _start(name: str, url: str) -> None:
    """Start a scheduler over a database in which nothing is due."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM outbox_messages"))
        connection.execute(
            sa.text("UPDATE reminder_occurrences SET next_at = next_at + interval '50 years'")
        )
        scheduled = connection.scalar(
            sa.text("SELECT count(*) FROM reminder_occurrences WHERE next_at IS NOT NULL")
        )
    settle(engine)
    engine.dispose()
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "service.jobs"], stderr=subprocess.PIPE, text=True,
        env={**os.environ, "SECRET_KEY": SECRET, "MASTER_KEYS": keys_out_of(SECRET),
             "DATABASE_URL": url, "TICK_SECONDS": "1"},
    ) as process:  # fmt: skip
        assert process.stderr is not None
        while "first round done" not in process.stderr.readline():
            pass
        took = time.monotonic() - began
        status = Path(f"/proc/{process.pid}/status").read_text()
        rss = next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line)
        process.terminate()
    print(f"  {name}: {scheduled:,} scheduled, started in {took:.1f} s, {rss / 1024:.0f} MB")


if __name__ == "__main__":
    sys.modules["benchmarks.dispatch"] = sys.modules["__main__"]
    main()
