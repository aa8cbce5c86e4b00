"""FCM: to an Android phone, by Google's HTTP v1 protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote, urlencode

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from service.clock import Clock
from service.notify.channels import Gone, Refused, TryAgain
from service.notify.push.endpoints import endpoint_of
from service.notify.push.payload import (
    collapse_id,
    is_urgent,
    pushed,
    seconds_to_live,
    text_of,
)
from service.notify.push.posting import Answer, Poster
from service.notify.push.tokens import Token, Tokens
from service.notify.rules import Address, Leased

HOST = "fcm.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTED_FOR = timedelta(hours=1)
_RENEWED_BEFORE = timedelta(minutes=5)
_LONGEST_HELD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Who sends, as Google's credentials file names it."""

    project_id: str
    client_email: str
    token_uri: str
    key: RSAKey = field(repr=False)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read a credentials file.

        Raises:
            ValueError: it is none; the text says which field, and nothing of its content.
        """
        try:
            found: Mapping[str, Any] = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise ValueError("not JSON") from None
        for name in ("project_id", "client_email", "token_uri", "private_key"):
            if not isinstance(found, dict) or not text_of(found, name):
                raise ValueError(f"has no {name}")
        if endpoint_of(found["token_uri"]) is None:
            raise ValueError("token_uri is not https on a host of its own")
        try:
            key = RSAKey.import_key(found["private_key"])
        except (ValueError, JoseError):
            raise ValueError("private_key cannot be read") from None
        return cls(found["project_id"], found["client_email"], found["token_uri"], key)


class Fcm:
    """Sends to Android phones, with an access token of the site's service account."""

    def __init__(self, poster: Poster, account: ServiceAccount, clock: Clock) -> None:
        self._poster, self._account, self._clock = poster, account, clock
        self._tokens = Tokens(lambda _name, _now: self._new_token())
        project = quote(account.project_id, safe="")
        self._url = f"https://{HOST}/v1/projects/{project}/messages:send"

    def target(self, address: Address) -> str:
        """Return what stands or falls together: all phones.

        Raises:
            Refused: there is no token.
        """
        if not text_of(address.address, "token"):
            raise Refused("fcm: no token")
        return "fcm"

    def hand_over(self, message: Leased, address: Address) -> None:
        """Send to one phone.

        Raises:
            TryAgain: FCM is busy, does not answer, or does not know us.
            Gone: the app is no longer on the phone.
            Refused: never this message, or never there.
        """
        content = orjson.dumps({"message": self._message(message, address)})
        token = self._tokens.get(now=self._clock.now())
        answer = self._post(content, token)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._tokens.drop(token)
            answer = self._post(content, self._tokens.get(now=self._clock.now()))
        if answer.status == HTTPStatus.OK:
            return
        code = error_code(answer)
        if answer.status == HTTPStatus.NOT_FOUND and code == "UNREGISTERED":
            raise Gone("fcm: 404 UNREGISTERED")
        if code == "SENDER_ID_MISMATCH":
            raise Refused("fcm: 403 SENDER_ID_MISMATCH")
        # 401 and 403 are about us, not about her phone: whoever runs the site can mend it.
        ours = answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        if answer.is_passing or ours:
            raise answer.again("fcm", now=self._clock.now())
        raise Refused(f"fcm: {answer.status}")

    def _post(self, content: bytes, token: Token) -> Answer:
        headers = {
            "Authorization": f"Bearer {token.text}",
            "Content-Type": "application/json",
        }
        return self._poster.post(self._url, headers=headers, content=content, who="fcm")

    def _message(self, message: Leased, address: Address) -> dict[str, Any]:
        said = pushed(message)
        data = {name: value for name, value in said.items() if isinstance(value, str)}
        collapse = collapse_id(message)
        return {
            "token": text_of(address.address, "token"),
            "notification": {"title": said["title"]},
            "data": data | {"body": orjson.dumps(said["body"]).decode()},
            "android": {
                "collapse_key": collapse,
                "priority": "HIGH" if is_urgent(message) else "NORMAL",
                "ttl": f"{seconds_to_live(message, now=self._clock.now())}s",
                "notification": {"tag": collapse},
            },
        }

    def _new_token(self) -> Token:
        now = self._clock.now()
        account = self._account
        claims: dict[str, object] = {
            "iss": account.client_email,
            "scope": _SCOPE,
            "aud": account.token_uri,
            "iat": int(now.timestamp()),
            "exp": int((now + _ASSERTED_FOR).timestamp()),
        }
        assertion = jwt.encode({"alg": "RS256"}, claims, account.key)
        answer = self._poster.post(
            account.token_uri,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=urlencode({"grant_type": _GRANT, "assertion": assertion}).encode(),
            who="fcm token",
        )
        if answer.status != HTTPStatus.OK:
            raise answer.again("fcm token", now=now)
        found = answer.json()
        text, lifetime = text_of(found, "access_token"), found.get("expires_in")
        if not text.isascii() or not text.isprintable() or not text:
            raise TryAgain("fcm token: none in the answer")
        if not isinstance(lifetime, int) or lifetime <= 0:
            raise TryAgain("fcm token: no lifetime in the answer")
        held = min(timedelta(seconds=min(lifetime, 10**6)), _LONGEST_HELD)
        return Token(text, made_at=now, renew_at=now + max(held - _RENEWED_BEFORE, held / 2))


def error_code(answer: Answer) -> str:
    """Return FCM's own word for what went wrong; ``""`` if it says none.

    Source: Firebase, "FCM Error Codes for the HTTP v1 API" (google.firebase.fcm.v1.FcmError).
    """
    error = answer.json().get("error")
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict) and text_of(detail, "errorCode"):
            return text_of(detail, "errorCode")
    return ""
