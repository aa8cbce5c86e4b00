"""What row-level security costs a request, in processor time.

    .venv/bin/python -m benchmarks.wall [--slices 12] [--seconds 2]

The same code over the same database, as the service's role and as the cluster's superuser, for whom
policies do not hold.  Slices take turns.  Processor time, not requests a second, and that of the
server's own processes alone: others at work on the machine change it little.
"""

import argparse
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from benchmarks.beside import SECRET
from benchmarks.clinic import build, utc_now
from benchmarks.load import request, run
from benchmarks.report import HISTORY, PATIENTS, reports
from benchmarks.servers import gunicorn
from service import schema
from service.db import engine_options
from service.sealing import keys_out_of
from tests.postgres import APP, Cluster

_OWNER = "waymark"
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    with Cluster() as cluster:
        url = cluster.create_database("bench")
        engine = sa.create_engine(url, **engine_options(url))
        schema.upgrade(engine)
        people = build(engine, patients=PATIENTS, reports=HISTORY, secret=SECRET, now=utc_now())
        engine.dispose()
        env = {
            "SECRET_KEY": SECRET,
            "MASTER_KEYS": keys_out_of(SECRET),
            "CALLS_A_MINUTE": "1000000",
        }
        with (
            gunicorn("wsgi:app", {**env, "DATABASE_URL": url}) as behind,
            gunicorn("wsgi:app", {**env, "DATABASE_URL": cluster.url("bench", _OWNER)}) as past,
        ):
            for title, ask in (("one report", reports), ("a list of 50", _lists)):
                _compare(title, options, {APP: behind, _OWNER: past}, people, ask)


def _compare(
    title: str, options: argparse.Namespace, ports: dict, people: list, ask: object
) -> None:
    spent = dict.fromkeys(ports, 0.0)
    answered = dict.fromkeys(ports, 0)
    for port in ports.values():
        run(port, lambda n: ask(people, n), connections=4, seconds=3)
    for _ in range(options.slices):
        for role, port in ports.items():
            before = _processor_seconds(role)
            found = run(port, lambda n: ask(people, n), connections=4, seconds=options.seconds)
            spent[role] += _processor_seconds(role) - before
            answered[role] += sum(found.statuses.values())
    for role in ports:
        print(
            f"{title}, as {role}: PostgreSQL {spent[role] / answered[role] * 1e3:.3f} ms a request"
        )


def _processor_seconds(role: str) -> float:
    """Return what PostgreSQL's processes that serve a role have used so far."""
    used = 0.0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.joinpath("cmdline").read_text().startswith(f"postgres: {role} bench "):
                fields = process.joinpath("stat").read_text().rpartition(") ")[2].split()
                used += (int(fields[11]) + int(fields[12])) / _TICKS
        except OSError:
            continue  # it ended between the list and the look
    return used


def _lists(people: list, n: int) -> Iterator[bytes]:
    for _, token in itertools.cycle(people[n::8]):
        yield request("GET", "/api/v1/patients/me/symptom-reports", token=token)


if __name__ == "__main__":
    main()
