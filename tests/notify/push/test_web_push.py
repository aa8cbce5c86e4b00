"""Web Push against a push service that checks who sends, and browsers that read it."""

import json
from datetime import timedelta

import pytest

from service.notify.breaker import Breaker
from service.notify.channels import Gone, Refused, TryAgain
from service.notify.push.network import Network
from service.notify.push.posting import Poster
from tests.notify.peers.browsers import Browser
from tests.notify.peers.http import (
    answers,
    cuts_mid_answer,
    drips,
    is_html,
    never_answers,
    redirects,
    sends_two_gigabytes,
    takes_and_cuts,
    talks_nonsense,
)
from tests.notify.peers.ways import OCCURRENCE, SHORT, browser_device, message, web_push_to


@pytest.fixture
def breaker():
    return Breaker(failures=1000)


@pytest.fixture
def channel(push_peer, authority, vapid, clock, breaker):
    with web_push_to(push_peer, authority, vapid, clock, breaker=breaker) as channel:
        yield channel


@pytest.fixture
def hurried(push_peer, authority, vapid, clock, breaker):
    with web_push_to(push_peer, authority, vapid, clock, breaker=breaker, timeout=SHORT) as channel:
        yield channel


@pytest.fixture
def device(push_service):
    return browser_device(push_service.browser("ana"))


def test_the_browser_reads_what_was_sent_and_nobody_else_can(
    channel, push_service, push_peer, device
):
    sent = message(device, body={"occurrences": [str(OCCURRENCE)], "text": "nausea"})

    handed = channel.send(sent)

    assert handed.reached == (device.device_id,)
    assert handed.gone == ()
    [(name, said)] = push_service.taken
    assert name == "ana"
    assert said == {
        "title": "You have 3 reminders", "kind": "reminder", "key": sent.collapse_key,
        "subject_id": str(OCCURRENCE), "body": {"occurrences": [str(OCCURRENCE)]},
    }  # fmt: skip
    [seen] = push_peer.seen
    assert b"reminders" not in seen.body
    assert str(OCCURRENCE).encode() not in seen.body
    with pytest.raises(Exception, match=r".+"):
        Browser("ana").reads(seen.body)


def test_the_push_service_is_told_how_long_and_how_urgently(channel, push_peer, clock, device):
    channel.send(message(device, useful_until=clock.now() + timedelta(minutes=90)))
    channel.send(message(device, kind="reply", useful_until=None))
    channel.send(message(device, kind="alert", to_staff=True))
    channel.send(message(device, useful_until=clock.now() - timedelta(minutes=1)))
    said = [(seen.headers["ttl"], seen.headers["urgency"]) for seen in push_peer.seen]
    assert said == [("5400", "high"), ("86400", "normal"), ("14400", "high"), ("0", "high")]


def test_a_repeat_replaces_the_first_and_another_message_does_not(channel, push_service, device):
    channel.send(message(device, title="first"))
    channel.send(message(device, title="again"))
    channel.send(message(device, title="other", collapse_key="another"))
    titles = [said["title"] for said in push_service.inbox["ana"].values()]
    assert titles == ["again", "other"]


def test_a_token_is_kept_for_its_push_service_until_shortly_before_it_expires(
    channel, push_service, push_peer, clock
):
    mozilla = browser_device(push_service.browser("ana"))
    apple = browser_device(push_service.browser("anas-mac", "web.push.apple.com"))

    def shown():
        channel.send(message(mozilla, apple))
        return [seen.headers["authorization"] for seen in push_peer.seen[-2:]]

    first = shown()
    clock.pass_time(hours=10, minutes=59)
    assert shown() == first
    clock.pass_time(minutes=1)
    renewed = shown()
    assert len({*first, *renewed}) == 4
    clock.pass_time(hours=-24)  # the clock was mended: tokens from the future are no use
    assert not set(shown()) & {*first, *renewed}


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_over_is_gone(channel, push_peer, device, status):
    push_peer.next.append(answers(status))
    with pytest.raises(Gone, match=f"^webpush: {status}$") as raised:
        channel.send(message(device))
    assert raised.value.handed.gone == (device.device_id,)


@pytest.mark.parametrize("status", [400, 403, 413, 301, 302, 307, 418])
def test_what_it_will_never_take_is_refused(channel, push_peer, device, status):
    push_peer.next.append(answers(status))
    with pytest.raises(Refused, match=f"^webpush: {status}$"):
        channel.send(message(device))


@pytest.mark.parametrize("status", [401, 408, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(channel, push_peer, push_service, device, status):
    push_peer.next.append(answers(status))
    with pytest.raises(TryAgain, match=f"^webpush: {status}$") as raised:
        channel.send(message(device))
    assert raised.value.retry_after is None
    channel.send(message(device))
    assert len(push_service.taken) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("99999999999999999999", 3600),
        ("Mon, 02 Mar 2026 17:10:00 GMT", 600),
        ("Mon, 02 Mar 2026 09:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_it_waits_as_long_as_it_was_asked_to(channel, push_peer, device, header, seconds):
    push_peer.next.append(answers(429, Retry_After=header))
    with pytest.raises(TryAgain) as raised:
        channel.send(message(device))
    assert raised.value.retry_after == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (never_answers, "no answer in time"),
        (drips, "no answer in time"),
        (takes_and_cuts, "the answer broke off or made no sense"),
        (cuts_mid_answer, "the answer broke off or made no sense"),
        (talks_nonsense, "the answer broke off or made no sense"),
    ],
)
def test_a_push_service_that_misbehaves_costs_one_try(
    hurried, push_peer, push_service, device, behaviour, why
):
    push_peer.next.append(behaviour)
    with pytest.raises(TryAgain, match=f"^webpush: {why}$"):
        hurried.send(message(device))
    push_peer.released.set()
    hurried.send(message(device))
    assert len(push_service.inbox["ana"]) == 1


def test_of_two_gigabytes_a_few_kib_are_read(channel, push_peer, device):
    push_peer.next.append(sends_two_gigabytes)
    with pytest.raises(TryAgain, match=r"^webpush: 500$"):
        channel.send(message(device))
    # What the sockets of both ends held, and no more.
    assert push_peer.bytes_sent < 64 * 1024 * 1024


def test_what_is_no_push_service_but_says_it_took_it_is_believed_as_far_as_tls_goes(
    channel, push_peer, device
):
    push_peer.next.append(is_html(500))
    with pytest.raises(TryAgain):
        channel.send(message(device))


def test_a_redirect_is_not_followed(channel, push_peer, device):
    push_peer.next.append(redirects(f"https://127.0.0.1:{push_peer.port}/elsewhere"))
    with pytest.raises(Refused, match="302"):
        channel.send(message(device))
    assert [seen.path for seen in push_peer.seen] == ["/wpush/v2/ana"]


def test_who_cannot_prove_the_name_is_told_nothing(push_peer, vapid, clock, push_service, tmp_path):
    class Stranger:
        def trusted(self):
            return None  # the machine's own authorities, who never heard of the peer

    device = browser_device(push_service.browser("ana"))
    with (
        web_push_to(push_peer, Stranger(), vapid, clock) as channel,
        pytest.raises(TryAgain, match="no connection"),
    ):
        channel.send(message(device))
    assert push_peer.seen == []


def test_a_name_nobody_knows_is_tried_again(vapid, clock, device):
    def unknown(host, port):
        raise OSError("no such name")

    with (
        Poster(network=Network(resolve=unknown)) as poster,
        pytest.raises(TryAgain, match=r"^webpush: no connection$"),
    ):
        poster.post("https://fcm.googleapis.com/x", headers={}, content=b"", who="webpush")


def test_each_of_several_devices_ends_its_own_way(channel, push_peer, push_service):
    names = ("one", "over", "refused", "busy", "two")
    devices = {name: browser_device(push_service.browser(name)) for name in names}
    push_service.over.add("over")
    push_peer.next.extend(
        [
            lambda handler: handler.reply(push_service.serve(handler.peer.seen[-1])),
            answers(410),
            answers(413),
            answers(503, Retry_After="7"),
        ]
    )

    with pytest.raises(TryAgain) as raised:
        channel.send(message(*devices.values()))

    error = raised.value
    assert error.handed.reached == (devices["one"].device_id, devices["two"].device_id)
    assert error.handed.gone == (devices["over"].device_id,)
    assert error.retry_after == timedelta(seconds=7)
    # The next try goes to those that have not taken it, and ends it.
    assert channel.send(message(devices["busy"])).reached == (devices["busy"].device_id,)
    assert [name for name, _ in push_service.taken] == ["one", "two", "busy"]


def test_a_device_that_refuses_does_not_fail_those_that_took_it(channel, push_peer, push_service):
    one, two = (browser_device(push_service.browser(name)) for name in ("one", "two"))
    push_peer.next.append(answers(400))
    assert channel.send(message(one, two)).reached == (two.device_id,)


def test_nobody_to_send_to_is_gone(channel):
    with pytest.raises(Gone, match=r"^no device$"):
        channel.send(message())


def test_devices_that_would_outlast_the_lease_wait_for_the_next_try(
    push_peer, authority, vapid, clock, push_service
):
    devices = [browser_device(push_service.browser(name)) for name in "abc"]
    # Read when it begins, and before each device.
    seconds = iter([0.0, 0.0, 11.9, 12.0])
    with (
        web_push_to(push_peer, authority, vapid, clock, monotonic=seconds.__next__) as channel,
        pytest.raises(TryAgain, match="out of time") as raised,
    ):
        channel.send(message(*devices))
    assert raised.value.handed.reached == tuple(device.device_id for device in devices[:2])


def test_more_ids_than_fit_are_left_for_the_app_to_ask(channel, push_service, device):
    many = [str(OCCURRENCE)] * 200
    channel.send(message(device, body={"occurrences": many}, title="ü" * 200))
    [(_, said)] = push_service.taken
    assert said["body"] == {}
    assert len(json.dumps(said)) < 4096


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"p256dh": "AAAA", "auth": "AAAA"},
        {"p256dh": "B" * 87, "auth": "A" * 22},
        {"p256dh": 7, "auth": None},
        "keys",
        None,
    ],
)
def test_keys_that_are_none_are_refused_before_anybody_is_called(channel, push_peer, device, keys):
    broken = device.__class__(device.device_id, "webpush", {**device.address, "keys": keys})
    with pytest.raises(Refused, match="unusable keys"):
        channel.send(message(broken))
    assert push_peer.connections == 0


def test_a_platform_that_is_not_set_up_is_refused(channel, device):
    other = device.__class__(device.device_id, "fcm", {"token": "x"})
    with pytest.raises(Refused, match="not set up"):
        channel.send(message(other))
