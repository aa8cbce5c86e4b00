"""The scheduler process: it ticks, and it stops when told."""

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service import schema
from service.app import create_app
from service.clock import SystemClock
from service.config import Config
from service.db import db
from service.jobs.schedule import Every, Ticker
from service.notify.models import Heartbeat
from service.sealing import keys_out_of

SECRET = "not a secret at all, but long enough"
MASTER_KEYS = keys_out_of(SECRET)


@pytest.fixture
def database(tmp_path):
    url = f"sqlite:///{tmp_path}/jobs.sqlite"
    app = create_app(Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=url))
    with app.app_context():
        schema.upgrade(db.engine)
        db.engine.dispose()
    return url


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_ticks_and_stops_when_told(database, number):
    environment = {
        **os.environ, "SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, "DATABASE_URL": database, "TICK_SECONDS": "1",
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "service.jobs"],
        env=environment, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        log = []
        for line in process.stderr:
            log.append(line)
            if "first round done" in line:
                break
        process.send_signal(number)
        log += process.stderr

    text = "".join(log)
    assert process.returncode == 0, text
    assert "scheduler stopping" in text
    assert "Traceback" not in text
    with sa.create_engine(database).connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Heartbeat.__table__)) == 1


def test_without_its_secret_it_does_not_start():
    env = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    done = subprocess.run(
        [sys.executable, "-m", "service.jobs"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


class Waiting:
    """A channel never used: only its rounds are counted."""

    def send(self, message):
        raise AssertionError


@pytest.fixture
def app_of_its_own(database):
    config = Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=database, TICK=timedelta(hours=1))
    app = create_app(config)
    yield app
    with app.app_context():
        db.engine.dispose()


def test_the_first_round_is_at_once(app_of_its_own):
    clock = CountingClock()
    ticker = Ticker(app_of_its_own, clock, {"push": Waiting()})
    ticker.start()
    try:
        assert clock.was_read.wait(timeout=10)
    finally:
        ticker.stop()


def test_a_ticker_stopped_before_it_began_is_no_error(app_of_its_own):
    Ticker(app_of_its_own, SystemClock(), {}).stop()


class CountingClock(SystemClock):
    """Tells when a thread other than the test's own reads it."""

    def __init__(self):
        self.was_read = threading.Event()

    def now(self):
        if threading.current_thread() is not threading.main_thread():
            self.was_read.set()
        return super().now()


@pytest.mark.parametrize(
    "now", [datetime(2038, 1, 20, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]
)
def test_a_clock_that_jumps_makes_one_tick_not_millions(now):
    every = Every(timedelta(seconds=15))
    last = datetime(2026, 3, 2, tzinfo=UTC)
    assert every.get_next_fire_time(last, now) == now + timedelta(seconds=15)
