"""What a condition answers with: the records that made it true, the values, and words for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from service.care.facts.answers import Given
from service.care.picture import Picture
from service.care.records import Record


class Phrase(NamedTuple):
    """A few words of a reason; ``at`` is when it was so, ``None`` for what has no moment."""

    text: str
    at: datetime | None = None


class Evidence(NamedTuple):
    """Why a condition is true.

    ``values`` are numbers of which a higher one is a worse one, by a name that stays the same
    from report to report, so that an alert can tell "worse" from "again".
    """

    records: tuple[Record, ...] = ()
    values: Mapping[str, float] = {}
    phrases: tuple[Phrase, ...] = ()


class Seen:
    """What one run of one rule has met: facts it missed, and the answer it is about."""

    __slots__ = ("answer", "unknown")

    def __init__(self, answer: Given | None = None) -> None:
        self.answer = answer
        self.unknown: list[str] = []


Test = Callable[[Picture, Seen], Evidence | None]
"""A compiled condition: evidence when it is true, ``None`` when it is false or not known."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition, the facts it reads, and how many single tests it holds."""

    test: Test
    reads: frozenset[str]
    tests: int = 1


def merged(parts: Sequence[Evidence]) -> Evidence:
    """Return several pieces of evidence as one; of two values of one name the higher stays."""
    if len(parts) == 1:
        return parts[0]
    records: list[Record] = []
    values: dict[str, float] = {}
    phrases: list[Phrase] = []
    for part in parts:
        records += part.records
        phrases += part.phrases
        for name, value in part.values.items():
            values[name] = max(value, values.get(name, value))
    return Evidence(tuple(dict.fromkeys(records)), values, tuple(dict.fromkeys(phrases)))
