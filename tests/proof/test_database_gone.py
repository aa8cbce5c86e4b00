"""PostgreSQL stopped hard in the middle of sending, and started again: the schedulers outlive it."""

from datetime import timedelta

import pytest

from service import schema
from service.app import create_app
from service.config import Config
from service.db import db
from tests.conftest import MONDAY_MORNING, SECRET, FixedClock, databases
from tests.postgres import Cluster
from tests.proof.alarms import IN_ORDER, LADDER, arrived, in_order
from tests.proof.moving import wait_until
from tests.proof.people import TEN, check_each_arrived
from tests.proof.worker import SENDERS

pytestmark = pytest.mark.skipif(
    "postgresql" not in databases(), reason="PostgreSQL is not among WAYMARK_TEST_DATABASES"
)
STOPS = 3
WORKERS, MESSAGES = 2, 160
ALERTS = 20


@pytest.fixture(scope="module")
def own_cluster():
    with Cluster(durable=True) as running:
        yield running


@pytest.fixture(scope="module")
def database_url(own_cluster):
    """A server of this module's own: the other tests need theirs running."""
    return own_cluster.create_database("stopped")


@pytest.fixture(scope="module")
def built_app(database_url, clock):
    app = create_app(Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=database_url), clock)
    with app.app_context():
        schema.upgrade(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def clock():
    return FixedClock()


def failures(crew):
    return crew.logs().count("ERROR:service.jobs")


def test_alerts_climb_over_a_database_that_is_stopped_and_started(
    app, alarms, provider, crew, moving, clock, own_cluster
):
    alerts = alarms.report(alarms.add_patients(ALERTS))
    provider.delay = 0.03
    crew.start(WORKERS)
    crew.wait_until_ready()
    for rung, (minute, _) in enumerate(LADDER):
        before = len(provider.keys())
        moving.set(MONDAY_MORNING + timedelta(minutes=minute, seconds=1), rate=20)
        if rung in (1, 3, 5):
            noticed = failures(crew)
            wait_until(lambda before=before: len(provider.keys()) > before, what="it goes on")
            with app.app_context():
                db.engine.dispose()
            own_cluster.stop_hard()
            wait_until(
                lambda noticed=noticed: failures(crew) > noticed, what="a worker has noticed"
            )
            own_cluster.start()
        enough = ALERTS * sum(len(names) for _, names in LADDER[: rung + 1])
        wait_until(lambda enough=enough: len(provider.keys()) >= enough, what=f"rung {rung}")
    wait_until(lambda: alarms.waiting() == 0, what="nothing is left to send")

    told = arrived(provider)
    assert [in_order(told[id]) for id in alerts] == [IN_ORDER] * ALERTS
    assert alarms.unanswered() == ALERTS
    assert all(worker.is_alive() for worker in crew.workers)


def test_the_database_is_stopped_and_started_and_none_is_lost(
    app, people, provider, crew, moving, own_cluster
):
    people.add(MESSAGES)
    provider.delay = 0.03
    crew.start(WORKERS)
    crew.wait_until_ready()
    moving.set(TEN, rate=20)

    for stop in range(1, STOPS + 1):
        enough = MESSAGES * stop // (STOPS + 2)
        wait_until(lambda enough=enough: len(provider.keys()) >= enough, what="it goes on")
        with app.app_context():
            db.engine.dispose()  # the test's own connections
        own_cluster.stop_hard()
        wait_until(
            lambda stop=stop: failures(crew) >= stop * WORKERS, what="every worker has noticed"
        )
        own_cluster.start()
    assert len(provider.keys()) < MESSAGES, "stopped when all was over"
    wait_until(lambda: people.are_all("sent"), what="each occurrence is sent")

    check_each_arrived(people, provider)
    assert all(worker.is_alive() for worker in crew.workers), "not one had to be started again"
    # Twice at most what no answer could be written down for.
    repeated = sum(provider.copies().values()) - MESSAGES
    assert repeated <= STOPS * WORKERS * 2 * SENDERS
    print(f"{STOPS} stops, {MESSAGES} messages, {repeated} repeated")
