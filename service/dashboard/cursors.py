"""The place where a page of a list ended, as it stands in the address of the next one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from itsdangerous import base64_decode, base64_encode
from itsdangerous.exc import BadData

from service.errors import Rejected

_MOST = 2**31


class PlaceUnknown(Rejected):
    """The address names a place in a list that is none of ours."""

    slug = "place-unknown"
    title = "This address does not lead to a place in the list. Please begin at its top."


def written(place: list[Any]) -> str:
    """Write a place into an address."""
    return base64_encode(orjson.dumps(place)).decode()


def read(text: str, *, parts: int) -> list[Any]:
    """Read a place out of an address.

    Raises:
        PlaceUnknown: it was not written by us.
    """
    try:
        place = orjson.loads(base64_decode(text))
    except (BadData, ValueError):
        raise PlaceUnknown from None
    if not isinstance(place, list) or len(place) != parts:
        raise PlaceUnknown
    if any(isinstance(part, int) and abs(part) >= _MOST for part in place):
        raise PlaceUnknown
    return place


def moment_and_id(text: str) -> tuple[datetime, UUID] | None:
    """Read a place that is a moment and an id; ``None`` for the top of the list.

    Raises:
        PlaceUnknown: it was not written by us.
    """
    if not text:
        return None
    place: list[Any] = read(text, parts=2)
    try:
        at = datetime.fromisoformat(place[0])
        if at.tzinfo is None:
            raise PlaceUnknown
        return at.astimezone(UTC), UUID(place[1])
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise PlaceUnknown from None
