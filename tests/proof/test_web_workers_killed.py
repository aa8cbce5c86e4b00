"""Web workers killed while she answers: what was acknowledged is on file, and says the same."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.clock import SystemClock
from service.db import transaction
from service.ids import derived_id
from service.reminders.models import ReminderOccurrence
from service.treatments.models import Dose
from tests.conftest import MASTER_KEYS, SECRET
from tests.proof.moving import wait_until
from tests.proof.web import Phone, WebServer

KILLS, ACKS_BETWEEN = 20, 30
PHONES = 4
ANSWERS = (
    {"status": "taken", "reason": None},
    {"status": "missed", "reason": "forgot"},
    {"status": "held", "reason": "told_to_hold"},
)
DAYS, REMINDERS = 14, 20
# A week after the Monday, when all of it has come due.
NOW = datetime(2026, 3, 9, 20, 0, tzinfo=UTC)


@pytest.fixture
def server(database_url):
    shift = int((NOW - SystemClock().now()).total_seconds())
    env = {
        "SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, "DATABASE_URL": database_url, "COOKIES_NEED_TLS": "no",
        "CALLS_A_MINUTE": "1000000", "DEMO_CLOCK_SHIFT_SECONDS": str(shift),
    }  # fmt: skip
    with WebServer(env) as server:
        yield server


@pytest.fixture
def dose_paths(call):
    treatment = str(uuid4())
    body = {
        "id": treatment, "code": "letrozole", "started_on": "2026-02-16", "status": "active",
        "schedule": {"type": "daily", "times": ["08:00", "20:00"]},
    }  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    days = [date(2026, 2, 16) + timedelta(days=n) for n in range(DAYS)]
    ids = [derived_id(treatment, f"{day}T{hour}:00") for day in days for hour in ("08", "20")]
    return {id: f"/patients/me/treatments/{treatment}/doses/{id}" for id in ids}


@pytest.fixture
def occurrence_paths(app, call, clock):
    for minute in range(REMINDERS):
        body = {
            "id": str(uuid4()), "kind": "custom", "title": "x", "recurrence": "FREQ=DAILY",
            "local_start": f"2026-03-02T09:{10 + minute}",
        }  # fmt: skip
        assert call("ana", "POST /patients/me/reminders", body).status_code == 201
    clock.moment = NOW
    with app.app_context(), transaction() as session:
        ids = session.scalars(
            sa.select(ReminderOccurrence.id).where(ReminderOccurrence.due_at < NOW)
        ).all()
    return [f"/patients/me/reminder-occurrences/{id}" for id in ids]


def test_what_was_acknowledged_is_on_file(app, world, server, dose_paths, occurrence_paths):
    acknowledged: dict[UUID, tuple[str, str | None]] = {}
    stop = threading.Event()
    acks = [0] * PHONES

    def use(n: int) -> int:
        mine, asked = list(dose_paths.items())[n::PHONES], occurrence_paths[n::PHONES]
        turns = itertools.count()
        with Phone(server, world["ana"].headers) as phone:
            while not stop.is_set():
                turn = next(turns)
                id, path = mine[turn % len(mine)]
                answer = ANSWERS[turn // len(mine) % len(ANSWERS)]
                said = phone.send("PUT", path, answer)
                acknowledged[id] = (said["status"], said["reason"])
                acks[n] += 1
                if asked:
                    said = phone.send("POST", f"{asked.pop()}/done", {})
                    acknowledged[UUID(said["id"])] = (said["status"], None)
                    acks[n] += 1
            return phone.repeated

    with ThreadPoolExecutor(PHONES) as phones:
        using = [phones.submit(use, n) for n in range(PHONES)]
        try:
            for _ in range(KILLS):
                enough = sum(acks) + ACKS_BETWEEN
                wait_until(lambda enough=enough: sum(acks) >= enough, what="answers go on")
                server.kill_one()
        finally:
            stop.set()
        repeated = sum(one.result() for one in using)

    assert server.killed == KILLS
    assert repeated > 0, "no request was ever in the way of a kill"
    with app.app_context(), transaction() as session:
        on_file = {
            **{id: (status, reason) for id, status, reason in session.execute(
                sa.select(Dose.id, Dose.status, Dose.reason))},
            **{id: (status, None) for id, status in session.execute(
                sa.select(ReminderOccurrence.id, ReminderOccurrence.status))},
        }  # fmt: skip
    differing = {id for id, said in acknowledged.items() if on_file.get(id) != said}
    assert differing == set()
    print(f"{server.killed} kills, {sum(acks)} acknowledged, {repeated} repeated")
