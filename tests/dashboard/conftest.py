"""A browser for each of the people: pages by GET, forms by POST, as a page of ours sends them."""

import re
import threading
from collections.abc import Iterator
from html import unescape
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from service.accounts import session_actions
from service.accounts.models import Account, Role
from service.accounts.passwords import Passwords
from service.care import silence
from service.db import transaction
from service.measures.actions import count_next
from service.notify.models import OutboxMessage
from tests.accounts.conftest import PASSWORD, Phone
from tests.conftest import FixedClock, World, _add
from tests.dashboard.chromium import CHROMIUM, FLAGS

OURS = {"Sec-Fetch-Site": "same-origin"}
NOW = "2026-03-02T09:00:00-08:00"


class Browser:
    """One person's browser."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.client.get(path, **kwargs)

    def post(self, path: str, form: Any = None, **kwargs: Any) -> Any:
        kwargs.setdefault("headers", OURS)
        return self.client.post(path, data=form or {}, **kwargs)

    def text(self, path: str) -> str:
        """Return what can be read on a page."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return readable(answer)


@pytest.fixture
def browse(app: Flask, world: World, clock: FixedClock) -> Any:
    """Return somebody's browser, signed in: ``browse("nora")``."""

    def browse(name: str) -> Browser:
        with app.app_context(), transaction() as session:
            device = session_actions.open_session(
                session, world[name].account_id, kind="dashboard", device_name=None,
                lifetime=app.config["DASHBOARD_SESSION_LIFETIME"], now=clock.now(),
            )  # fmt: skip
            token = app.extensions["tokens"].sign(
                device.id, kind="dashboard", expires_at=device.expires_at
            )
        browser = Browser(app)
        browser.client.set_cookie("waymark", token)
        return browser

    return browse


@pytest.fixture
def stranger(app: Flask, world: World) -> Browser:
    return Browser(app)


@pytest.fixture
def can_sign_in(app: Flask, world: World, clock: FixedClock) -> Any:
    """Give somebody a password, and staff a phone that shows codes."""
    passwords = Passwords(time_cost=1, memory_kib=64)
    app.extensions["passwords"] = passwords

    def can_sign_in(name: str, *, factor: bool = True) -> Phone:
        phone = Phone(pyotp.random_base32(), clock)
        with app.app_context(), transaction() as session:
            account = session.get_one(Account, world[name].account_id)
            account.password_hash = passwords.hash(PASSWORD)
            account.totp_secret = phone.secret if factor else None
            account.totp_confirmed_at = clock.now() if factor else None
        return phone

    return can_sign_in


@pytest.fixture
def report(call: Any) -> Any:
    """Send a symptom report of somebody's."""

    def report(name: str = "ana", **said: Any) -> Any:
        body = {"id": str(uuid4()), "reported_at": NOW, "answers": [], **said}
        answer = call(name, "POST /patients/me/symptom-reports", body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return report


@pytest.fixture
def check_in(call: Any) -> Any:
    """Send a wellbeing check of somebody's."""

    def check_in(name: str = "ana", **said: Any) -> Any:
        body = {"id": str(uuid4()), "checked_at": NOW, **said}
        answer = call(name, "POST /patients/me/wellbeing-checks", body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return check_in


@pytest.fixture
def on_ribociclib(call: Any) -> None:
    body = {
        "id": str(uuid4()),
        "code": "ribociclib",
        "started_on": "2026-02-02",
        "status": "active",
    }
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201


@pytest.fixture
def fever(call: Any, report: Any, on_ribociclib: None) -> Any:
    """Ana has a fever on treatment: an urgent alert in the nurses' queue; returns its id."""
    report(temperature_c=38.2, answers=[{"symptom": "nausea", "frequency": 4, "severity": 4}])
    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    return alert["id"]


@pytest.fixture
def not_safe(call: Any, check_in: Any) -> Any:
    """Ana does not feel safe: an alert only a recorded contact can close; returns its id."""
    check_in(distress=9, safe_now=False)
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    return alert["id"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def not_sent(app: Any, world: Any, clock: Any) -> None:
    """A message to Ana was given up, with a long word from its provider."""
    with app.app_context(), transaction() as session:
        session.add(
            OutboxMessage(
                collapse_key="k", patient_id=world["ana"].patient_id,
                recipient_id=world["ana"].account_id, to_staff=False, channel="push",
                kind="reminder", title="", body={}, created_at=clock.now(), state="dead",
                attempts=60, last_error="TryAgain: " + "no-answer-" * 15,
            )
        )  # fmt: skip


@pytest.fixture
def look(app: Flask, clock: FixedClock) -> Any:
    """Look once whom the clinic has not heard of."""

    def look() -> None:
        with app.app_context(), transaction() as session:
            silence.check_silence(session, now=clock.now(), limit=500)

    return look


@pytest.fixture
def silent(
    app: Flask, world: World, clock: FixedClock, look: Any, report: Any, check_in: Any,
    on_ribociclib: None,
) -> None:  # fmt: skip
    """Ana, on ribociclib, and Bea have not been heard of for fifteen days."""
    with app.app_context(), transaction() as session:
        _add(app, session, clock, world, "bea", Role.PATIENT, world.clinic_id)
    report("ana", answers=[{"symptom": "nausea", "frequency": 3, "severity": 2}])
    check_in("ana", distress=3)
    clock.pass_time(days=15)
    look()


@pytest.fixture
def count(app: Flask, clock: FixedClock) -> Any:
    """Count the measures of every week, as the scheduler does."""

    def count() -> None:
        number = 1
        while number:
            with app.app_context(), transaction() as session:
                number = count_next(session, now=clock.now())

    return count


def seen_in(answer: Any) -> str:
    """Return the mark by which the forms of a page say what its reader saw."""
    return re.search(r'name="seen" value="([^"]+)"', answer.get_data(as_text=True))[1]


def readable(answer: Any) -> str:
    """Return the text of a page without its tags."""
    body = answer.get_data(as_text=True)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))
