"""APNs over real HTTP/2: hypercorn, TLS, ALPN, and every token looked at."""

import threading
from datetime import timedelta

import pytest

from service.notify.breaker import Breaker
from service.notify.channels import Gone, Refused, TryAgain
from service.notify.push.apns import Apns, ApnsKey
from service.notify.push.channel import PushChannel
from service.notify.push.payload import collapse_id
from tests.notify.peers import apple
from tests.notify.peers.ways import OCCURRENCE, SHORT, message, phone, poster_to

DEVICE = "ab" * 32


@pytest.fixture
def key(at_apple):
    return ApnsKey.from_pem(
        at_apple.pem(), key_id=apple.KEY_ID, team_id=apple.TEAM_ID, topic=apple.TOPIC
    )


@pytest.fixture
def channel(at_apple, authority, key, clock):
    with poster_to(at_apple, authority, http2=True) as poster:
        yield PushChannel({"apns": Apns(poster, key, clock)}, Breaker(failures=1000))


def test_a_phone_gets_what_it_needs_and_nothing_more(channel, at_apple, clock):
    device = phone("apns", DEVICE)
    sent = message(device, body={"occurrences": [str(OCCURRENCE)], "text": "nausea"})

    assert channel.send(sent).reached == (device.device_id,)

    [(headers, said)] = at_apple.taken
    assert said == {
        "aps": {"alert": {"title": "You have 3 reminders"}, "sound": "default"},
        "kind": "reminder", "key": sent.collapse_key, "subject_id": str(OCCURRENCE),
        "body": {"occurrences": [str(OCCURRENCE)]},
    }  # fmt: skip
    assert headers["device"] == DEVICE
    assert headers["apns-collapse-id"] == collapse_id(sent)
    assert headers["apns-priority"] == "10"
    assert headers["apns-topic"] == apple.TOPIC
    until = clock.now() + timedelta(hours=4)
    assert headers["apns-expiration"] == str(int(until.timestamp()))


def test_a_repeat_is_the_same_to_apple(channel, at_apple):
    device, other = phone("apns", DEVICE), phone("apns", "cd" * 32)
    sent = message(device, other)
    channel.send(sent)
    channel.send(sent)
    ids = [headers["apns-id"] for headers, _ in at_apple.taken]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2


def test_two_hundred_go_over_a_connection_each_from_many_threads(channel, at_apple):
    channel.send(message(phone("apns", DEVICE)))
    together = threading.Barrier(8)
    failed = []

    def send():
        together.wait()
        for _ in range(25):
            try:
                channel.send(message(phone("apns", DEVICE)))
            except TryAgain as error:
                failed.append(error)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(at_apple.taken) == 201
    # Kept and handed on: no more connections than threads, and at first one that was there.
    assert 1 <= len(at_apple.clients) <= 8
    assert len(at_apple.tokens) == 1


def test_a_token_is_renewed_before_the_hour_and_not_before(channel, at_apple, clock):
    device = phone("apns", DEVICE)
    for minutes, tokens in [(0, 1), (49, 1), (1, 2), (49, 2), (1, 3)]:
        clock.pass_time(minutes=minutes)
        channel.send(message(device))
        assert len(at_apple.tokens) == tokens


def test_a_token_apple_calls_expired_is_replaced_once(channel, at_apple, clock):
    device = phone("apns", DEVICE)
    channel.send(message(device))
    clock.pass_time(minutes=25)
    at_apple.next.append((403, "ExpiredProviderToken", {}))
    assert channel.send(message(device)).reached == (device.device_id,)
    assert len(at_apple.tokens) == 2

    # Apple allows one new token in twenty minutes: a young one is not replaced.
    at_apple.next.append((403, "ExpiredProviderToken", {}))
    with pytest.raises(TryAgain, match=r"^apns: 403$"):
        channel.send(message(device))
    channel.send(message(device))
    assert len(at_apple.tokens) == 2


@pytest.mark.parametrize(
    ("status", "reason"), [(410, "Unregistered"), (410, ""), (400, "BadDeviceToken")]
)
def test_an_app_that_was_removed_is_gone(channel, at_apple, status, reason):
    device = phone("apns", DEVICE)
    at_apple.next.append((status, reason, {}))
    with pytest.raises(Gone, match=f"^apns: {status}$") as raised:
        channel.send(message(device))
    assert raised.value.handed.gone == (device.device_id,)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "DeviceTokenNotForTopic"), (400, "PayloadEmpty"), (413, "PayloadTooLarge"), (405, "")],
)
def test_what_it_will_never_take_is_refused(channel, at_apple, status, reason):
    at_apple.next.append((status, reason, {}))
    with pytest.raises(Refused, match=f"^apns: {status}$"):
        channel.send(message(phone("apns", DEVICE)))


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "InvalidProviderToken"),
        (429, "TooManyRequests"),
        (500, "InternalServerError"),
        (503, "Shutdown"),
    ],
)
def test_what_passes_is_tried_again(channel, at_apple, status, reason):
    at_apple.next.append((status, reason, {"retry-after": "9"}))
    with pytest.raises(TryAgain, match=f"^apns: {status}$") as raised:
        channel.send(message(phone("apns", DEVICE)))
    assert raised.value.retry_after == timedelta(seconds=9)
    channel.send(message(phone("apns", DEVICE)))
    assert len(at_apple.taken) == 1


def test_silence_is_waited_for_a_moment_only(at_apple, authority, key, clock):
    at_apple.next.append(None)
    with poster_to(at_apple, authority, http2=True, timeout=SHORT) as poster:
        channel = PushChannel({"apns": Apns(poster, key, clock)}, Breaker())
        with pytest.raises(TryAgain, match=r"^apns: no answer in time$"):
            channel.send(message(phone("apns", DEVICE)))
        channel.send(message(phone("apns", DEVICE)))
    assert len(at_apple.taken) == 1


def test_a_server_without_http2_is_no_apns(push_peer, authority, key, clock):
    with poster_to(push_peer, authority, http2=True, timeout=SHORT) as poster:
        provider = Apns(poster, key, clock, host="web.push.apple.com")
        channel = PushChannel({"apns": provider}, Breaker())
        with pytest.raises(TryAgain):
            channel.send(message(phone("apns", DEVICE)))
    assert push_peer.seen == []


@pytest.mark.parametrize("token", ["", "../../x", "ab/cd", "ab?x", "zz", "ab" * 300, "ab\r\n"])
def test_what_is_no_device_token_is_refused_before_apple_is_called(channel, at_apple, token):
    with pytest.raises(Refused, match="not a device token"):
        channel.send(message(phone("apns", token)))
    assert not at_apple.clients


def test_a_key_that_is_none_is_said_so():
    for pem in (b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"):
        with pytest.raises(ValueError, match=r"^not a private key$"):
            ApnsKey.from_pem(pem, key_id="k", team_id="t", topic="x")


def test_a_secret_stays_out_of_what_is_printed(key):
    assert "private" not in repr(key)
