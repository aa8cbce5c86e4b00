"""What somebody may choose of what reaches her: which kinds, over which way, how many a day.

Kept in ``Account.channels``, which holds only what she has said; what she has not is a default.
"""

from collections.abc import Mapping
from typing import Any

WAYS = ("push", "email")
# What she can do without, by the word the outbox has for it, and in words of hers.  The mail
# that lets her into her account is not among them: she asks for each of them herself.
KINDS: Mapping[str, str] = {
    "reminder": "reminders",
    "reply": "messages from your care team",
}
# Source: project choice.
MOST_A_DAY = 12


def shown(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return all of somebody's choices, with the defaults where she has made none."""
    return {
        "push": kept.get("push", True),
        "email": kept.get("email", True),
        "most_a_day": most_a_day(kept),
        "off": {way: sorted(kept.get("off", {}).get(way, ())) for way in WAYS},
    }


def merged(kept: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return somebody's choices with some of them changed; of ``off`` way by way."""
    off = {**kept.get("off", {}), **changes.get("off", {})}
    return {**kept, **changes, **({"off": off} if off else {})}


def without(kept: Mapping[str, Any], way: str, kind: str) -> dict[str, Any]:
    """Return somebody's choices without one kind over one way."""
    off = {*kept.get("off", {}).get(way, ()), kind}
    return merged(kept, {"off": {way: sorted(off)}})


def has_opted_out(kept: Mapping[str, Any], way: str, kind: str) -> bool:
    """Tell whether somebody does not want this kind over this way."""
    return not kept.get(way, True) or kind in kept.get("off", {}).get(way, ())


def most_a_day(kept: Mapping[str, Any]) -> int | None:
    """Return how many pushes somebody wants in her own day, ``None`` for any number."""
    most: int | None = kept.get("most_a_day", MOST_A_DAY)
    return most
