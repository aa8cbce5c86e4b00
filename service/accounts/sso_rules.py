"""Whether a provider's word is to be believed (OpenID Connect Core 1.0, section 3.1.3.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

# Signatures that only the provider can make.  "none" and those made with the client's secret,
# which a public key could be passed off as, are not among them (RFC 8725, 2.1 and 3.1).
ALGORITHMS = ("RS256", "PS256", "ES256")
_KINDS: Mapping[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
# How far the provider's clock may be off.
_LEEWAY = timedelta(minutes=1)
_SUBJECT_MOST = 255  # characters, section 2


class Unbelievable(Exception):
    """A token says something else than it should; the message names the claim and no value."""


class UnknownKey(Unbelievable):
    """The token was signed with a key that is not, or not yet, among the provider's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a token has to say: who wrote it, for whom, and how its subject has signed in.

    ``acr``: one of these, if any.  ``amr``: all of these.
    """

    issuer: str
    client_id: str
    acr: frozenset[str] = frozenset()
    amr: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who has signed in; ``email`` is ``None`` unless the provider has verified it."""

    subject: str
    email: str | None


def read_id_token(
    token: str,
    keys: Sequence[Mapping[str, Any]],
    demands: Demands,
    *,
    nonce: str,
    now: datetime,
) -> Identity:
    """Return whom an ID token names.

    Args:
        token: as the token endpoint gave it.
        keys: the provider's, as JSON Web Keys.
        demands: what it has to say.
        nonce: what was sent along with this very request.
        now: for its times.

    Raises:
        Unbelievable: it is forged, meant for somebody else, too old, or says too little.
    """

    def signer(signed: Any) -> RSAKey | ECKey:
        return _key(keys, signed.headers().get("kid"))

    try:
        claims = jwt.decode(token, signer, algorithms=list(ALGORITHMS)).claims
    except (JoseError, ValueError, TypeError, KeyError):
        raise Unbelievable("signature") from None
    _check_parties(claims, demands)
    _check_times(claims, now)
    given = claims.get("nonce")
    if not isinstance(given, str) or not compare_digest(given.encode(), nonce.encode()):
        raise Unbelievable("nonce")
    _check_factors(claims, demands)
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= _SUBJECT_MOST or "\x00" in subject:
        raise Unbelievable("sub")
    if not isinstance(email, str) or "\x00" in email or claims.get("email_verified") is not True:
        email = None
    return Identity(subject, email)


def _key(keys: Sequence[Mapping[str, Any]], kid: object) -> RSAKey | ECKey:
    usable = [
        one
        for one in keys
        if str(one.get("kty")) in _KINDS
        and one.get("use", "sig") == "sig"
        and (kid is None or one.get("kid") == kid)
    ]
    # A token that does not name its key is believed where there is only one it can be.
    if len(usable) != 1:
        raise UnknownKey("kid")
    return _KINDS[usable[0]["kty"]].import_key(dict(usable[0]))


def _check_parties(claims: Mapping[str, Any], demands: Demands) -> None:
    if claims.get("iss") != demands.issuer:
        raise Unbelievable("iss")
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or demands.client_id not in named:
        raise Unbelievable("aud")
    party = claims.get("azp")
    if party != demands.client_id and (party is not None or len(named) > 1):
        raise Unbelievable("azp")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    moment, leeway = now.timestamp(), _LEEWAY.total_seconds()
    if _seconds(claims, "exp") <= moment - leeway:
        raise Unbelievable("exp")
    for name in ("iat", "nbf"):
        if (name == "iat" or name in claims) and _seconds(claims, name) > moment + leeway:
            raise Unbelievable(name)


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unbelievable(name)
    return value


def _check_factors(claims: Mapping[str, Any], demands: Demands) -> None:
    if demands.acr and str(claims.get("acr")) not in demands.acr:
        raise Unbelievable("acr")
    used = claims.get("amr")
    if demands.amr and not (isinstance(used, list) and demands.amr <= {str(one) for one in used}):
        raise Unbelievable("amr")
