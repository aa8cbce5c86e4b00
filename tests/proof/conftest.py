"""A push service, people it reaches, and a crew of schedulers, for each test."""

import pytest

from tests.notify.peers.tls import Authority
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
def provider(moving, proof_authority):
    provider = Provider(moving, proof_authority)
    with provider.peer:
        yield provider


@pytest.fixture
def people(app, world, provider):
    return People(app, world, provider)


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
