"""One symptom report through everything, beside a bare Flask view that inserts one row.

    .venv/bin/python -m benchmarks.report [--slices 12] [--seconds 1.5]

PostgreSQL with its syncs on, 2 workers, 8 connections.  Also the same INSERT under pgbench, where
it is installed, and lists of 50.
"""

import argparse
import itertools
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from uuid import UUID

import orjson

from benchmarks.beside import clinic_beside_bare
from benchmarks.clinic import utc_now
from benchmarks.load import Result, request, run
from benchmarks.servers import gunicorn
from service.ids import new_id
from tests.postgres import Cluster

PATIENTS, HISTORY = 1500, 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.5)
    options = parser.parse_args()
    with (
        Cluster(durable=True) as cluster,
        clinic_beside_bare(cluster, patients=PATIENTS, history=HISTORY) as (people, env),
    ):
        with gunicorn("wsgi:app", env) as ours, gunicorn("benchmarks.bare:app", env) as bare:
            compare("one report", options, [
                ("waymark", ours, lambda n: reports(people, n)),
                ("bare Flask view", bare, lambda n: _rows(people, n)),
            ])  # fmt: skip
            compare("a list of 50", options, [
                ("waymark", ours, lambda n: _lists(people, n)),
                ("bare Flask view", bare, lambda n: _bare_lists(people, n)),
            ])  # fmt: skip
        _pgbench(cluster, people[0][0])


def compare(title: str, options: argparse.Namespace, candidates: list) -> None:
    """Take turns, slice by slice, and print the median of the ratios of neighbouring slices.

    A machine others use too is faster in one second than in the next; two slices side by side
    have seen the same machine.
    """
    print(f"\n{title}")
    for _, port, make in candidates:
        run(port, make, connections=8, seconds=3)
    found: dict[str, list[Result]] = {name: [] for name, _, _ in candidates}
    for _ in range(options.slices):
        for name, port, make in candidates:
            found[name].append(run(port, make, connections=8, seconds=options.seconds))
    for name, results in found.items():
        print(f"  {name:16} {_line(sorted(results, key=lambda one: one.rate)[len(results) // 2])}")
    ours, bare = found.values()
    ratios = sorted(one.rate / other.rate for one, other in zip(ours, bare, strict=True))
    middle = statistics.median(ratios)
    print(
        f"  ratio: {middle:.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f} over {len(ratios)} pairs)"
    )


def _line(result: Result) -> str:
    return (
        f"{result.rate:7.0f}/s   median {result.median * 1e3:5.2f} ms"
        f"   p99 {result.p99 * 1e3:6.2f} ms   {result.statuses}"
    )


def reports(people: list[tuple[UUID, str]], n: int) -> Iterator[bytes]:
    mine = people[n::8]
    for (_, token), tick in zip(itertools.cycle(mine), itertools.count(n * 7919), strict=False):
        body = {
            "id": str(new_id()), "reported_at": utc_now().isoformat(),
            "answers": [
                {"symptom": "nausea", "frequency": 1 + tick % 2, "severity": tick % 2},
                {"symptom": "fatigue", "severity": 1, "interference": tick % 2},
            ],
        }  # fmt: skip
        yield request(
            "POST", "/api/v1/patients/me/symptom-reports", token=token, body=orjson.dumps(body)
        )


def _rows(people: list[tuple[UUID, str]], n: int) -> Iterator[bytes]:
    for _ in itertools.count():
        body = {
            "id": str(new_id()), "reported_at": utc_now().isoformat(),
            "answers": [{"symptom": "nausea", "frequency": 1, "severity": 1},
                        {"symptom": "fatigue", "severity": 1, "interference": 0}],
        }  # fmt: skip
        yield request("POST", "/rows", body=orjson.dumps(body))


def _lists(people: list[tuple[UUID, str]], n: int) -> Iterator[bytes]:
    for _, token in itertools.cycle(people[n::8]):
        yield request("GET", "/api/v1/patients/me/symptom-reports", token=token)


def _bare_lists(people: list[tuple[UUID, str]], n: int) -> Iterator[bytes]:
    for patient, _ in itertools.cycle(people[n::8]):
        yield request("GET", f"/rows/{patient}")


def _pgbench(cluster: Cluster, patient: UUID) -> None:
    if shutil.which("pgbench") is None:
        print("\npgbench is not installed (postgresql-contrib): left out")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(
            "INSERT INTO bare_rows (id, patient_id, at, body) VALUES (gen_random_uuid(),"
            f" '{patient}', now(), '{{\"answers\": [1, 2]}}');\n"
        )
        script.flush()
        told = subprocess.run(
            ["pgbench", "-h", "127.0.0.1", "-p", str(cluster.port), "-U", "waymark", "-n",
             "-c", "8", "-j", "2", "-T", "6", "-M", "prepared", "-f", script.name, "bench"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", told)
    print(f"\nthe same INSERT under pgbench: {float(found[1]):.0f}/s" if found else told)


if __name__ == "__main__":
    main()
