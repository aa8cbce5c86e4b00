"""Google: the endpoint that gives out access tokens, and FCM, which wants to see one."""

import json
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.notify.peers.http import Reply, Seen

TOKENS, FCM = "oauth2.googleapis.com", "fcm.googleapis.com"


class Google:
    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.tokens: dict[str, float] = {}
        self.unregistered: set[str] = set()
        self.taken: list[dict[str, Any]] = []

    def credentials(self) -> bytes:
        """The file that a site is given."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return json.dumps(
            {
                "type": "service_account", "project_id": "waymark-test",
                "client_email": "push@waymark-test.iam.gserviceaccount.com",
                "private_key": pem.decode(), "token_uri": f"https://{TOKENS}/token",
            }
        ).encode()  # fmt: skip

    def serve(self, seen: Seen) -> Reply:
        if seen.host == TOKENS:
            return self._token(seen)
        return self._send(seen)

    def _token(self, seen: Seen) -> Reply:
        form = parse_qs(seen.body.decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        [assertion] = form["assertion"]
        key = RSAKey.import_key(self._key.public_key())
        claims = jwt.decode(assertion, key, algorithms=["RS256"]).claims
        now = self._clock.now().timestamp()
        good = (
            claims["iss"] == "push@waymark-test.iam.gserviceaccount.com"
            and claims["aud"] == f"https://{TOKENS}/token"
            and claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
            and claims["iat"] <= now < claims["exp"] <= claims["iat"] + 3600
        )
        if not good:
            return Reply(400, b'{"error": "invalid_grant"}')
        token = f"ya29.{len(self.tokens)}"
        self.tokens[token] = now + 3600
        return _json(200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _send(self, seen: Seen) -> Reply:
        token = seen.headers["authorization"].removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= self._clock.now().timestamp():
            return error(401, "UNAUTHENTICATED", None)
        assert seen.path == "/v1/projects/waymark-test/messages:send"
        message = json.loads(seen.body)["message"]
        if message["token"] in self.unregistered:
            return error(404, "NOT_FOUND", "UNREGISTERED")
        if not all(isinstance(value, str) for value in message["data"].values()):
            return error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT")
        self.taken.append(message)
        return _json(200, {"name": f"projects/waymark-test/messages/{len(self.taken)}"})


def error(code: int, status: str, word: str | None) -> Reply:
    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
    details = [{"@type": kind, "errorCode": word}] if word else []
    return _json(code, {"error": {"code": code, "status": status, "details": details}})


def _json(status: int, found: Any) -> Reply:
    return Reply(status, json.dumps(found).encode(), {"Content-Type": "application/json"})
