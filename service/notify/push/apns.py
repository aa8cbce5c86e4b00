"""APNs: to an iPhone or iPad, by Apple's protocol over HTTP/2."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Self

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import ECKey

from service.clock import Clock
from service.ids import derived_id
from service.notify.channels import Gone, Refused
from service.notify.push.payload import (
    collapse_id,
    expires_at,
    is_urgent,
    pushed,
    text_of,
)
from service.notify.push.posting import Answer, Poster
from service.notify.push.tokens import Token, Tokens
from service.notify.rules import Address, Leased

HOST, SANDBOX = "api.push.apple.com", "api.sandbox.push.apple.com"
# Apple refuses tokens older than an hour, and more than one new one in twenty minutes.
# Source: Apple, "Establishing a token-based connection to APNs".
_RENEWED_AFTER = timedelta(minutes=50)
_NOT_BEFORE = timedelta(minutes=20)
_GONE_REASONS = {"BadDeviceToken", "Unregistered", "ExpiredToken"}
_DEVICE = re.compile(r"[0-9a-fA-F]{2,400}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApnsKey:
    """Who sends: a key of a team at Apple, and the app it sends to."""

    key_id: str
    team_id: str
    topic: str
    private: ECKey = field(repr=False)

    @classmethod
    def from_pem(cls, pem: bytes, *, key_id: str, team_id: str, topic: str) -> Self:
        """Read the ``.p8`` file Apple gives.

        Raises:
            ValueError: it is none.
        """
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            raise ValueError("not a private key") from None
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError("not a private key for ES256")
        return cls(key_id, team_id, topic, ECKey.import_key(private))

    def token(self, now: datetime) -> Token:
        """Return a token that says who sends, since now."""
        header = {"alg": "ES256", "kid": self.key_id}
        claims: dict[str, object] = {"iss": self.team_id, "iat": int(now.timestamp())}
        text = jwt.encode(header, claims, self.private)
        return Token(text, made_at=now, renew_at=now + _RENEWED_AFTER)


class Apns:
    """Sends to iPhones and iPads, many at once, each over a connection it keeps."""

    def __init__(self, poster: Poster, key: ApnsKey, clock: Clock, host: str = HOST) -> None:
        self._poster, self._key, self._clock, self._host = poster, key, clock, host
        self._tokens = Tokens(lambda _name, now: key.token(now))

    def target(self, address: Address) -> str:
        """Return what stands or falls together: all iPhones.

        Raises:
            Refused: there is no token, or none of a device.
        """
        if not _DEVICE.fullmatch(text_of(address.address, "token")):
            raise Refused("apns: not a device token")
        return "apns"

    def hand_over(self, message: Leased, address: Address) -> None:
        """Send to one device.

        Raises:
            TryAgain: APNs is busy, does not answer, or does not know us.
            Gone: the app is no longer on the device.
            Refused: never this message, or never there.
        """
        now = self._clock.now()
        token = self._tokens.get(now=now)
        answer = self._post(message, address, token)
        if _reason(answer) == "ExpiredProviderToken" and now - token.made_at >= _NOT_BEFORE:
            self._tokens.drop(token)
            answer = self._post(message, address, self._tokens.get(now=now))
        if answer.status == HTTPStatus.OK:
            return
        if answer.status == HTTPStatus.GONE or _reason(answer) in _GONE_REASONS:
            raise Gone(f"apns: {answer.status}")
        # 403 is about us, not about her phone: whoever runs the site can mend it.
        if answer.is_passing or answer.status == HTTPStatus.FORBIDDEN:
            raise answer.again("apns", now=now)
        raise Refused(f"apns: {answer.status}")

    def _post(self, message: Leased, address: Address, token: Token) -> Answer:
        now = self._clock.now()
        said = pushed(message)
        device = text_of(address.address, "token")
        content = {
            "aps": {"alert": {"title": said.pop("title")}, "sound": "default"},
            **said,
        }
        return self._poster.post(
            f"https://{self._host}/3/device/{device}",
            headers={
                "authorization": f"bearer {token.text}",
                "content-type": "application/json",
                "apns-topic": self._key.topic,
                "apns-push-type": "alert",
                "apns-priority": "10" if is_urgent(message) else "5",
                "apns-expiration": str(int(expires_at(message, now=now).timestamp())),
                "apns-collapse-id": collapse_id(message),
                # The same for every try, so that Apple's own records show a repeat as one.
                "apns-id": str(derived_id(message.id, address.device_id)),
            },
            content=orjson.dumps(content),
            who="apns",
        )


def _reason(answer: Answer) -> str:
    return text_of(answer.json(), "reason")
