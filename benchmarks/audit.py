"""What the access log costs a report, and how long a million entries take to seal and verify.

    .venv/bin/python -m benchmarks.audit [--slices 12] [--seconds 1.5] [--entries 1000000]

PostgreSQL with its syncs on.  A report through everything, beside the same service without its
log; then a clinic's chain: sealed, verified, asked after a breach.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.beside import SECRET
from benchmarks.clinic import build, utc_now
from benchmarks.report import HISTORY, PATIENTS, compare, reports
from benchmarks.servers import gunicorn
from service import schema
from service.audit.incidents import reached_by
from service.audit.sealing import seal
from service.audit.verifying import Finding, verify
from service.db import engine_options
from service.jobs.log_keeping import AT_ONCE
from tests.postgres import Cluster

ACTOR = UUID(int=7)
# Of the bytes one entry is hashed with.
_BYTES = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--entries", type=int, default=1_000_000)
    options = parser.parse_args()
    with Cluster(durable=True) as cluster:
        url = cluster.create_database("bench")
        engine = sa.create_engine(url, **engine_options(url))
        schema.upgrade(engine)
        people = build(engine, patients=PATIENTS, reports=HISTORY, secret=SECRET, now=utc_now())
        env = {"DATABASE_URL": url, "SECRET_KEY": SECRET, "CALLS_A_MINUTE": "1000000"}
        with (
            gunicorn("wsgi:app", env) as logged,
            gunicorn("benchmarks.unlogged:app", env) as unlogged,
        ):
            compare("one report", options, [
                ("with the log", logged, lambda n: reports(people, n)),
                ("without it", unlogged, lambda n: reports(people, n)),
            ])  # fmt: skip
        _chain(engine, options.entries)
        engine.dispose()


def _chain(engine: sa.Engine, entries: int) -> None:
    def transaction() -> AbstractContextManager[Session]:
        return Session(engine)

    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("DELETE FROM access_log")
        connection.exec_driver_sql(
            "INSERT INTO access_log (patient_id, id, at, clinic_id, account_id, role, topic,"
            " action, route, request_id)"
            " SELECT lpad(mod(n, 500)::text, 32, '0')::uuid, gen_random_uuid(),"
            " timestamptz '2026-01-01' + n * interval '1 second', lpad('1', 32, '0')::uuid,"
            " lpad((7 + mod(n, 40))::text, 32, '0')::uuid, 'nurse', 'symptoms', 'read',"
            " 'symptoms.list_reports', gen_random_uuid()::text"
            f" FROM generate_series(1, {entries}) n"
        )
    print(f"\na chain of {entries:,}")
    _timed("SHA-256 alone", entries, lambda: _hash_alone(entries))
    _timed("sealed", entries, lambda: _seal_all(engine))
    _timed("verified", entries, lambda: _verify_all(transaction))
    _timed("asked after a breach", entries, lambda: _ask(engine))


def _timed(what: str, entries: int, do: Callable[[], None]) -> None:
    began = time.perf_counter()
    do()
    seconds = time.perf_counter() - began
    print(f"  {what:22} {seconds:7.1f} s   {entries / seconds:10,.0f}/s")


def _hash_alone(entries: int) -> None:
    for _ in range(entries):
        sha256(b"x" * _BYTES).hexdigest()


def _seal_all(engine: sa.Engine) -> None:
    while True:
        with Session(engine) as session, session.begin():
            if not seal(session, limit=AT_ONCE):
                return


def _verify_all(transaction: Callable[[], AbstractContextManager[Session]]) -> None:
    found = [one for one in verify(transaction) if isinstance(one, Finding)]
    if found:
        raise SystemExit(f"a chain nobody has touched is not whole: {found[:3]}")


def _ask(engine: sa.Engine) -> None:
    with Session(engine) as session:
        list(reached_by(session, ACTOR, since=datetime(2026, 1, 1, tzinfo=UTC), until=None))


if __name__ == "__main__":
    main()
