"""Endpoints come from outside: none leads anywhere but to a push service on the internet."""

import ipaddress
import socket
import threading

import httpcore2
import pytest

from service.notify.breaker import Breaker
from service.notify.channels import Refused, TryAgain
from service.notify.push.channel import PushChannel
from service.notify.push.network import Network, is_public
from service.notify.push.posting import Poster
from service.notify.push.vapid import Vapid
from service.notify.push.webpush import WebPush
from service.notify.rules import Address
from tests.conftest import FixedClock
from tests.notify.peers.browsers import Browser
from tests.notify.peers.http import redirects
from tests.notify.peers.ways import SHORT, SUBJECT, browser_device, message, web_push_to


class Listener:
    """Counts who connects to loopback."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._connections = 0
        self._thread = threading.Thread(target=self._count)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.visitors()
        self._socket.close()

    def visitors(self) -> int:
        """Return how many came, once everybody who came so far was let in; nobody is after."""
        if self._thread.is_alive():
            with socket.create_connection(("127.0.0.1", self.port)) as goodbye:
                goodbye.sendall(b"!")
                self._thread.join()
        return self._connections

    def _count(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                connection.settimeout(1)
                if connection.recv(1) == b"!":
                    return
            self._connections += 1


@pytest.fixture
def listener():
    with Listener() as listener:
        yield listener


def hostile(port):
    return [
        f"https://127.0.0.1:{port}/", "https://127.0.0.1/", f"http://127.0.0.1:{port}/",
        f"https://localhost:{port}/", "https://localhost/", f"https://0x7f.1:{port}/",
        "https://0x7f000001/", "https://2130706433/", "https://0177.0.0.1/", "https://127.1/",
        f"https://[::1]:{port}/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/",
        "https://[fe80::1%25lo]/", "https://[fd00::1]/", "https://[64:ff9b::7f00:1]/",
        "https://0.0.0.0/", "https://169.254.169.254/latest/meta-data/", "https://10.0.0.1/",
        "https://192.168.0.1/", "https://100.64.0.1/", "https://metadata.google.internal/",
        "https://push.internal/", "https://printer.local/", "https://127.0.0.1.nip.io/",
        f"https://fcm.googleapis.com:{port}/x", "https://fcm.googleapis.com:5432/x",
        "https://fcm.googleapis.com:6379/x", f"https://fcm.googleapis.com@127.0.0.1:{port}/",
        f"https://a:b@127.0.0.1:{port}/", f"https://127.0.0.1:{port}/@fcm.googleapis.com",
        f"https://127.0.0.1:{port}\\@fcm.googleapis.com/",
        f"https://127.0.0.1:{port}#fcm.googleapis.com/", "https://fcm.googleapis.com#@127.0.0.1/",
        "https://user@fcm.googleapis.com/x", "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x", "https://evil-fcm.googleapis.com.example/",
        "https://xfcm.googleapis.com/", "https://push.services.mozilla.com.evil.example/",
        "https://evilpush.services.mozilla.com/", "https://.push.apple.com/",
        "https://-.push.apple.com/", "https://fcm.googleapis.com./x",
        "https://fcm。googleapis。com/x", "https://ⓕcm.googleapis.com/x",
        "https://fcm.googleapis.com/x\r\nHost: 127.0.0.1", "https://fcm.googleapis.com/x y",
        " https://fcm.googleapis.com/x", "https://fcm.googleapis.com\t/x", "//fcm.googleapis.com/",
        "ftp://fcm.googleapis.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL",
        "https://", "https:///x", "https://[::1", "https://fcm.googleapis.com:99999/",
        "https://fcm.googleapis.com:x/", "", "x" * 5000,
        "https://fcm.googleapis.com/" + "x" * 2000,
    ]  # fmt: skip


def channel_over(network, vapid, poster_of=Poster):
    poster = poster_of(network=network, timeout=SHORT)
    return PushChannel(
        {"webpush": WebPush(poster, Vapid(vapid, SUBJECT), FixedClock())},
        Breaker(failures=1000),
    )


def test_no_hostile_endpoint_reaches_loopback(listener, vapid):
    endpoints = hostile(listener.port)
    assert len(endpoints) >= 45
    asked = []

    def everything_is_loopback(host, port):
        asked.append(host)
        return [("127.0.0.1", listener.port)]

    channel = channel_over(Network(resolve=everything_is_loopback), vapid)
    for endpoint in endpoints:
        subscription = Browser("eve").subscription() | {"endpoint": endpoint}
        device = Address(message().id, "webpush", subscription)
        with pytest.raises(Refused, match=r"^webpush: not a push service we know$"):
            channel.send(message(device))
    assert asked == []
    assert listener.visitors() == 0


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1",
        "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
        "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1",
        "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1",
        "fe80::1%lo", "fec0::1", "ff02::1", "5f00::1",
    ],
)  # fmt: skip
def test_a_push_services_name_that_leads_inside_is_not_followed(address, vapid, listener):
    assert not is_public(ipaddress.ip_address(address))
    network = Network(resolve=lambda host, port: [(address, listener.port)])
    channel = channel_over(network, vapid)
    with pytest.raises(TryAgain, match=r"^webpush: its name leads to no public address$"):
        channel.send(message(browser_device(Browser("ana"))))
    assert listener.visitors() == 0


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "34.107.243.93", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::200a"]
)
def test_the_internet_is_let_in(address):
    assert is_public(ipaddress.ip_address(address))


def test_the_address_that_was_checked_is_the_one_connected_to(listener):
    """A name that says something else the second time is not asked a second time."""
    answers = iter([[("127.0.0.1", listener.port)]])
    checked = []

    def may_reach(address):
        checked.append(str(address))
        return True

    network = Network(resolve=lambda host, port: next(answers), may_reach=may_reach)
    network.allow(5)
    network.connect_tcp("fcm.googleapis.com", 443).close()
    assert checked == ["127.0.0.1"]
    with pytest.raises(StopIteration):
        network.connect_tcp("fcm.googleapis.com", 443)


def test_of_several_addresses_those_inside_are_passed_over(listener):
    reached = []
    inside = [("10.0.0.1", 443), ("127.0.0.1", listener.port), ("::1", 443)]
    network = Network(
        resolve=lambda host, port: inside,
        may_reach=lambda address: reached.append(address) or is_public(address),
    )
    network.allow(5)
    with pytest.raises(httpcore2.ConnectError):
        network.connect_tcp("fcm.googleapis.com", 443)
    assert len(reached) == 3
    assert listener.visitors() == 0


def test_a_push_service_that_points_inside_is_not_followed(
    listener, push_peer, push_service, authority, vapid, clock
):
    push_peer.next.append(redirects(f"http://127.0.0.1:{listener.port}/"))
    with (
        web_push_to(push_peer, authority, vapid, clock) as channel,
        pytest.raises(Refused, match="302"),
    ):
        channel.send(message(browser_device(push_service.browser("ana"))))
    assert listener.visitors() == 0


def test_the_listener_does_count(listener):
    for _ in range(3):
        socket.create_connection(("127.0.0.1", listener.port)).close()
    assert listener.visitors() == 3
