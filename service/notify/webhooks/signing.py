"""How a delivery is signed, and what it says: the Standard Webhooks specification.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md ("Signature
scheme", "Webhook headers"), read 26 November 2026.  A secret is 24 to 64 random bytes.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new secret as it is shown to whoever sets up the receiver."""
    return _PREFIX + base64.b64encode(os.urandom(_SECRET_BYTES)).decode()


def payload_of(body: Mapping[str, Any], content: Mapping[str, Any]) -> bytes:
    """Return what is posted of a message's body: its type, its moment, and ids with any codes."""
    return orjson.dumps(
        {
            "type": body["type"],
            "timestamp": body["timestamp"],
            "data": {**body["data"], **content},
        }
    )


def headers_of(
    id: str, payload: bytes, secrets: Iterable[str], *, now: datetime
) -> Mapping[str, str]:
    """Return the three headers of a delivery; each secret signs, the newest first."""
    seconds = str(int(now.timestamp()))
    signed = b".".join((id.encode(), seconds.encode(), payload))
    return {
        "webhook-id": id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    digest = hmac.digest(key, signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
