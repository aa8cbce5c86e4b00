"""Peers and channels; no database, and a clock for each test."""

import pytest

from service.notify.push.vapid import VapidKey
from tests.conftest import FixedClock
from tests.notify.peers import apple, browsers, google
from tests.notify.peers.http import HttpPeer
from tests.notify.peers.tls import Authority
from tests.notify.peers.ways import SUBJECT

PUSH_HOSTS = (browsers.HOST, "web.push.apple.com", "fcm.googleapis.com")


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def google_tls(authority):
    return authority.server(google.FCM, google.TOKENS)


@pytest.fixture(scope="session")
def push_tls(authority):
    return authority.server(*PUSH_HOSTS)


@pytest.fixture
def vapid():
    return VapidKey.new()


@pytest.fixture
def push_service(clock, vapid):
    return browsers.PushService(clock, vapid.public_text, SUBJECT)


@pytest.fixture
def push_peer(push_tls, push_service):
    with HttpPeer(push_tls, push_service.serve) as peer:
        yield peer


@pytest.fixture
def at_google(clock):
    return google.Google(clock)


@pytest.fixture
def google_peer(google_tls, at_google):
    with HttpPeer(google_tls, at_google.serve) as peer:
        yield peer


@pytest.fixture(scope="session")
def apple_files(authority):
    return authority.files(apple.HOST)


@pytest.fixture
def at_apple(clock, apple_files):
    with apple.Apple(clock, apple_files) as peer:
        yield peer
