"""Browsers, and the push service they trust: it checks who sends, they read what was sent."""

import base64
import json
import re
from datetime import timedelta
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.notify.peers.http import Reply, Seen

HOST = "updates.push.services.mozilla.com"
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Browser:
    def __init__(self, name: str, host: str = HOST) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = name.encode().ljust(16, b"-")[:16]
        self.endpoint = f"https://{host}/wpush/v2/{name}"

    def subscription(self) -> dict[str, Any]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": self.endpoint,
            "keys": {"p256dh": base64url(point), "auth": base64url(self.auth)},
        }

    def reads(self, sealed: bytes) -> dict[str, Any]:
        return json.loads(
            http_ece.decrypt(
                sealed, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
            )
        )


class PushService:
    """Keeps the last message of each topic for each browser, as the standard says."""

    def __init__(self, clock: Any, public_key: str, subject: str) -> None:
        self._clock, self._public_key, self._subject = clock, public_key, subject
        self.browsers: dict[str, Browser] = {}
        self.over: set[str] = set()
        self.inbox: dict[str, dict[str, dict[str, Any]]] = {}
        self.taken: list[tuple[str, dict[str, Any]]] = []

    def browser(self, name: str, host: str = HOST) -> Browser:
        self.browsers[name] = Browser(name, host)
        return self.browsers[name]

    def serve(self, seen: Seen) -> Reply:
        name = seen.path.rpartition("/")[2]
        if name in self.over or name not in self.browsers:
            return Reply(410)
        problem = self._problem(seen)
        if problem is not None:
            return Reply(401, problem.encode())
        if len(seen.body) > 4096:
            return Reply(413)
        said = self.browsers[name].reads(seen.body)
        self.inbox.setdefault(name, {})[seen.headers["topic"]] = said
        self.taken.append((name, said))
        return Reply(201, headers={"Location": f"https://{seen.host}/m/1"})

    def _problem(self, seen: Seen) -> str | None:
        scheme, _, rest = seen.headers["authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        if scheme != "vapid" or parts["k"] != self._public_key:
            return "who are you"
        point = base64.urlsafe_b64decode(parts["k"] + "==")
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        claims = jwt.decode(parts["t"], ECKey.import_key(key), algorithms=["ES256"]).claims
        now = self._clock.now().timestamp()
        day = timedelta(days=1).total_seconds()
        checks = {
            "audience": claims["aud"] == f"https://{seen.host}",
            "expiry": now < claims["exp"] <= now + day,
            "subject": claims["sub"] == self._subject,
            "encoding": seen.headers["content-encoding"] == "aes128gcm",
            "ttl": seen.headers["ttl"].isdigit(),
            "topic": _TOPIC.fullmatch(seen.headers["topic"]) is not None,
            "urgency": seen.headers["urgency"] in {"very-low", "low", "normal", "high"},
        }
        return next((name for name, holds in checks.items() if not holds), None)
