"""FCM against a token endpoint that checks the assertion, and a send endpoint that checks it."""

import json
import threading

import pytest

from service.notify.breaker import Breaker
from service.notify.channels import Gone, Refused, TryAgain
from service.notify.push.channel import PushChannel
from service.notify.push.fcm import Fcm, ServiceAccount
from service.notify.push.payload import collapse_id
from tests.notify.peers.google import TOKENS, error
from tests.notify.peers.http import (
    answers,
    cuts_mid_answer,
    drips,
    is_html,
    never_answers,
    sends_two_gigabytes,
    takes_and_cuts,
)
from tests.notify.peers.ways import OCCURRENCE, SHORT, message, phone, poster_to


@pytest.fixture
def account(at_google):
    return ServiceAccount.from_json(at_google.credentials())


@pytest.fixture
def channel(google_peer, authority, account, clock):
    with poster_to(google_peer, authority) as poster:
        yield PushChannel({"fcm": Fcm(poster, account, clock)}, Breaker(failures=1000))


@pytest.fixture
def hurried(google_peer, authority, account, clock):
    with poster_to(google_peer, authority, timeout=SHORT) as poster:
        yield PushChannel({"fcm": Fcm(poster, account, clock)}, Breaker(failures=1000))


def replies(reply):
    return lambda handler: handler.reply(reply)


def token_requests(peer):
    return [seen for seen in peer.seen if seen.host == TOKENS]


def test_a_phone_gets_what_it_needs_and_nothing_more(channel, at_google):
    device = phone("fcm", "her-phone")
    sent = message(device, body={"occurrences": [str(OCCURRENCE)], "text": "nausea"})

    assert channel.send(sent).reached == (device.device_id,)

    collapse = collapse_id(sent)
    assert at_google.taken == [
        {
            "token": "her-phone",
            "notification": {"title": "You have 3 reminders"},
            "data": {
                "title": "You have 3 reminders", "kind": "reminder", "key": sent.collapse_key,
                "subject_id": str(OCCURRENCE), "body": f'{{"occurrences":["{OCCURRENCE}"]}}',
            },
            "android": {
                "collapse_key": collapse, "priority": "HIGH", "ttl": "14400s",
                "notification": {"tag": collapse},
            },
        }
    ]  # fmt: skip


def test_a_token_is_used_until_shortly_before_it_expires(channel, google_peer, clock):
    device = phone("fcm", "x")
    for minutes in (0, 54, 2, 1):
        clock.pass_time(minutes=minutes)
        channel.send(message(device))
    assert len(token_requests(google_peer)) == 2


def test_many_threads_ask_for_one_token(channel, google_peer, at_google):
    together = threading.Barrier(6)

    def send():
        together.wait()
        for _ in range(5):
            channel.send(message(phone("fcm", "x")))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(at_google.taken) == 30
    assert len(token_requests(google_peer)) == 1


def test_a_token_that_was_revoked_is_replaced_once(channel, google_peer, at_google):
    device = phone("fcm", "x")
    channel.send(message(device))
    at_google.tokens.clear()
    at_google.tokens["another"] = 0

    assert channel.send(message(device)).reached == (device.device_id,)
    assert len(token_requests(google_peer)) == 2

    google_peer.next.extend(
        [answers(401), replies(at_google._token(token_requests(google_peer)[0])), answers(401)]
    )
    with pytest.raises(TryAgain, match=r"^fcm: 401$"):
        channel.send(message(device))
    assert not google_peer.next


def test_an_app_that_was_removed_is_gone(channel, at_google):
    at_google.unregistered.add("old")
    old, new = phone("fcm", "old"), phone("fcm", "new")
    assert channel.send(message(old, new)).gone == (old.device_id,)
    with pytest.raises(Gone, match=r"^fcm: 404 UNREGISTERED$"):
        channel.send(message(old))


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), "fcm: 400"),
        (error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), "fcm: 403 SENDER_ID_MISMATCH"),
        # The site's own project is gone: no reason to forget every phone.
        (error(404, "NOT_FOUND", None), "fcm: 404"),
    ],
)
def test_what_it_will_never_take_is_refused(channel, google_peer, reply, why):
    channel.send(message(phone("fcm", "x")))
    google_peer.next.append(replies(reply))
    with pytest.raises(Refused, match=f"^{why}$"):
        channel.send(message(phone("fcm", "x")))


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_what_passes_is_tried_again(channel, google_peer, at_google, status):
    device = phone("fcm", "x")
    channel.send(message(device))
    google_peer.next.append(answers(status, Retry_After="30"))
    with pytest.raises(TryAgain, match=f"^fcm: {status}$") as raised:
        channel.send(message(device))
    assert raised.value.retry_after is not None
    assert raised.value.retry_after.total_seconds() == 30
    channel.send(message(device))
    assert len(at_google.taken) == 2


@pytest.mark.parametrize("behaviour", [never_answers, drips, takes_and_cuts, cuts_mid_answer])
@pytest.mark.parametrize("has_token", [True, False])
def test_a_server_that_misbehaves_costs_one_try(
    hurried, google_peer, at_google, behaviour, has_token
):
    device = phone("fcm", "x")
    if has_token:
        hurried.send(message(device))
    google_peer.next.append(behaviour)
    with pytest.raises(TryAgain):
        hurried.send(message(device))
    google_peer.released.set()
    hurried.send(message(device))
    keys = {sent["android"]["collapse_key"] for sent in at_google.taken}
    assert len(keys) == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        answers(400, b'{"error": "invalid_grant"}'),
        answers(500),
        is_html(200),
        is_html(500),
        answers(302, Location="http://127.0.0.1/"),
        answers(200, b"[]"),
        answers(200, b"\xff\xfe"),
        answers(200, json.dumps({"access_token": "x"}).encode()),
        answers(200, json.dumps({"access_token": "x", "expires_in": -1}).encode()),
        answers(200, json.dumps({"access_token": "a\r\nb", "expires_in": 60}).encode()),
        answers(200, json.dumps({"access_token": 7, "expires_in": 60}).encode()),
        sends_two_gigabytes,
    ],
)
def test_a_token_endpoint_that_makes_no_sense_is_asked_again_later(
    channel, google_peer, at_google, behaviour
):
    google_peer.next.append(behaviour)
    with pytest.raises(TryAgain, match=r"^fcm token: "):
        channel.send(message(phone("fcm", "x")))
    channel.send(message(phone("fcm", "x")))
    assert len(at_google.taken) == 1


@pytest.mark.parametrize("address", [{}, {"token": ""}, {"token": 7}, {"token": None}])
def test_a_phone_without_a_token_is_refused(channel, google_peer, address):
    device = phone("fcm", "x")
    with pytest.raises(Refused):
        channel.send(message(device.__class__(device.device_id, "fcm", address)))
    assert google_peer.seen == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"project_id": None}, "has no project_id"),
        ({"client_email": ""}, "has no client_email"),
        ({"private_key": "secret words"}, "private_key cannot be read"),
        ({"token_uri": "https://127.0.0.1/token"}, "token_uri is not https"),
        ({"token_uri": "http://oauth2.googleapis.com/token"}, "token_uri is not https"),
    ],
)
def test_credentials_that_are_none_are_named(at_google, change, why):
    broken = json.dumps(json.loads(at_google.credentials()) | change).encode()
    with pytest.raises(ValueError, match=f"^{why}") as raised:
        ServiceAccount.from_json(broken)
    assert "secret words" not in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"not json", b"\xff"])
def test_a_file_that_is_no_credentials_is_said_so(data):
    with pytest.raises(ValueError, match=r"not JSON|has no project_id"):
        ServiceAccount.from_json(data)


def test_a_secret_stays_out_of_what_is_printed(account):
    assert "key" not in repr(account).replace("token_uri", "")
