"""Addresses that let somebody in, while they wait in the outbox: sealed for their recipient."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from service import sealing

_PLACE = "outbox_messages.body.url"


def sealed_url(recipient_id: UUID, url: str) -> dict[str, str]:
    """Return what a message's body holds of an address with a code in it."""
    return {"sealed_url": sealing.held().seal_secret(f"{_PLACE}.{recipient_id.hex}", url)}


def opened_url(recipient_id: UUID, body: Mapping[str, Any]) -> str | None:
    """Return the address a message's body brings, ``None`` if it brings none.

    Raises:
        NotOpened: it was changed, or belongs to another recipient.
    """
    if "sealed_url" in body:
        return sealing.held().open_secret(f"{_PLACE}.{recipient_id.hex}", body["sealed_url"])
    url: str | None = body.get("url")
    return url
