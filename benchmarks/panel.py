"""The panel's first page and the nurses' queue in clinics of 1,000, 10,000 and 100,000 patients.

    .venv/bin/python -m benchmarks.panel [--reports 200] [--slices 12] [--seconds 1]

PostgreSQL, 2 workers.  Three clinics in one database, each patient with as many reports as asked.
Two things are compared, each as a ratio within one run:

* one clinic with another: a page must cost the same however large the clinic is;
* the JSON route with psql: the same SQL statement, on one connection, its rows written to nowhere.
"""

import argparse
import itertools
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.clinic import HOURS, utc_now
from benchmarks.load import Result, request, run
from benchmarks.servers import gunicorn, settle
from service import schema
from service.accounts.models import Account, Clinic, Role
from service.accounts.session_models import DeviceSession
from service.accounts.tokens import TokenSigner
from service.db import engine_options
from service.ids import new_id
from service.panel.looks import Look
from service.panel.queries import panel_page
from service.sealing import keys_out_of
from tests.postgres import Cluster

SECRET = "benchmarks have no secrets to keep at all"
SIZES = (1_000, 10_000, 100_000)
# One patient in twenty has an open alert; one in a hundred an urgent one.
ALERTS = """
INSERT INTO alerts (id, clinic_id, patient_id, queue, severity, rank, state, opened_at, raised_at,
    acknowledge_by, due_at, contact_step, is_drill, needs_named_contact, version)
SELECT gen_random_uuid(), clinic_id, id, 'nursing',
    CASE WHEN number %% 100 = 0 THEN 'urgent' ELSE 'soon' END,
    CASE WHEN number %% 100 = 0 THEN 0 ELSE 2 END, 'open', now(), now(),
    now() + number * interval '1 second', now() + number * interval '1 second', 0, false, false, 1
FROM (SELECT *, row_number() OVER (ORDER BY id) AS number FROM patients
      WHERE clinic_id = %(clinic)s) AS p
WHERE number %% 20 = 0
"""
REASONS = """
INSERT INTO alert_reasons (id, alert_id, patient_id, rule, rule_version, subject, severity, text,
    records, given, added_at, clock_started_at, next_step, acknowledge_by, patient_can_decline)
SELECT gen_random_uuid(), id, patient_id, 'SYM-SEV', 1, 'nausea', severity, 'Nausea is severe.',
    '[{"type": "symptom_report", "id": "x", "at": "2026-03-02T09:00:00Z"}]', '{"severity": 3}',
    now(), now(), 0, acknowledge_by, true
FROM alerts WHERE clinic_id = %(clinic)s
"""
PATIENTS = """
INSERT INTO patients (id, clinic_id, display_name, time_zone, locale, care_status,
    information_preferences, is_drill, joined_at, change_no, version)
SELECT gen_random_uuid(), %(clinic)s, 'Patient ' || n, 'America/Los_Angeles', 'en', 'active', '{}',
    false, now() - interval '900 days', %(reports)s, 1
FROM generate_series(1, %(patients)s) AS n
"""
SUMMARIES = """
INSERT INTO patient_summaries (patient_id, clinic_id, name_key, urgent_alerts, soon_alerts,
    info_alerts, worst_symptoms, worst_grade, last_report_at, distress, distress_before,
    silence_check_at, missed_check_ins, silence_score, is_drill, updated_at)
SELECT p.id, p.clinic_id, lower(p.display_name), count(a.id) FILTER (WHERE a.severity = 'urgent'),
    count(a.id) FILTER (WHERE a.severity = 'soon'), 0,
    '[{"symptom": "nausea", "grade": 2}, {"symptom": "fatigue", "grade": 1}]',
    (random() * 3)::int, now() - random() * interval '30 days', (random() * 10)::int,
    (random() * 10)::int, now() + interval '7 days', 0, 0, false, now()
FROM patients AS p LEFT JOIN alerts AS a ON a.patient_id = p.id
WHERE p.clinic_id = %(clinic)s GROUP BY p.id
"""
REPORTS = """
INSERT INTO symptom_reports (id, patient_id, version, created_change_no, change_no, entered_by,
    received_at, content_hash, reported_at, at, answers, grading_version, red_flags, body_sites)
SELECT gen_random_uuid(), p.id, 1, n, n, %(nurse)s, moment, '\\x00', moment, moment,
    '[{"symptom": "nausea", "frequency": 2, "severity": 1, "grade": 1}]', '1', '[]', '[]'
FROM patients AS p, generate_series(1, %(reports)s) AS n,
    LATERAL (SELECT now() - n * interval '84 hours' AS moment) AS t
WHERE p.clinic_id = %(clinic)s
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=200)
    parser.add_argument("--slices", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    with Cluster(durable=True) as cluster:
        url = cluster.create_database("panel")
        engine = sa.create_engine(url, **engine_options(url))
        schema.upgrade(engine)
        indexes = _drop_indexes(engine)
        clinics = [_clinic(engine, patients, options.reports) for patients in SIZES]
        _make_indexes(engine, indexes)
        settle(engine)
        env = {
            "DATABASE_URL": url,
            "SECRET_KEY": SECRET,
            "MASTER_KEYS": keys_out_of(SECRET),
            "CALLS_A_MINUTE": "100000000",
        }
        with gunicorn("wsgi:app", env) as port:
            for title, path in (
                ("panel, first page", "/api/v1/panel"),
                ("queue, first page", "/api/v1/alerts?queue=nursing"),
            ):
                _compare_sizes(title, port, path, clinics, options)
            for (clinic_id, token), patients in zip(clinics, SIZES, strict=True):
                statement = _statement(engine, clinic_id)
                _compare_with_psql(cluster, port, token, statement, patients, options)
        engine.dispose()


def _drop_indexes(engine: sa.Engine) -> list[str]:
    """Drop every index and foreign key of the reports; return what makes them anew.

    Twenty million rows are written in minutes without them, and in a quarter of an hour with.
    """
    with engine.begin() as connection:
        keys = connection.exec_driver_sql(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'symptom_reports'::regclass AND contype IN ('p', 'f')"
        ).all()
        for name, _definition in keys:
            connection.exec_driver_sql(f"ALTER TABLE symptom_reports DROP CONSTRAINT {name}")
        indexes = connection.exec_driver_sql(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'symptom_reports'"
        ).all()
        for name, _definition in indexes:
            connection.exec_driver_sql(f"DROP INDEX {name}")
    made_by = [definition for _name, definition in indexes]
    return made_by + [
        f"ALTER TABLE symptom_reports ADD CONSTRAINT {name} {definition}"
        for name, definition in keys
    ]


def _make_indexes(engine: sa.Engine, statements: list[str]) -> None:
    begun = time.monotonic()
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '1GB'")
        for statement in statements:
            connection.exec_driver_sql(statement)
    print(f"indexes of the reports made in {time.monotonic() - begun:.0f} s")


def _clinic(engine: sa.Engine, patients: int, reports: int) -> tuple[UUID, str]:
    """Write a clinic and return it with an access token of its nurse's."""
    now, far = utc_now(), utc_now() + timedelta(days=1)
    clinic, nurse, device = new_id(), new_id(), new_id()
    begun = time.monotonic()
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.execute(sa.insert(Clinic.__table__), {
            "id": clinic, "name": f"Bench {patients}", "time_zone": "America/Los_Angeles",
            "hours": HOURS, "holidays": [], "phones": {}, "created_at": now,
        })  # fmt: skip
        connection.execute(sa.insert(Account.__table__), {
            "id": nurse, "clinic_id": clinic, "role": Role.NURSE, "email": f"{clinic}@x.org",
            "email_key": f"{clinic}@x.org", "password_hash": "!", "display_name": "N",
            "time_zone": "America/Los_Angeles", "locale": "en", "channels": {}, "created_at": now,
            "totp_secret": "x", "totp_confirmed_at": now,
        })  # fmt: skip
        connection.execute(sa.insert(DeviceSession.__table__), {
            "id": device, "account_id": nurse, "kind": "app", "created_at": now,
            "last_used_at": now, "expires_at": far,
        })  # fmt: skip
        said = {"clinic": clinic, "nurse": nurse, "patients": patients, "reports": reports}
        for statement in (PATIENTS, ALERTS, REASONS, SUMMARIES, REPORTS):
            connection.exec_driver_sql(statement, said)
    seconds = time.monotonic() - begun
    print(f"{patients:7,} patients with {reports} reports each written in {seconds:.0f} s")
    token = TokenSigner(SECRET).sign(device, kind="app", expires_at=far)
    return clinic, token


def _compare_sizes(
    title: str, port: int, path: str, clinics: list[tuple[UUID, str]], options: argparse.Namespace
) -> None:
    """Take turns, slice by slice, and print how the clinics compare."""

    def calls(token: str) -> Any:
        return lambda _n: itertools.repeat(request("GET", path, token=token))

    print(f"\n{title}, 4 connections")
    found: dict[int, list[Result]] = {size: [] for size in SIZES}
    for (_, token), _size in zip(clinics, SIZES, strict=True):
        run(port, calls(token), connections=4, seconds=2)
    for _ in range(options.slices):
        for (_, token), size in zip(clinics, SIZES, strict=True):
            found[size].append(run(port, calls(token), connections=4, seconds=options.seconds))
    for size, results in found.items():
        middle = sorted(results, key=lambda one: one.rate)[len(results) // 2]
        print(f"  {size:7,} patients  {middle.rate:6.0f}/s  median {middle.median * 1e3:5.2f} ms"
              f"  p99 {middle.p99 * 1e3:6.2f} ms  {middle.statuses}")  # fmt: skip
    for size in SIZES[1:]:
        ratios = sorted(
            a.rate / b.rate for a, b in zip(found[SIZES[0]], found[size], strict=True)
        )  # fmt: skip
        print(f"  {SIZES[0]:,} to {size:,}: {statistics.median(ratios):.2f} "
              f"(from {ratios[0]:.2f} to {ratios[-1]:.2f})")  # fmt: skip


def _statement(engine: sa.Engine, clinic_id: UUID) -> str:
    """Return the SQL of the panel's first page, as the route runs it, with its values."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.append((statement, values))

    sa.event.listen(engine, "before_cursor_execute", note)
    with Session(engine) as session:
        panel_page(session, clinic_id, look=Look("risk"), limit=50)
    sa.event.remove(engine, "before_cursor_execute", note)
    statement, values = seen[-1]
    raw = engine.raw_connection()
    try:
        return str(psycopg.ClientCursor(raw.driver_connection).mogrify(statement, values))
    finally:
        raw.close()


def _compare_with_psql(
    cluster: Cluster, port: int, token: str, statement: str, patients: int,
    options: argparse.Namespace,
) -> None:  # fmt: skip
    """Print the route's rate on one connection as a share of psql's with the same statement."""

    def calls(_n: int) -> Iterator[bytes]:
        return itertools.repeat(request("GET", "/api/v1/panel", token=token))

    pairs = []
    for _ in range(options.slices):
        ours = run(port, calls, connections=1, seconds=options.seconds).rate
        pairs.append((ours, _psql_rate(cluster, statement, times=400)))
    ratios = sorted(ours / psql for ours, psql in pairs)
    ours, psql = (statistics.median(one) for one in zip(*pairs, strict=True))
    print(f"\n{patients:,} patients: JSON route {ours:.0f}/s, psql {psql:.0f}/s on one connection")
    print(f"  ratio: {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")


def _psql_rate(cluster: Cluster, statement: str, *, times: int) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(f"{statement};\n" * times)
        script.flush()
        Path(script.name).chmod(0o644)
        begun = time.perf_counter()
        subprocess.run(
            [str(cluster.binary("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
             "-p", str(cluster.port), "-U", "waymark", "-d", "panel", "-f", script.name],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return times / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
