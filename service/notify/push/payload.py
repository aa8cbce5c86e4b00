"""What a push says, and how long it is worth delivering: pure, the same for every protocol."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from service.notify.rules import Leased

# What has no end of its usefulness is kept for a phone that is off for a day; the longest is what
# FCM and the Web Push services keep at all (four weeks).
KEPT_FOR = timedelta(days=1)
KEPT_AT_MOST = timedelta(weeks=4)
# Of the 4 KiB every service takes, what is left for the ids beside title and envelope.
_IDS_AT_MOST = 2500


def collapse_id(message: Leased) -> str:
    """Return 32 characters of base64url that a repeat of this message has again.

    Short enough for each protocol's own field, and it tells the provider nothing.

    Source: RFC 8030 section 5.4 (Topic); apns-collapse-id takes 64 bytes.
    """
    digest = hashlib.sha256(message.collapse_key.encode()).digest()
    return base64.urlsafe_b64encode(digest)[:32].decode()


def pushed(message: Leased) -> dict[str, Any]:
    """Return what the app is given: a discreet title, and the ids to fetch the rest by.

    Of the body only ids go out: everything else is read after signing in.  More ids than fit are
    left out altogether, and the app asks what is due.
    """
    ids = {name: value for name, value in message.body.items() if _is_id(value)}
    if len(orjson.dumps(ids)) > _IDS_AT_MOST:
        ids = {}
    return {
        "title": message.title,
        "kind": message.kind,
        "key": message.collapse_key,
        "subject_id": str(message.subject_id) if message.subject_id else None,
        "body": ids,
    }


def expires_at(message: Leased, *, now: datetime) -> datetime:
    """Return until when a provider may keep the message for a device that is away."""
    until = message.useful_until or now + KEPT_FOR
    return min(max(until, now), now + KEPT_AT_MOST)


def seconds_to_live(message: Leased, *, now: datetime) -> int:
    """Return for how many whole seconds a provider may keep the message."""
    return int((expires_at(message, now=now) - now).total_seconds())


def is_urgent(message: Leased) -> bool:
    """Tell whether the message may wake a phone: reminders and what staff have to act on."""
    return message.to_staff or message.kind == "reminder"


def _is_id(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str | UUID) and _is_id(one) for one in value)
    if isinstance(value, UUID):
        return True
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def text_of(answer: Mapping[str, object], name: str) -> str:
    """Return a text from a provider's answer; ``""`` if there is none of that name."""
    found = answer.get(name)
    return found if isinstance(found, str) else ""
