"""Web Push: to a browser, through the push service its maker runs (RFC 8030)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson

from service.clock import Clock
from service.notify.channels import Gone, Refused
from service.notify.push.encryption import BrowserKeys, encrypted
from service.notify.push.endpoints import Endpoint, endpoint_of, fits
from service.notify.push.payload import collapse_id, is_urgent, pushed, seconds_to_live, text_of
from service.notify.push.posting import Poster
from service.notify.push.vapid import Vapid
from service.notify.rules import Address, Leased

PUSH_SERVICES = (
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
"""The push services of the browsers there are; ``*.`` stands for one or more labels."""

_TAKEN = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT}
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


class WebPush:
    """Sends to browsers, encrypted for each, through push services on the list and no others."""

    def __init__(
        self, poster: Poster, vapid: Vapid, clock: Clock, hosts: Sequence[str] = PUSH_SERVICES
    ) -> None:
        self._poster, self._vapid, self._clock = poster, vapid, clock
        self._hosts = tuple(hosts)

    def target(self, address: Address) -> str:
        """Return the push service's host.

        Raises:
            Refused: it is none that we know, or the browser's keys are none.
        """
        _keys(address)
        return self._endpoint(address).host

    def hand_over(self, message: Leased, address: Address) -> None:
        """Send to one browser.

        Raises:
            TryAgain: the push service is busy, or does not answer.
            Gone: the subscription is over.
            Refused: never this message, or never there.
        """
        endpoint, now = self._endpoint(address), self._clock.now()
        answer = self._poster.post(
            endpoint.url,
            headers={
                "Authorization": self._vapid.authorization(f"https://{endpoint.host}", now=now),
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": str(seconds_to_live(message, now=now)),
                "Topic": collapse_id(message),
                "Urgency": "high" if is_urgent(message) else "normal",
            },
            content=encrypted(orjson.dumps(pushed(message)), _keys(address)),
            who="webpush",
        )
        if answer.status in _TAKEN:
            return
        if answer.status in _GONE:
            raise Gone(f"webpush: {answer.status}")
        if answer.is_passing or answer.status == HTTPStatus.UNAUTHORIZED:
            raise answer.again("webpush", now=now)
        raise Refused(f"webpush: {answer.status}")

    def _endpoint(self, address: Address) -> Endpoint:
        endpoint = endpoint_of(text_of(address.address, "endpoint"))
        if endpoint is None or not any(fits(endpoint.host, known) for known in self._hosts):
            raise Refused("webpush: not a push service we know")
        return endpoint


def _keys(address: Address) -> BrowserKeys:
    given = address.address.get("keys")
    keys = given if isinstance(given, Mapping) else {}
    try:
        return BrowserKeys.from_text(p256dh=text_of(keys, "p256dh"), auth=text_of(keys, "auth"))
    except ValueError:
        raise Refused("webpush: unusable keys") from None
