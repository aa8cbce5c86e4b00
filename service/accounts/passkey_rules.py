"""Passkeys (WebAuthn, level 3): what an authenticator is asked to sign, and whether it did.

The cryptography is py_webauthn's.  A passkey signs the address of the page that asked, so a page
that only looks like ours gets a signature that is worth nothing here.
"""

import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.parse_attestation_object import parse_attestation_object
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from service.errors import NotFound

_NAME = "Waymark"
# Statements with a maker's certificates are not asked for (attestation "none"), and the code
# that reads them is left out of a stranger's reach.
_FORMATS = {"none", "packed"}
_LONGEST_ID = 1023  # bytes, WebAuthn level 3, section 4
# What py_webauthn says no with, and what slips out of it where a key makes no sense.
_UNUSABLE = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class NoPasskeys(NotFound):
    """Passkeys belong to a name, and this site is reached by a number (an IP address)."""

    slug = "no-passkeys"
    title = "This site has no passkeys."


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom passkeys are for: the site's host name, and the origins that may ask for them."""

    id: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A passkey an authenticator has made."""

    credential_id: str
    public_key: bytes
    sign_count: int
    is_synced: bool


def relying_party(public_url: str, other_origins: Sequence[str] = ()) -> RelyingParty | None:
    """Return whom the passkeys of a site are for; ``None`` if its address has no name in it.

    Args:
        public_url: where the site is reached.
        other_origins: of its apps, as Android says them (``android:apk-key-hash:…``).
    """
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return RelyingParty(host, (f"{parts.scheme}://{parts.netloc}", *other_origins))
    return None


def creation_options(
    party: RelyingParty,
    *,
    account_id: UUID,
    email: str,
    display_name: str,
    challenge: bytes,
    existing: Sequence[str],
) -> dict[str, Any]:
    """Return what a browser's ``navigator.credentials.create`` takes as ``publicKey``, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=_NAME,
        # An id of ours: the authenticator hands it to whoever holds it, so no address.
        user_id=account_id.bytes,
        user_name=email,
        user_display_name=display_name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in existing
        ],
    )
    return options_to_json_dict(options)


def request_options(party: RelyingParty, *, challenge: bytes) -> dict[str, Any]:
    """Return what ``navigator.credentials.get`` takes as ``publicKey``, as JSON.

    No passkey is named in it, so it says of nobody whether she has one.
    """
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def challenge_of(credential: Mapping[str, Any]) -> bytes | None:
    """Return the challenge an authenticator's answer says it signed; ``None`` if it says none.

    Also where another site's page has framed ours to ask.
    """
    try:
        said = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        if said.get("crossOrigin"):
            return None
        return base64url_to_bytes(said["challenge"])
    except (*_UNUSABLE, binascii.Error):
        return None


def check_made(
    party: RelyingParty, credential: Mapping[str, Any], *, challenge: bytes
) -> Made | None:
    """Return the passkey that was made for us in answer to a challenge, ``None`` if none was."""
    try:
        attested = parse_attestation_object(
            base64url_to_bytes(credential["response"]["attestationObject"])
        )
        if attested.fmt not in _FORMATS:
            return None
        found = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
    except _UNUSABLE:
        return None
    if len(found.credential_id) > _LONGEST_ID:
        return None
    return Made(
        credential_id=bytes_to_base64url(found.credential_id),
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        is_synced=found.credential_backed_up,
    )


def check_used(
    party: RelyingParty,
    credential: Mapping[str, Any],
    *,
    challenge: bytes,
    account_id: UUID,
    public_key: bytes,
    sign_count: int,
) -> tuple[int, bool] | None:
    """Return a passkey's new count and whether it is synced; ``None`` if this is not its signature.

    Also where the count has not gone on: then somebody has a copy of the key.
    """
    if credential["response"].get("userHandle") != bytes_to_base64url(account_id.bytes):
        return None
    try:
        found = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _UNUSABLE:
        return None
    return found.new_sign_count, found.credential_backed_up
