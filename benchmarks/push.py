"""A push of 100 reports, beside a bare Flask view that inserts the same 100 rows in one statement.

    .venv/bin/python -m benchmarks.push [--slices 12] [--seconds 1.5]

PostgreSQL with its syncs on, 2 workers, 8 connections.  Also the same reports one by one, and a
first pull of a history of 10,000 records: how long, and what it takes of memory.
"""

import argparse
import itertools
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson

from benchmarks.beside import clinic_beside_bare
from benchmarks.clinic import utc_now
from benchmarks.load import request, run
from benchmarks.report import compare, reports
from benchmarks.servers import gunicorn
from service.ids import new_id
from service.sync.columns import milliseconds
from tests.postgres import Cluster

PATIENTS, HISTORY, MANY = 400, 60, 100
# Pushes a second that no machine of ours reaches.
AT_MOST = 120
LONG = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.5)
    options = parser.parse_args()
    with (
        Cluster(durable=True) as cluster,
        clinic_beside_bare(cluster, patients=PATIENTS, history=HISTORY) as (people, env),
    ):
        # Made beforehand: what they cost to write is no part of what is measured.
        seconds = 2 * (options.slices * options.seconds + 3)
        waiting = [list(pushes(people[1:], n, int(seconds * AT_MOST / 8))) for n in range(8)]
        rows = next(_many_rows())
        with gunicorn("wsgi:app", env) as ours, gunicorn("benchmarks.bare:app", env) as bare:
            compare(f"a push of {MANY} reports", options, [
                ("waymark", ours, lambda n: _taken_from(waiting[n])),
                ("bare Flask view", bare, lambda _n: itertools.repeat(rows)),
            ])  # fmt: skip
            compare(
                f"a push of {MANY}, beside one report: as many reports are {MANY} times the ratio",
                options,
                [
                    ("a push", ours, lambda n: _taken_from(waiting[n])),
                    ("one report", ours, lambda n: reports(people, n)),
                ],
            )
            _fill(ours, people[0])
        with gunicorn("wsgi:app", env) as ours:
            _first_pull(ours, people[0])


def pushes(people: list[tuple[UUID, str]], n: int, most: int) -> Iterator[bytes]:
    for (_, token), tick in zip(itertools.cycle(people[n::8]), range(most), strict=False):
        yield _push(token, {"symptom_reports": _created(MANY, tick)})


def _taken_from(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield requests.pop()


def _created(many: int, tick: int) -> dict[str, list]:
    now = utc_now()
    answers = [
        orjson.dumps(
            [{"symptom": "nausea", "frequency": 1, "severity": odd},
             {"symptom": "fatigue", "severity": 1, "interference": odd}]
        ).decode() for odd in (0, 1)
    ]  # fmt: skip
    created = [
        {
            "id": str(new_id()), "answers": answers[(tick + number) % 2], "note": None,
            "reported_at": milliseconds(now - timedelta(hours=7 * number, seconds=tick % 3600)),
            "temperature_c": None, "red_flags": "[]", "_status": "created", "_changed": "",
        }
        for number in range(many)
    ]  # fmt: skip
    return {"created": created, "updated": [], "deleted": []}


def _push(token: str, changes: dict) -> bytes:
    path = "/api/v1/patients/me/sync?last_pulled_at=1"
    return request("POST", path, token=token, body=orjson.dumps(changes))


def _many_rows() -> Iterator[bytes]:
    for tick in itertools.count():
        rows = _created(MANY, tick)["created"]
        yield request("POST", "/many-rows", body=orjson.dumps({"rows": rows}))


def _fill(port: int, person: tuple[UUID, str]) -> None:
    """Fill one record with 10,000 rows."""
    _, token = person
    scans = [
        {"id": str(new_id()), "kind": "scan", "title": "CT of chest and abdomen",
         "starts_at": milliseconds(utc_now()), "place": "Harbor", "notes": "bring the disc " * 10}
        for _ in range(2_500)
    ]  # fmt: skip
    for some in (scans[:1250], scans[1250:]):
        begun = time.perf_counter()
        sent = iter([_push(token, {"events": {"created": some}})])
        run(port, lambda n, sent=sent: sent if n == 0 else (), connections=1, seconds=0.1)
        print(f"a push of {len(some)} events one by one: {time.perf_counter() - begun:.1f} s")
    begun = time.perf_counter()
    many = iter([_push(token, {"symptom_reports": _created(LONG - len(scans), 0)})])
    run(port, lambda n: many, connections=1, seconds=0.1)
    print(f"a push of {LONG - len(scans):,} reports: {time.perf_counter() - begun:.1f} s")


def _first_pull(port: int, person: tuple[UUID, str]) -> None:
    """Pull one record whole: how long it takes, and by how much it raises the workers' memory."""
    _, token = person
    known = request("GET", "/api/v1/patients/me/treatments", token=token)
    run(port, lambda _n: iter([known] * 20), connections=4, seconds=0.5)
    before = _peak_kib(port)
    pull = request("GET", "/api/v1/patients/me/sync?last_pulled_at=0&schema_version=1", token=token)
    times = run(port, lambda _n: iter([pull] * 5), connections=1, seconds=0.1)
    print(
        f"a first pull of {LONG:,} records: {times.median:.2f} s, workers' peak memory up by"
        f" {(_peak_kib(port) - before) / 1024:.0f} MiB  {times.statuses}"
    )


def _peak_kib(port: int) -> int:
    """Return the sum of the workers' highest resident memory so far."""
    served = f":{port}"
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if served in (status.parent / "cmdline").read_text():
                lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
                total += int(lines["VmHWM"].split()[0])
        except OSError:
            continue
    return total


if __name__ == "__main__":
    main()
