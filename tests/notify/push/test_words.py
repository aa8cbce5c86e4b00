"""What reaches the log and the books: words of ours and status codes, never an address or key."""

import logging

import pytest

from service.notify.breaker import Breaker
from service.notify.channels import ChannelError
from service.notify.push.apns import Apns, ApnsKey
from service.notify.push.channel import PushChannel
from service.notify.push.fcm import Fcm, ServiceAccount
from service.notify.push.payload import collapse_id
from service.notify.push.vapid import Vapid
from service.notify.push.webpush import WebPush
from tests.notify.peers import apple
from tests.notify.peers.http import answers, cuts_mid_answer, takes_and_cuts
from tests.notify.peers.ways import SUBJECT, browser_device, message, phone, poster_to

ANDROID, IPHONE = "her-android-token", "ab" * 32


@pytest.fixture
def channel(push_peer, google_peer, at_google, at_apple, authority, vapid, clock):
    key = ApnsKey.from_pem(
        at_apple.pem(), key_id=apple.KEY_ID, team_id=apple.TEAM_ID, topic=apple.TOPIC
    )
    with (
        poster_to(push_peer, authority) as browsers,
        poster_to(google_peer, authority) as androids,
        poster_to(at_apple, authority, http2=True) as iphones,
    ):
        account = ServiceAccount.from_json(at_google.credentials())
        yield PushChannel(
            {
                "webpush": WebPush(browsers, Vapid(vapid, SUBJECT), clock),
                "fcm": Fcm(androids, account, clock),
                "apns": Apns(iphones, key, clock),
            },
            Breaker(failures=1000),
        )


def test_nothing_of_hers_is_logged_or_booked_even_at_debug(
    channel, push_peer, google_peer, at_apple, push_service, at_google, vapid, caplog
):
    caplog.set_level(logging.DEBUG)
    browser = push_service.browser("her-subscription")
    devices = [browser_device(browser), phone("fcm", ANDROID), phone("apns", IPHONE)]
    sent = message(*devices, title="SECRET TITLE")
    said = []

    def send():
        try:
            channel.send(sent)
        except ChannelError as error:
            said.append(str(error))

    send()
    quote = f"{browser.endpoint} {ANDROID}".encode()
    for status in (400, 410, 429, 500):
        push_peer.next.append(answers(status, quote))
        google_peer.next.append(answers(status, quote))
        at_apple.next.append((status, IPHONE, {}))
        send()
    for behaviour in (cuts_mid_answer, takes_and_cuts):
        push_peer.next.append(behaviour)
        google_peer.next.append(behaviour)
        send()

    assert len(said) >= 5
    hers = [
        "her-subscription", "updates.push", ANDROID, IPHONE, "SECRET TITLE", sent.collapse_key,
        collapse_id(sent), vapid.private_text, "eyJ", "ya29.", *at_apple.tokens,
        browser.subscription()["keys"]["auth"],
    ]  # fmt: skip
    ours = [r for r in caplog.records if not r.name.startswith(("hypercorn", "asyncio", "tests"))]
    everything = "\n".join([*said, *(record.getMessage() for record in ours)])
    assert [word for word in hers if word in everything] == []
    assert caplog.records
