"""Connections cut at every byte, both ways: sent again, it ends as if nothing had been cut.

A real server (gunicorn), a proxy that cuts, a phone that sends the same request until it hears.
"""

import random
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.alerts.models import AlertStep
from service.clock import SystemClock
from service.db import transaction
from service.journey.models import Question
from service.reminders.models import Reminder
from service.symptoms.models import SymptomReport
from tests.conftest import MASTER_KEYS, MONDAY_MORNING, SECRET
from tests.proof.web import WebServer
from tests.retries.cutting import Cut, CuttingProxy, Lost, Phone

DICE = random.Random(7)
NOW = "2026-03-02T09:00:00-08:00"


@pytest.fixture(scope="module")
def server(database_url, built_app):
    shift = int((MONDAY_MORNING + timedelta(hours=1) - SystemClock().now()).total_seconds())
    env = {
        "SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, "DATABASE_URL": database_url,
        "COOKIES_NEED_TLS": "no", "CALLS_A_MINUTE": "1000000",
        "DEMO_CLOCK_SHIFT_SECONDS": str(shift),
    }  # fmt: skip
    with WebServer(env, workers=1) as server:
        yield server


@pytest.fixture
def proxy(server):
    with CuttingProxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def until_heard(proxy, world):
    """Send with the line cut as told, then again until it is heard; return what is heard."""

    def until_heard(who, cut, what, body=None, **headers):
        phone = Phone(proxy.port, world[who].headers)
        proxy.next_cut = cut
        try:
            return phone.send(what, body, **headers)
        except Lost:
            proxy.next_cut = Cut()
            return phone.send(what, body, **headers)

    return until_heard


def places(length):
    """Return places to cut at: the ends, and some between."""
    return sorted({0, 1, length - 1, length, *(DICE.randrange(length) for _ in range(5))})


def cuts_of(seen, at=places):
    """Return cuts of a request and of its answer, ended and reset in turn."""
    ways = [Cut(up=n) for n in at(seen.up)] + [Cut(down=n) for n in at(seen.down)]
    return [cut._replace(resets=n % 2 == 0) for n, cut in enumerate(ways)]


def count(app, model, *where):
    with app.app_context(), transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where))


@pytest.mark.one_database
def test_cut_at_every_byte_each_question_is_there_once(app, proxy, until_heard):
    def ask(cut):
        body = {"id": str(uuid4()), "text": "Why?", "asked_at": NOW}
        status, said = until_heard("ana", cut, "POST /patients/me/questions", body)
        assert status in {200, 201}, said
        return body["id"], {**said, "id": None, "received_at": None}

    asked, whole = ask(Cut())
    ids = {asked}
    for cut in cuts_of(proxy.seen, at=lambda length: range(length + 1)):
        id, said = ask(cut)
        ids.add(id)
        assert said == whole, cut
    with app.app_context(), transaction() as session:
        there = session.scalars(sa.select(Question.id)).all()
    assert sorted(there) == sorted(map(UUID, ids))
    assert len(ids) > 600


def test_a_long_report_with_its_alert_is_there_once(app, proxy, until_heard):
    def report(cut):
        body = {
            "id": str(uuid4()), "reported_at": NOW, "red_flags": ["chest_pain"],
            "answers": [{"symptom": "nausea", "frequency": 3, "severity": 3}], "note": "a" * 9_000,
        }  # fmt: skip
        status, said = until_heard("ana", cut, "POST /patients/me/symptom-reports", body)
        assert status in {200, 201}, said
        return said["guidance"]

    whole = report(Cut())
    cuts = cuts_of(proxy.seen)
    for cut in cuts:
        assert report(cut)["level"] == whole["level"], cut
    assert count(app, SymptomReport) == len(cuts) + 1


def test_what_has_no_id_of_its_own_is_done_once_under_a_key(app, call, proxy, until_heard):
    body = {"id": str(uuid4()), "reported_at": NOW, "answers": [], "red_flags": ["chest_pain"]}
    call("ana", "POST /patients/me/symptom-reports", body)
    [alert] = call("nora", "GET /alerts").json["items"]

    def note(cut):
        status, said = until_heard(
            "nora", cut, f"POST /alerts/{alert['id']}/contact-attempts",
            {"how": "phone", "reached": False}, Idempotency_Key=str(uuid4()),
        )  # fmt: skip
        assert status == 201, said
        return len(said["contact_attempts"])

    assert note(Cut()) == 1
    before, cuts = count(app, AlertStep), cuts_of(proxy.seen)
    for n, cut in enumerate(cuts):
        assert note(cut) == n + 2, cut
    assert count(app, AlertStep) == before + len(cuts)


def test_a_change_is_made_once_and_a_tombstone_left_once(app, call, proxy, until_heard):
    def reminder():
        body = {
            "id": str(uuid4()), "kind": "custom", "title": "Walk", "recurrence": "FREQ=DAILY",
            "local_start": "2026-03-03T09:00",
        }  # fmt: skip
        return call("ana", "POST /patients/me/reminders", body).json["id"]

    def change(cut, method, body=None):
        id = reminder()
        path = f"/patients/me/reminders/{id}"
        status, _ = until_heard("ana", cut, f"{method} {path}", body, If_Match='"1"')
        # 412, 404: it was her own change, whose answer was lost.
        assert status in {200, 204, 404, 412}
        with app.app_context(), transaction() as session:
            found = session.get_one(Reminder, UUID(id))
            assert found.version == 2, cut
            return found.title, found.deleted_at is not None

    for method, body, end in (
        ("PATCH", {"title": "Run"}, ("Run", False)), ("DELETE", None, ("Walk", True)),
    ):  # fmt: skip
        assert change(Cut(), method, body) == end
        for cut in cuts_of(proxy.seen):
            assert change(cut, method, body) == end, cut


def test_what_is_read_is_read_whole_or_asked_for_again(proxy, until_heard):
    def read(cut):
        return until_heard("ana", cut, "GET /catalog/red-flags")

    whole = read(Cut())
    assert whole[0] == 200
    for cut in cuts_of(proxy.seen):
        assert read(cut) == whole, cut
