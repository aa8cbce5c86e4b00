"""A hospital's identity provider, built with authlib, to be run as a process of its own.

``python -m tests.dashboard.identity_provider CLIENT_SECRET REDIRECT_URI`` prints its address.  Who
signs in there, and how the provider lies about it, is said with ``POST /be``:

    {"who": {claims of the user}, "lies": {claims of the token, ``null`` to leave one out},
     "alg": "RS256" | "none" | "HS256", "key": "mine" | "another", "fault": "html" | "huge" | "elsewhere"}
"""

import hmac
import json
import os
import sys
from base64 import urlsafe_b64encode
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT_ID = "waymark"
# The whole memory of the process.
BEHAVIOUR: dict[str, Any] = {}
CODES: dict[str, Any] = {}
KEYS = {name: RSAKey.generate_key(2048) for name in ("mine", "another")}


class Client(ClientMixin):
    """Waymark, as it is registered here."""

    def __init__(self, secret: str, redirect_uri: str) -> None:
        self.secret, self.redirect_uri = secret, redirect_uri

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class Code(AuthorizationCodeMixin):
    """A code that was handed to a browser."""

    def __init__(self, asked: Any, code: str) -> None:
        data = asked.payload.data
        self.code, self.nonce = code, data.get("nonce")
        self.redirect_uri, self.scope = asked.payload.redirect_uri, asked.payload.scope
        self.code_challenge = data.get("code_challenge")
        self.code_challenge_method = data.get("code_challenge_method")

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class Grant(AuthorizationCodeGrant):
    """Hands out codes, each good once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        CODES[code] = Code(request, code)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        return CODES.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del CODES[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> dict[str, Any]:
        return BEHAVIOUR["who"]


class Word(OpenIDCode):
    """Writes ID tokens: authlib's, and then what the provider was told to make of them."""

    def __init__(self, address: str) -> None:
        super().__init__(require_nonce=True)
        self.address = address

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return False

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": self.address}

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        return {"alg": "RS256", "kid": "1"}

    def resolve_client_private_key(self, client: Client) -> Any:
        return KEYS["mine"]

    def generate_user_info(self, user: dict[str, Any], scope: str) -> dict[str, Any]:
        return user

    def encode_id_token(self, token: Any, request: Any) -> str:
        honest = super().encode_id_token(token, request)
        claims = jwt.decode(honest, KEYS["mine"], algorithms=["RS256"]).claims
        claims |= BEHAVIOUR.get("lies", {})
        told = {name: value for name, value in claims.items() if value is not None}
        alg = BEHAVIOUR.get("alg", "RS256")
        header = {"alg": alg, "kid": "1"}
        if alg == "HS256":
            return signed_with_what_everybody_has(header, told, KEYS["mine"])
        key = None if alg == "none" else KEYS[BEHAVIOUR.get("key", "mine")]
        return jwt.encode(header, told, key, algorithms=[alg])


def build(secret: str, redirect_uri: str, address: str) -> Flask:
    """Return the provider as an application."""
    app = Flask("identity_provider")
    server = AuthorizationServer(
        app, query_client={CLIENT_ID: Client(secret, redirect_uri)}.get,
        save_token=lambda token, request: None,
    )  # fmt: skip
    server.register_grant(Grant, [Word(address), CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def metadata() -> Any:
        return jsonify(
            issuer=address, authorization_endpoint=f"{address}/authorize",
            token_endpoint=f"{address}/token", jwks_uri=f"{address}/keys",
            end_session_endpoint=f"{address}/out",
            token_endpoint_auth_methods_supported=["client_secret_basic"],
        )  # fmt: skip

    @app.get("/keys")
    def keys() -> Any:
        return jsonify(keys=[{**KEYS["mine"].as_dict(private=False), "kid": "1", "use": "sig"}])

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=BEHAVIOUR["who"])
        return server.create_authorization_response(grant_user=BEHAVIOUR["who"], grant=grant)

    @app.post("/token")
    def token() -> Any:
        faults = {"html": "<h1>Sorry</h1>", "huge": "x" * 1_000_000, "elsewhere": redirect("/keys")}
        return faults.get(BEHAVIOUR.get("fault", "")) or server.create_token_response()

    @app.post("/be")
    def be() -> Any:
        BEHAVIOUR.clear()
        BEHAVIOUR.update(request.get_json())
        return jsonify(ok=True)

    return app


def signed_with_what_everybody_has(header: Any, claims: Any, key: RSAKey) -> str:
    """Sign with the public key as if it were a secret both know, which libraries refuse to do."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signed = b".".join(parts)
    signature = hmac.digest(key.as_pem(private=False), signed, "sha256")
    return (signed + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()


def main() -> None:
    """Serve on a free port of loopback until the process is ended."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    address = f"http://127.0.0.1:{server.server_port}"
    server.app = build(sys.argv[1], sys.argv[2], address)
    print(address, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
