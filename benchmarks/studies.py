"""Reading in 5,000 made-up studies, and how each stands to a patient.

    .venv/bin/python -m benchmarks.studies [--studies 5000] [--patients 40]

On SQLite and on PostgreSQL, each part in a child process of its own, so that its most memory is
known.  Beside the reading stands the same bytes through ``orjson`` alone; beside the cards of the
feed stands the whole list, in turns, patient by patient.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import orjson
import sqlalchemy as sa
from flask import Flask

from benchmarks.clinic import build, utc_now
from service import schema
from service.accounts.models import Clinic
from service.app import create_app
from service.cli import register
from service.clinical import knowledge
from service.clock import SystemClock
from service.config import Config
from service.db import db, transaction
from service.studies import queries
from service.studies.index import StudyIndex
from service.studies.terms import Herself, HerTreatment
from tests.postgres import Cluster

SECRET = "benchmarks have no secrets to keep at all"
A_PAGE = 1_000
CARDS = 3
ASKED = (
    "Histologically confirmed {er} breast cancer", "{her2} disease",
    "ECOG performance status 0-{n}",
    "Metastatic or locally advanced breast cancer", "At least {n} prior lines of chemotherapy",
    "Prior treatment with a CDK4/6 inhibitor", "Postmenopausal women", "ESR1 mutation",
    "PIK3CA mutation", "Measurable disease per RECIST 1.1", "Adequate organ function, level {n}",
    "Bone-only disease is allowed", "Life expectancy of at least {n} months",
)  # fmt: skip
BARRED = (
    "Untreated brain metastases", "Prior trastuzumab deruxtecan", "Prior taxane within {n} months",
    "Pregnant or nursing", "Active infection in the last {n} weeks", "Liver metastases",
    "Prior capecitabine", "Interstitial lung disease", "Visceral crisis", "Prior fulvestrant",
)  # fmt: skip
TOWNS = [(f"Town {n}", 25 + n % 23, -120 + n * 7 % 50) for n in range(400)]


def made_up(number: int, chance: Random) -> dict[str, Any]:
    """Return one study of the registry's shape that nobody has ever planned."""
    er = chance.choice(("ER-positive", "hormone receptor-positive", "triple negative", ""))
    her2 = chance.choice(("HER2-negative", "HER2-positive", "HER2-low"))

    def lines(of: tuple[str, ...], most: int) -> str:
        texts = chance.sample(of, chance.randint(1, most))
        return "\n".join(
            f"* {one.format(er=er, her2=her2, n=chance.randint(1, 6))}" for one in texts
        )

    criteria = f"Inclusion Criteria:\n{lines(ASKED, 7)}\nExclusion Criteria:\n{lines(BARRED, 5)}"
    sites = [
        {
            "facility": f"Hospital of {town}", "city": town, "country": "United States",
            "status": chance.choice(("RECRUITING", "RECRUITING", "WITHDRAWN")),
            "geoPoint": {"lat": lat, "lon": lon},
        }
        for town, lat, lon in chance.sample(TOWNS, chance.choice((1, 2, 5, 30)))
    ]  # fmt: skip
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT98{number:06}",
                "briefTitle": f"Made-up study {number} in {her2} disease",
            },
            "statusModule": {
                "overallStatus": chance.choice(("RECRUITING", "NOT_YET_RECRUITING")),
            },
            "descriptionModule": {"briefSummary": "What is not planned by anybody. " * 40},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": [chance.choice(("PHASE1", "PHASE2", "PHASE3"))],
            },
            "eligibilityModule": {
                "eligibilityCriteria": criteria, "sex": chance.choice(("ALL", "FEMALE")),
                "minimumAge": "18 Years",
            },
            "contactsLocationsModule": {"locations": sites},
        }
    }  # fmt: skip


def somebody(chance: Random) -> Herself:
    """Return what matching knows of a made-up woman."""
    record = {"type": "diagnosis", "id": "made up", "at": "2026-01-01T00:00:00Z"}
    codes = chance.sample(("capecitabine", "letrozole", "ribociclib", "fulvestrant", "t_dxd"), 2)
    return Herself(
        today=date(2026, 3, 2), patient=record, birth_year=chance.randint(1940, 1990), sex="female",
        ecog=chance.randint(0, 2), home=(chance.uniform(26, 47), chance.uniform(-120, -71)),
        diagnosis=record, metastatic=True, recurrence="distant",
        sites=chance.sample(("bone", "liver", "lung", "brain"), chance.randint(1, 3)),
        er=chance.choice(("positive", "negative")), pr=chance.choice(("positive", "negative")),
        her2=chance.choice(("negative", "low", "positive")), mutations=("ESR1",), menopause="post",
        treatments=[HerTreatment(code, code, "chemo", 1, record) for code in codes],
    )  # fmt: skip


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=5_000)
    parser.add_argument("--patients", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Cluster(durable=True) as cluster:
        pages = Path(folder) / "pages"
        _write(pages, asked.studies)
        read = sum(page.stat().st_size for page in pages.iterdir()) / 1e6
        print(f"{asked.studies:,} studies, {read:.0f} MB of JSON")
        urls = {
            "SQLite": f"sqlite:///{folder}/bench.sqlite",
            "PostgreSQL": cluster.create_database("bench"),
        }
        for name, url in urls.items():
            _measure(name, url, pages, asked.studies, asked.patients)


def _measure(name: str, url: str, pages: Path, studies: int, patients: int) -> None:
    with _app(url).app_context():
        schema.upgrade(db.engine)
        build(db.engine, patients=1, reports=1, secret=SECRET, now=utc_now())
    bare = _in_a_child(_parse, str(pages))
    took, more, most = _in_a_child(_read_in, url, str(pages))
    again, *_memory = _in_a_child(_read_in, url, str(pages))
    print(
        f"{name}: read in at {studies / took:,.0f} studies/s, {most} MB at most, "
        f"{more} of them for the reading, {took / bare:.0f} "
        f"times orjson alone; what was read before {again:.1f} s"
    )
    found = _in_a_child(_match, url, patients)
    print(
        f"{name}: index of {found['shown']:,} shown studies in {found['compiled']:.2f} s, "
        f"{found['kept']:.0f} MB; list {found['list']:.1f} ms a patient (worst "
        f"{found['worst_list']:.1f}), cards {found['cards']:.1f} ms (worst "
        f"{found['worst_cards']:.1f}), cards beside list {found['ratio']:.2f}; "
        f"{found['fitting']:.0f} studies may fit"
    )


def _write(pages: Path, studies: int) -> None:
    pages.mkdir()
    chance = Random(1)
    for first in range(0, studies, A_PAGE):
        page = [made_up(number, chance) for number in range(first, min(first + A_PAGE, studies))]
        (pages / f"page{first:06}.json").write_bytes(orjson.dumps({"studies": page}))


def _in_a_child(work: Any, *about: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
        return child.submit(work, *about).result()


def _parse(pages: str) -> float:
    began = time.perf_counter()
    for page in sorted(Path(pages).iterdir()):
        orjson.loads(page.read_bytes())
    return time.perf_counter() - began


def _read_in(url: str, pages: str) -> tuple[float, int, int]:
    app = _app(url)
    register(app)
    knowledge()
    before = _most_mb()
    began = time.perf_counter()
    answer = app.test_cli_runner().invoke(args=["studies", "import", pages, "--all-clinics"])
    took = time.perf_counter() - began
    if answer.exit_code:
        sys.exit(answer.output)
    return took, _most_mb() - before, _most_mb()


def _match(url: str, patients: int) -> dict[str, float]:
    words = knowledge().studies
    app = _app(url)
    with app.app_context(), transaction() as session:
        clinic_id = session.scalars(sa.select(Clinic.id).limit(1)).one()
        began = time.perf_counter()
        index = StudyIndex(queries.shown_rows(session, clinic_id), words)
        compiled = time.perf_counter() - began
        tracemalloc.start()
        twin = StudyIndex(queries.shown_rows(session, clinic_id), words)
        kept = tracemalloc.get_traced_memory()[0] / 1e6
        tracemalloc.stop()
        assert len(twin) == len(index)
    lists, cards, fitting = [], [], []
    chance = Random(2)
    for _ in range(patients):
        her = somebody(chance)
        began = time.perf_counter()
        whole = index.ranked(her, phase_1=None, tab=None, without=frozenset())
        middle = time.perf_counter()
        few = index.fitting(her, without=frozenset(), limit=CARDS)
        lists.append((middle - began) * 1e3)
        cards.append((time.perf_counter() - middle) * 1e3)
        may_fit = [one for one in whole if one.fit == "may_fit"]
        may_fit.sort(key=lambda one: (one.study.is_phase_1, one.key))
        assert few == may_fit[:CARDS]
        fitting.append(len(may_fit))
    return {
        "shown": len(index), "compiled": compiled, "kept": kept,
        "list": statistics.median(lists), "worst_list": max(lists),
        "cards": statistics.median(cards), "worst_cards": max(cards),
        "ratio": statistics.median(few / all for few, all in zip(cards, lists, strict=True)),
        "fitting": statistics.median(fitting),
    }  # fmt: skip


def _app(url: str) -> Flask:
    config = Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=url, COOKIES_NEED_TLS=False)
    return create_app(config, SystemClock())


def _most_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
