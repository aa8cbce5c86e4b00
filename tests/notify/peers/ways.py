"""The real channels, led to peers on loopback."""

import time
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from service.notify.breaker import Breaker
from service.notify.push.channel import PushChannel
from service.notify.push.network import Network
from service.notify.push.posting import Poster
from service.notify.push.vapid import Vapid, VapidKey
from service.notify.push.webpush import PUSH_SERVICES, WebPush
from service.notify.rules import Address, Leased
from tests.conftest import FixedClock

SHORT = timedelta(milliseconds=400)
SUBJECT = "mailto:it@harbor.example"
OCCURRENCE = UUID("01900000-0000-7000-8000-0000000000c1")


def network_to(port: int, **more: Any) -> Network:
    """Every name leads to a peer on loopback, and loopback may be reached."""
    return Network(
        resolve=lambda host, _port: [("127.0.0.1", port)],
        may_reach=lambda address: address.is_loopback, **more,
    )  # fmt: skip


def poster_to(peer: Any, authority: Any, **more: Any) -> Poster:
    more = {"timeout": timedelta(seconds=5)} | more
    return Poster(network=network_to(peer.port), tls=authority.trusted(), **more)


@contextmanager
def web_push_to(
    peer, authority, key: VapidKey, clock, *, breaker=None, monotonic=time.monotonic, **more
):
    """The push channel of a site that has Web Push alone."""
    with poster_to(peer, authority, **more) as poster:
        provider = WebPush(poster, Vapid(key, SUBJECT), clock, PUSH_SERVICES)
        yield PushChannel({"webpush": provider}, breaker or Breaker(), monotonic=monotonic)


def browser_device(browser) -> Address:
    return Address(uuid4(), "webpush", browser.subscription())


def phone(platform: str, token: str) -> Address:
    return Address(uuid4(), platform, {"token": token})


def message(*devices: Address, **more: Any) -> Leased:
    now = FixedClock().now()
    said = {
        "id": uuid4(), "try_no": 1, "until": now + timedelta(seconds=30),
        "collapse_key": f"reminder.{OCCURRENCE}", "patient_id": uuid4(), "recipient_id": uuid4(),
        "to_staff": False, "channel": "push", "kind": "reminder", "subject_id": OCCURRENCE,
        "title": "You have 3 reminders", "body": {"occurrences": [str(OCCURRENCE)]},
        "useful_until": now + timedelta(hours=4), "care_statuses": frozenset(),
        "is_disabled": False, "devices": devices,
    }  # fmt: skip
    return Leased(**said | more)
