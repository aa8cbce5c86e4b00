"""A push service, people it reaches, and a crew of schedulers, for each test."""

import pytest

from service.notify.breaker import Breaker
from service.notify.mail import MailChannel, Relay, sender_of
from service.notify.unsubscribing import address_for
from tests.jobs.scheduler import Scheduler
from tests.notify.peers.post_office import PostOffice
from tests.notify.peers.tls import Authority
from tests.notify.peers.ways import web_push_to
from tests.proof.alarms import LIST, Alarms
from tests.proof.moving import MovingClock
from tests.proof.people import People
from tests.proof.provider import Provider
from tests.proof.worker import Crew, Place


@pytest.fixture(scope="session")
def proof_authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("proof-tls"))


@pytest.fixture
def moving(tmp_path):
    """The clock of all processes; a Monday morning, going at its usual rate."""
    clock = MovingClock(tmp_path / "clock")
    clock.set()
    return clock


@pytest.fixture
def provider_clock(moving):
    """What the push service goes by; a test without processes says ``clock`` instead."""
    return moving


@pytest.fixture
def provider(provider_clock, proof_authority):
    provider = Provider(provider_clock, proof_authority)
    with provider.peer:
        yield provider


@pytest.fixture
def people(app, world, provider):
    return People(app, world, provider)


@pytest.fixture
def alarms(app, world, clock, provider):
    """Everybody on Harbor's list has a browser."""
    alarms = Alarms(app, world, clock)
    alarms.put_on_roster(**LIST)
    alarms.give_browsers(provider)
    return alarms


@pytest.fixture
def place(tmp_path, database_url, moving, provider, proof_authority):
    return Place(
        database_url=database_url, clock_file=tmp_path / "clock",
        provider_port=provider.peer.port, vapid_private=provider.vapid.private_text,
        authority=proof_authority.certificate, folder=tmp_path,
    )  # fmt: skip


@pytest.fixture
def crew(place):
    with Crew(place) as crew:
        yield crew


@pytest.fixture
def post_office():
    with PostOffice() as post_office:
        yield post_office


@pytest.fixture
def scheduler(app, clock, provider, proof_authority, post_office):
    """One scheduler in this process, with the real channels; even the breaker rests by ``clock``."""

    def unsubscribe_url(message):
        return address_for(
            app.extensions["tokens"], "https://waymark.example", message.recipient_id,
            channel=message.channel, kind=message.kind,
        )  # fmt: skip

    def monotonic():
        return clock.now().timestamp()

    breaker = Breaker(monotonic=monotonic)
    mail = MailChannel(
        Relay("smtp+plain", "127.0.0.1", post_office.port), sender_of("no-reply@harbor.example"),
        public_url="https://waymark.example", clock=clock, breaker=breaker,
        unsubscribe_url=unsubscribe_url,
    )  # fmt: skip
    with web_push_to(
        provider.peer, proof_authority, provider.vapid, clock, breaker=breaker
    ) as push:  # fmt: skip
        yield Scheduler(app, clock, push, mail)
