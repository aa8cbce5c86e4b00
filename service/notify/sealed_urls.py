"""What a message does not show while it waits in the outbox: sealed for its recipient.

That are links that let somebody in, and mailboxes that are not (or not any more) her account's.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from service import sealing

_PLACE = "outbox_messages.body.url"
_MAILBOX = "outbox_messages.body.mailbox"


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


def sealed_mailbox(recipient_id: UUID, email: str) -> dict[str, str]:
    """Return what a message's body holds of a mailbox it goes to instead of the account's."""
    return {"sealed_mailbox": sealing.held().seal_secret(f"{_MAILBOX}.{recipient_id.hex}", email)}


def opened_mailbox(recipient_id: UUID, body: Mapping[str, Any]) -> str | None:
    """Return the mailbox a message goes to, ``None`` if it is the account's.

    Raises:
        NotOpened: it was changed, or belongs to another recipient.
    """
    if "sealed_mailbox" not in body:
        return None
    return sealing.held().open_secret(f"{_MAILBOX}.{recipient_id.hex}", body["sealed_mailbox"])
