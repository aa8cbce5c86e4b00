"""What is true of a cascade: how far it has come, and which numbers may be shown.  Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

# In the order in which they are reached; a stage may be left out.
STAGES = ("opened", "offered", "contacted", "assessed", "followed_up")
ENDED = "ended"
ENDINGS = ("completed", "declined", "not_reached", "referred", "not_needed")
# Fewer people than this could be told apart; nobody at all cannot.  Project choice.
_SMALL = range(1, 5)
# What an alert is closed with, as the end of its cascade.
_ENDING_OF: Mapping[str, str] = {
    "not_reached": "not_reached", "declined": "declined", "referred": "referred",
    "no_action": "not_needed", "snoozed": "not_needed", "drill_ended": "not_needed",
}  # fmt: skip


class Running(Protocol):
    """The moments of a cascade."""

    offered_at: Any
    contacted_at: Any
    assessed_at: Any
    followed_up_at: Any
    follow_up_on: date | None


def stage_of(cascade: Running) -> str:
    """Return the furthest stage a cascade has reached."""
    reached = [stage for stage in STAGES[1:] if getattr(cascade, f"{stage}_at") is not None]
    return reached[-1] if reached else STAGES[0]


def awaits_follow_up(cascade: Running) -> bool:
    """Tell whether somebody has promised to look after her again: then closing ends nothing."""
    return cascade.assessed_at is not None and cascade.follow_up_on is not None


def ending_of(outcome: str) -> str:
    """Return how a cascade ends whose alert is closed with an outcome."""
    return _ENDING_OF.get(outcome, "completed")


def ending_of_request(cascade: Running) -> str:
    """Return how a cascade ends whose request is closed and nobody says how."""
    return "completed" if cascade.contacted_at is not None else "not_reached"


def is_hidden(number: int) -> bool:
    """Tell whether a number is so small that it could name somebody."""
    return number in _SMALL
