"""The organisation that vouches for staff: where it asks them who they are, and what it says.

What it answers is not trusted before it is checked: bounded in time and size, followed nowhere
else, and of the shape it should have.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

import httpcore2
import orjson

from service.accounts.sso_actions import Attempt
from service.accounts.sso_rules import Demands, Identity, UnknownKey, read_id_token
from service.environment import BadConfig
from service.notify.push.network import Network

_TIMEOUT = timedelta(seconds=5)
_MOST_READ = 256 * 1024
_KEPT = timedelta(hours=1)
# A token of a new key makes us look again, no more often than this.
_LOOKED_AGAIN = timedelta(minutes=1)
_SCOPE = "openid email"


class ProviderAway(Exception):
    """The provider does not answer, or not as OpenID Connect says; the message says at what."""


@dataclass(frozen=True, slots=True)
class _Kept:
    at: datetime
    found: Mapping[str, Any]


class Provider:
    """An OpenID Connect provider, for many threads."""

    def __init__(
        self, demands: Demands, client_secret: str, *, redirect_uri: str, clinic_id: UUID | None
    ) -> None:
        self.demands, self.redirect_uri, self.clinic_id = demands, redirect_uri, clinic_id
        self._secret = client_secret
        # The operator names it, so it may well stand in the hospital's own network.
        self._network = Network(may_reach=lambda _address: True)
        self._pool = httpcore2.ConnectionPool(network_backend=self._network)
        self._metadata: _Kept | None = None
        self._keys: _Kept | None = None

    def address_to_ask(self, attempt: Attempt, *, now: datetime) -> str:
        """Return where a browser is sent to sign in (authorization code with PKCE).

        Raises:
            ProviderAway: the provider cannot be asked where that is.
        """
        challenge = hashlib.sha256(attempt.code_verifier.encode()).digest()
        asked = {
            "response_type": "code", "client_id": self.demands.client_id, "scope": _SCOPE,
            "redirect_uri": self.redirect_uri, "state": attempt.state, "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }  # fmt: skip
        if self.demands.acr:
            asked["acr_values"] = " ".join(sorted(self.demands.acr))
        return _with_query(self._endpoint("authorization_endpoint", now), asked)

    def address_to_sign_out(self, back_to: str, *, now: datetime) -> str | None:
        """Return where a browser signs out of the provider, ``None`` if it has no such page.

        Raises:
            ProviderAway: the provider cannot be asked.
        """
        if "end_session_endpoint" not in self._described(now):
            return None
        asked = {"client_id": self.demands.client_id, "post_logout_redirect_uri": back_to}
        return _with_query(self._endpoint("end_session_endpoint", now), asked)

    def is_answer_of(self, issuer: str | None, *, now: datetime) -> bool:
        """Tell whether an answer came from this provider and not from another (RFC 9207)."""
        if issuer is not None:
            return issuer == self.demands.issuer
        return not self._described(now).get("authorization_response_iss_parameter_supported")

    def identity(self, code: str, attempt: Attempt, *, now: datetime) -> Identity:
        """Exchange the code a browser has brought back for the word of the provider.

        Raises:
            ProviderAway: it gives none for this code.
            Unbelievable: it is not to be believed.
        """
        body = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri,
            "code_verifier": attempt.code_verifier,
        }  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        client_id = self.demands.client_id
        methods = self._described(now).get("token_endpoint_auth_methods_supported")
        if isinstance(methods, list) and "client_secret_basic" not in methods:
            body |= {"client_id": client_id, "client_secret": self._secret}
        else:
            pair = f"{quote(client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        url = self._endpoint("token_endpoint", now)
        answer = self._fetch(url, headers=headers, content=urlencode(body).encode())
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderAway("id_token")
        try:
            return self._read(token, attempt, now)
        except UnknownKey:
            if self._keys is None or self._keys.at > now - _LOOKED_AGAIN:
                raise
            self._keys = None
            return self._read(token, attempt, now)

    def _read(self, token: str, attempt: Attempt, now: datetime) -> Identity:
        if self._keys is None or self._keys.at <= now - _KEPT:
            self._keys = _Kept(now, self._fetch(self._endpoint("jwks_uri", now)))
        found = self._keys.found.get("keys")
        keys = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return read_id_token(token, keys, self.demands, nonce=attempt.nonce, now=now)

    def _described(self, now: datetime) -> Mapping[str, Any]:
        if self._metadata is None or self._metadata.at <= now - _KEPT:
            base = self.demands.issuer.rstrip("/")
            found = self._fetch(f"{base}/.well-known/openid-configuration")
            if found.get("issuer") != self.demands.issuer:
                raise ProviderAway("issuer")
            self._metadata = _Kept(now, found)
        return self._metadata.found

    def _endpoint(self, name: str, now: datetime) -> str:
        url = self._described(now).get(name)
        # A provider on loopback may name pages on loopback; any other needs TLS throughout.
        if not isinstance(url, str) or not _is_safe(url, like=self.demands.issuer):
            raise ProviderAway(name)
        return url

    def _fetch(
        self, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> dict[str, Any]:
        seconds = _TIMEOUT.total_seconds()
        self._network.allow(seconds)
        try:
            with self._pool.stream(
                "GET" if content is None else "POST",
                url,
                headers=[("Accept", "application/json"), *(headers or {}).items()],
                content=content,
                extensions={
                    "timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)
                },
            ) as response:
                body = b""
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > _MOST_READ:
                        raise ProviderAway("too long")
        except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
            raise ProviderAway("no answer") from None
        if response.status != HTTPStatus.OK:
            raise ProviderAway(f"status {response.status}")
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise ProviderAway("no JSON object")
        return found


def provider_of(settings: Mapping[str, Any]) -> Provider | None:
    """Return the provider the settings name, ``None`` if there is none.

    Raises:
        BadConfig: it is reached without TLS, or nothing says that it asks for a second factor.
    """
    issuer = settings["OIDC_ISSUER"]
    if issuer is None:
        return None
    if not _is_safe(issuer, like=issuer):
        raise BadConfig("OIDC_ISSUER: must begin with https://")
    acr, amr = frozenset(settings["OIDC_ACR"]), frozenset(settings["OIDC_AMR"])
    if not (acr or amr or settings["OIDC_MFA_IS_ENFORCED"]):
        raise BadConfig(
            "OIDC_ACR or OIDC_AMR: one is needed, so that tokens say a second factor was used; "
            "or OIDC_MFA_IS_ENFORCED=yes, if the provider demands one and cannot say so"
        )
    return Provider(
        Demands(issuer=issuer, client_id=settings["OIDC_CLIENT_ID"], acr=acr, amr=amr),
        settings["OIDC_CLIENT_SECRET"],
        redirect_uri=f"{settings['PUBLIC_URL']}/sign-in/sso/callback",
        clinic_id=settings["OIDC_CLINIC_ID"],
    )


def _is_safe(url: str, *, like: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and _is_loopback(url) and _is_loopback(like)


def _is_loopback(url: str) -> bool:
    try:
        return ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False


def _with_query(url: str, asked: Mapping[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(asked)}"
