"""A draft of a rule over a whole clinic's history: 1,000 patients, 100 reports each.

    .venv/bin/python -m benchmarks.replay [--patients 1000] [--reports 100] [--lives]

On SQLite and on PostgreSQL, in slices as the scheduler does them, one process.  Each draft is asked
beside the version in force, twice: the second run must have the digest of the first.
"""

import argparse
import resource
import tempfile
import time
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from benchmarks.clinic import build, utc_now
from service import schema
from service.accounts.access import Viewer
from service.accounts.models import Account, Role
from service.app import create_app
from service.care.lab import asking, drafting, runner
from service.care.lab.texts import Said, text_of
from service.care.rules import rule_set
from service.cli.synth.clinic import made_clinic
from service.cli.synth.making import Order, make
from service.cli.synth.writing import DatabaseShelf
from service.clock import SystemClock
from service.config import Config
from service.db import db, transaction
from service.ids import new_id
from service.jobs.aside import LAB_SLICE
from service.rulebook.models import LabRun
from tests.postgres import Cluster

SECRET = "benchmarks have no secrets to keep at all"
OWN = """\
id: OWN-NAUSEA
about: Nausea that is told at once
when: {symptom: nausea, attribute: severity, at_least: 1}
then: {alert: {severity: soon, queue: nursing, contact_within: 48 h, patient_can_snooze: true}}
source: the benchmark
status: project choice
"""


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=1_000)
    parser.add_argument("--reports", type=int, default=100)
    parser.add_argument(
        "--lives", action="store_true", help="patients of the synthetic clinic, three years each"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _measure("SQLite", f"sqlite:///{folder}/bench.sqlite", asked)
    with Cluster(durable=True) as cluster:
        url = cluster.create_database("bench")
        _measure("PostgreSQL", url, asked)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _measure(name: str, url: str, asked: argparse.Namespace) -> None:
    config = Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=url, COOKIES_NEED_TLS=False)
    app = create_app(config, SystemClock())
    with app.app_context():
        schema.upgrade(db.engine)
        if not asked.lives:
            size = {"patients": asked.patients, "reports": asked.reports}
            build(db.engine, **size, secret=SECRET, now=utc_now())
    if asked.lives:
        _make_lives(app, asked.patients)
    drafts = {
        "a severe symptom, as it is": text_of(rule_set().by_id["SYM-SEV"]),
        "a symptom that got worse, as it is": text_of(rule_set().by_id["SYM-WORSE"]),
        "nausea, a rule of one's own": OWN,
    }
    for what, text in drafts.items():
        first, second = (_replay(app, text) for _ in range(2))
        assert first["digest"] == second["digest"], what
        print(
            f"{name}: {what}: {first['took']:.1f} and {second['took']:.1f} s, "
            f"{first['took'] / first['records'] * 1e6:.0f} µs for each of {first['records']:,} "
            f"records, {first['findings']:,} findings; the longest of {first['slices']} slices "
            f"{first['longest'] * 1000:.0f} ms"
        )


def _make_lives(app: Flask, patients: int) -> None:
    clinic = made_clinic(1, patients, name="Bench (made up)", years=3.0, until=utc_now())
    make(clinic, Order(1, patients, 3.0), DatabaseShelf(app), frozenset())


def _replay(app: Flask, text: str) -> dict[str, float | str]:
    now = utc_now()
    with app.app_context(), transaction() as session:
        nurse = session.scalars(sa.select(Account).where(Account.role == Role.NURSE)).first()
        assert nurse is not None
        viewer = Viewer(
            nurse.id, new_id(), nurse.role, nurse.clinic_id, "N", "n@x.org", "UTC", "en",
            has_second_factor=True,
        )  # fmt: skip
        draft_id = new_id()
        drafting.write(session, viewer, Said(text, None, None), id=draft_id, now=now)
        run = asking.ask_replay(
            session, viewer, draft_id, id=new_id(), now=now,
            first=(now - timedelta(days=364)).date(), last=(now - timedelta(days=1)).date(),
        )  # fmt: skip
        run_id: UUID = run.id
    began, slices, longest = time.perf_counter(), 0, 0.0
    while True:
        slice_began = time.perf_counter()
        with app.app_context(), transaction() as session:
            if not runner.go_on(session, now=now, until=time.monotonic() + LAB_SLICE):
                break
        slices, longest = slices + 1, max(longest, time.perf_counter() - slice_began)
    took = time.perf_counter() - began
    with app.app_context(), transaction() as session:
        done = session.get_one(LabRun, run_id)
        assert done.state == "done", done.error
        return {
            "took": took, "slices": slices, "longest": longest, "digest": _without_version(done),
            "records": done.figures["records"], "findings": done.figures["findings"],
        }  # fmt: skip


def _without_version(run: LabRun) -> str:
    # Each draft has a version of its own, which stands in its report.
    report = {**run.figures["report"], "draft_version": 0}
    return runner.bytes_of(report).decode()


if __name__ == "__main__":
    main()
