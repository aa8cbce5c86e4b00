"""Web workers killed while phones push: repeated until it arrives, nothing is lost or doubled."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from service.alerts.models import Alert, AlertReason
from service.clock import SystemClock
from service.db import transaction
from service.symptoms.models import SymptomReport
from service.sync.tables import TABLES
from tests.conftest import MASTER_KEYS, MONDAY_MORNING, SECRET
from tests.proof.moving import wait_until
from tests.proof.web import Phone as Line
from tests.proof.web import WebServer
from tests.sync.conftest import DAY, HOUR, NAUSEA, NOW, new
from tests.sync.phone import Phone

KILLS, SYNCS_BETWEEN, PHONES = 3, 4, 3
REPORTS = 10


@pytest.fixture
def lines(world, server):
    """A line to the server for each phone."""
    with ExitStack() as open_lines:
        headers = world["ana"].headers
        yield [open_lines.enter_context(Line(server, headers)) for _ in range(PHONES)]


@pytest.fixture
def server(database_url):
    shift = int((MONDAY_MORNING - SystemClock().now()).total_seconds())
    env = {
        "SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, "DATABASE_URL": database_url,
        "COOKIES_NEED_TLS": "no", "CALLS_A_MINUTE": "1000000",
        "DEMO_CLOCK_SHIFT_SECONDS": str(shift),
    }  # fmt: skip
    with WebServer(env) as server:
        yield server


class Hers:
    """One of Ana's phones: what it made, changed and deleted while workers were killed."""

    def __init__(self, line):
        self.line, self.synced = line, 0
        self.phone = Phone(self._call, list(TABLES))
        self.made, self.deleted = set(), set()

    def _call(self, what, body=None):
        method, path = what.split(" ", 1)
        said = self.line.send(method, path, body)
        return SimpleNamespace(status_code=200, json=said)

    def live(self, turn):
        at = NOW - turn * HOUR
        for number in range(REPORTS):
            flags = '["chest_pain"]' if number == 0 else "[]"
            self._log("symptom_reports", reported_at=at, answers=NAUSEA, red_flags=flags)
        self._log("questions", text=f"Question {turn}", asked_at=at)
        self._log("events", kind="scan", title="CT", starts_at=NOW + DAY, place=None, notes=None)
        mine = sorted(self.made & self.phone.tables["events"].keys())
        self.phone.update("events", mine[0], title=f"MRI {turn}")
        if len(mine) > 2:
            self.phone.delete("events", mine[1])
            self.deleted.add(mine[1])
        self.phone.sync()
        self.synced += 1

    def _log(self, table, **record):
        id = new()
        self.phone.create(table, id=id, **record)
        self.made.add(id)


def test_pushes_through_kills_converge_with_nothing_lost_or_doubled(app, server, lines):
    stop = threading.Event()
    hers = [Hers(line) for line in lines]

    def use(one):
        turn = 0
        while not stop.is_set():
            one.live(turn)
            turn += 1

    with ThreadPoolExecutor(PHONES) as pool:
        using = [pool.submit(use, one) for one in hers]
        try:
            for _ in range(KILLS):
                enough = sum(one.synced for one in hers) + SYNCS_BETWEEN
                wait_until(
                    lambda enough=enough: sum(one.synced for one in hers) >= enough,
                    what="phones go on",
                )
                server.kill_all()
        finally:
            stop.set()
        for one in using:
            one.result()

    assert sum(line.repeated for line in lines) > 0, "no request was in the way of a kill"
    for one in hers:
        assert one.phone.sync() is None  # everything had arrived
        assert not any(one.phone.rejected.values())
    fresh = Hers(lines[0]).phone
    fresh.pull()
    there = {id for table in fresh.tables.values() for id in table}
    for one in hers:
        assert one.made - there == one.deleted
        assert not one.deleted & there
        for name in TABLES:
            assert one.phone.tables[name] == fresh.tables[name], name
    # Nor did a repeat have consequences of its own.
    made = sum(one.synced for one in hers) * REPORTS
    with app.app_context(), transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(SymptomReport)) == made
        assert session.scalar(sa.select(sa.func.count()).select_from(Alert)) == 1
        records = session.scalars(sa.select(AlertReason.records)).all()
        named = [json.dumps(one, sort_keys=True) for some in records for one in some]
        assert len(named) == len(set(named))
    print(f"{server.killed} kills, {sum(one.synced for one in hers)} pushes, "
          f"{sum(line.repeated for line in lines)} repeated")  # fmt: skip
