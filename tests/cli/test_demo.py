"""The demo: as a real process, and what it is filled with."""

import json
import signal
import socket
import stat
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.error import URLError
from urllib.request import Request, urlopen
from uuid import uuid4

import pyotp
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from service import schema
from service.accounts.models import Account, Patient
from service.alerts.models import Alert, AlertReason, AlertState, AlertStep, Severity
from service.app import create_app
from service.cli import main
from service.cli.demo.command import environment
from service.cli.demo.course import course
from service.cli.demo.filling import Order, fill
from service.cli.demo.plans import MATTERS, plans
from service.cli.startup import check_port
from service.clinical import knowledge
from service.clock import SystemClock
from service.config import Config
from service.db import db, transaction
from service.journey.models import Event
from service.notify.models import OutboxMessage
from service.symptoms.models import SymptomReport
from service.treatments.models import Dose
from tests.conftest import SECRET

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
# Far more than it takes: a machine that is busy with other things is no failure of the demo.
DEADLINE = 150


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(data, port, *more):
    return subprocess.Popen(
        [sys.executable, "-m", "service.cli", "demo", "--data", str(data), "--port", str(port),
         "--patients", "3", *more],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def wait_until_it_answers(port, process):
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
        except (URLError, OSError):
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.1)  # a real process takes its real time
        else:
            return


def call(port, path, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"http://127.0.0.1:{port}/api/v1{path}", data, headers)
    with urlopen(request, timeout=20) as response:
        return json.load(response)


@pytest.fixture
def stopped():
    """Stop whatever a test has started, however the test ends."""
    started = []
    yield started.append
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(DEADLINE)
            finally:
                process.kill()
        process.stdout.close()


def test_a_newcomer_starts_signs_in_and_stops(tmp_path, stopped):
    port, file = free_port(), tmp_path / "who.json"
    demo = start(tmp_path / "data", port, "--accounts-file", str(file))
    stopped(demo)
    wait_until_it_answers(port, demo)

    logins = {one["email"]: one for one in json.loads(file.read_text("utf-8"))}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for secret in ("secret_key", "accounts.json", "waymark.sqlite"):
        assert stat.S_IMODE((tmp_path / "data" / secret).stat().st_mode) == 0o600

    ana = logins["ana@example.org"]
    token = call(port, "/auth/login", {"email": ana["email"], "password": ana["password"]})
    reports = call(port, "/patients/me/symptom-reports", token=token["access_token"])
    assert len(reports["items"]) > 10

    nora = logins["nora@example.org"]
    code = pyotp.TOTP(nora["totp_secret"]).at(SystemClock().now())
    token = call(
        port, "/auth/login",
        {"email": nora["email"], "password": nora["password"], "totp_code": code},
    )  # fmt: skip
    panel = call(port, "/panel", token=token["access_token"])
    assert len(panel["items"]) == 3  # and not the patient of the other clinic

    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=DEADLINE)
    assert demo.returncode == 0, said
    assert f"Waymark runs at http://127.0.0.1:{port}" in said
    assert ana["password"] in said
    assert said.endswith("Stopped.\n")
    check_port("127.0.0.1", port)  # nobody is left behind who listens

    again = start(tmp_path / "data", port)
    stopped(again)
    wait_until_it_answers(port, again)
    call(port, "/auth/login", {"email": ana["email"], "password": ana["password"]})
    again.send_signal(signal.SIGTERM)
    said, _ = again.communicate(timeout=DEADLINE)
    assert again.returncode == 0, said
    assert "Writing patients" not in said


def test_a_process_that_dies_takes_the_demo_with_it(tmp_path, stopped):
    port = free_port()
    demo = start(tmp_path / "data", port)
    stopped(demo)
    wait_until_it_answers(port, demo)
    scheduler = next(
        int(line.split()[0])
        for line in subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(demo.pid)],
            capture_output=True, text=True, check=True,
        ).stdout.splitlines()
        if line.endswith(" jobs")
    )  # fmt: skip

    subprocess.run(["kill", "-KILL", str(scheduler)], check=True)

    said, _ = demo.communicate(timeout=DEADLINE)
    assert demo.returncode == 1
    assert "Error: The scheduler has stopped by itself (exit code -9).\n" in said


def test_a_port_in_use_is_said_before_anything_is_made(tmp_path, stopped):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        demo = start(tmp_path / "data", server.getsockname()[1])
        stopped(demo)
        said, _ = demo.communicate(timeout=DEADLINE)

    assert demo.returncode == 1
    assert said.startswith("Error: Cannot listen on 127.0.0.1, port ")
    assert not (tmp_path / "data").exists()


def test_nothing_of_the_demo_goes_to_a_real_provider(monkeypatch):
    for name in ("SMTP_URL", "MAIL_FROM", "VAPID_PRIVATE_KEY", "FCM_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "real")
    given = environment(Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI="sqlite://"))
    assert "real" not in given.values()
    assert given["SECRET_KEY"] == SECRET
    assert given["PATH"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """The demo's database with Ana and one patient for each matter."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo')}/waymark.sqlite"
    app = create_app(
        Config(
            SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=url, COOKIES_NEED_TLS=False,
            PASSWORD_TIME_COST=1, PASSWORD_MEMORY_KIB=1024,
        )
    )  # fmt: skip
    with app.app_context():
        schema.upgrade(db.engine)
    order = Order(seed=7, patients=1 + len(MATTERS), password="for one test only", now=NOW)
    logins = fill(app, order, progress=lambda done, of: None)
    yield app, logins
    with app.app_context():
        db.engine.dispose()


def test_everybody_a_clinic_needs_can_sign_in(filled):
    _app, logins = filled

    roles = Counter(login.role for login in logins)
    assert roles == {
        "nurse": 3, "physician": 1, "social_worker": 1, "chaplain": 1, "coordinator": 1,
        "editor": 1, "administrator": 1, "privacy_officer": 1, "patient": 8,
    }  # fmt: skip
    assert all(bool(login.totp_secret) == (login.role != "patient") for login in logins)


def test_what_waits_now_is_what_was_to_wait(filled):
    app, _logins = filled
    with app.app_context(), transaction() as session:
        rows = session.execute(
            sa.select(Alert.queue, Alert.severity, AlertReason.rule)
            .join(AlertReason, AlertReason.alert_id == Alert.id)
            .where(Alert.state == AlertState.OPEN)
        ).all()
    waiting = {(row.queue.value, row.rule) for row in rows}

    assert {
        ("nursing", "EM-FEVER"), ("nursing", "SYM-SEV"), ("social_work", "SI-9"),
        ("social_work", "DIS-7"), ("chaplaincy", "SPIR"), ("nursing", "DOSE-EFFECTS"),
        ("nursing", "DOSE-ROW-NURSING"), ("social_work", "DOSE-ROW-SOCIAL"),
    } <= waiting  # fmt: skip
    assert [row.severity for row in rows if row.rule == "EM-FEVER"] == [Severity.URGENT]


def test_the_past_was_answered_in_time(filled):
    app, _logins = filled
    with app.app_context(), transaction() as session:
        alerts = session.scalars(sa.select(Alert)).all()
        kinds = set(session.scalars(sa.select(AlertStep.kind).distinct()))
        pending = session.scalars(
            sa.select(OutboxMessage).where(OutboxMessage.state == "pending")
        ).all()

    assert {"opened", "acknowledged", "contact_attempt", "closed"} <= kinds
    assert kinds.isdisjoint({"reminded", "escalated", "contact_overdue"})
    assert [one for one in alerts if one.next_step_at and one.next_step_at <= NOW] == []
    assert pending == []
    closed = [one for one in alerts if one.state is AlertState.CLOSED]
    assert len(closed) > len(alerts) / 2
    assert any(one.reply_to_patient for one in closed)


def test_most_doses_of_the_last_days_were_taken_and_events_stand_in_the_diary(filled):
    app, _logins = filled
    with app.app_context(), transaction() as session:
        answers = Counter(session.scalars(sa.select(Dose.status).where(Dose.due_at < NOW)))
        events = Counter(session.scalars(sa.select(Event.kind)))

    assert answers["taken"] > 4 * answers["missed"] > 0
    assert events == {"appointment": 14, "scan": 7, "result": 7}


def test_the_other_clinic_has_its_own_patient(filled):
    app, _logins = filled
    with app.app_context(), transaction() as session:
        ben = session.scalars(
            sa.select(Patient)
            .join(Account, Account.id == Patient.account_id)
            .where(Account.email == "ben@example.org")
        ).one()
        others = session.scalars(sa.select(Patient).where(Patient.id != ben.id)).all()
    assert {one.clinic_id for one in others}.isdisjoint({ben.clinic_id})


def test_reports_span_two_to_three_months(filled):
    app, _logins = filled
    with app.app_context(), transaction() as session:
        for patient in session.scalars(sa.select(Patient).where(Patient.is_drill.is_(False))):
            moments = session.scalars(
                sa.select(SymptomReport.at).where(SymptomReport.patient_id == patient.id)
            ).all()
            if moments:
                assert timedelta(days=45) < NOW - min(moments) < timedelta(days=95)
                assert max(moments) < NOW


def test_a_seed_makes_the_same_people_and_the_same_weeks():
    first, second, other = (
        [
            (plan, course(plan, knowledge(), rng, now=NOW))
            for rng in [Random(seed)]
            for plan in plans(rng, patients=8, now=NOW)
        ]
        for seed in (3, 3, 4)
    )

    assert first == second
    assert first != other


def test_a_demo_set_to_a_later_day_has_lived_through_the_days_between(tmp_path, stopped):
    port = free_port()
    there = SystemClock().now().replace(microsecond=0) + timedelta(days=3)
    demo = start(tmp_path / "data", port, "--at", there.isoformat())
    stopped(demo)
    wait_until_it_answers(port, demo)
    [ana] = [one for one in logins_in(tmp_path / "data") if one["email"] == "ana@example.org"]
    who = {"email": ana["email"], "password": ana["password"]}
    token = call(port, "/auth/login", who)["access_token"]

    report = {
        "id": str(uuid4()), "reported_at": there.isoformat(),
        "answers": [{"symptom": "nausea", "frequency": 1, "severity": 1}],
    }  # fmt: skip
    received = call(port, "/patients/me/symptom-reports", report, token)["received_at"]
    occurrences = call(port, "/patients/me/reminder-occurrences?limit=200", token=token)["items"]
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=DEADLINE)

    assert timedelta(0) <= datetime.fromisoformat(received) - there < timedelta(minutes=2)
    between = [
        one for one in occurrences
        if there - timedelta(days=2) < datetime.fromisoformat(one["due_at"]) < there
    ]  # fmt: skip
    assert between
    assert {one["status"] for one in between} == {"sent"}
    assert "Let time pass until" in said

    back = start(tmp_path / "data", port)
    stopped(back)
    said, _ = back.communicate(timeout=DEADLINE)
    assert back.returncode == 1
    assert "already: say a later moment with --at" in said


@pytest.mark.parametrize("moment", ["tomorrow", "2026-13-01T08:00", "08:00"])
def test_what_is_no_moment_is_refused(tmp_path, moment):
    done = CliRunner().invoke(main, ["demo", "--data", str(tmp_path / "x"), "--at", moment])

    assert done.exit_code == 2
    assert "is not a moment" in done.stderr
    assert not (tmp_path / "x").exists()


def logins_in(folder):
    return json.loads((folder / "accounts.json").read_text("utf-8"))
