"""What a condition is once compiled: whether it is true, and afterwards why, or what it missed.

The three are asked apart.  Most conditions of most patients are false, so ``holds`` is asked of
all of them and only says yes or no; ``says`` is asked of those that hold, when somebody looks at
what they rest on, and makes words only once somebody reads them; ``missed`` is asked by people who
want to know why nothing was found.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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


Words = Callable[[], Iterable[Phrase]]
"""Makes the phrases of a reason; called when somebody reads it, which is seldom."""

NO_VALUES: Mapping[str, float] = {}
"""For conditions that nothing can make worse."""


def no_words() -> Iterable[Phrase]:
    """Say nothing."""
    return ()


class Evidence:
    """Why something is true: what each of its conditions adds, in their order, everything once.

    ``values`` are numbers of which a higher one is a worse one, by a name that stays the same
    from report to report, so that an alert can tell "worse" from "again".
    """

    __slots__ = ("_words", "records", "values")

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.values: dict[str, float] = {}
        self._words: list[Words] = []

    def add(
        self,
        records: Iterable[Record] = (),
        values: Mapping[str, float] = NO_VALUES,
        words: Words = no_words,
    ) -> None:
        """Add what one condition says; of two values of one name the higher stays."""
        known = self.records
        for record in records:
            if record not in known:  # a handful: to compare them costs less than to hash ids
                known.append(record)
        for name, value in values.items():
            if name not in self.values or value >= self.values[name]:
                self.values[name] = value
        self._words.append(words)

    def phrases(self) -> Iterable[Phrase]:
        """Make the words of the reason, each once where several conditions speak."""
        if len(self._words) == 1:
            return self._words[0]()
        return dict.fromkeys(phrase for words in self._words for phrase in words())


Holds = Callable[[Picture, Given | None], object]
"""Something true when the condition is; empty or ``None`` when it is false or not known.

The answer is the one at hand in a rule asked of each answer, else ``None``.
"""

Says = Callable[[Picture, Given | None, Evidence], None]
"""Adds why it is true to the evidence; asked only where it is."""

Missed = Callable[[Picture, Given | None], Iterable[str]]
"""Names of the facts it looked for and did not find."""


def says_nothing(picture: Picture, given: Given | None, told: Evidence) -> None:
    """Add nothing: for conditions that rest on no record."""
    told.add()


def nothing_missed(picture: Picture, given: Given | None) -> Iterable[str]:
    """Miss nothing: for conditions about what is always known."""
    return ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition, the facts it reads, and how many single tests it holds."""

    holds: Holds
    says: Says
    reads: frozenset[str]
    missed: Missed = nothing_missed
    tests: int = 1


def all_of(parts: Sequence[Condition]) -> Condition:
    """Join conditions that must all be true; the first false one ends the asking."""
    asked = tuple(part.holds for part in parts)

    def holds(picture: Picture, given: Given | None) -> bool:
        for one in asked:  # noqa: SIM110 - a generator costs more than most conditions
            if not one(picture, given):
                return False
        return True

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        for part in parts:
            yield from part.missed(picture, given)
            if not part.holds(picture, given):
                return

    return _joined(parts, holds, _each_says(parts), missed)


def at_least(count: int, parts: Sequence[Condition]) -> Condition:
    """Join conditions of which so many must be true; 1 is "any"."""
    asked = tuple(part.holds for part in parts)

    def any_holds(picture: Picture, given: Given | None) -> bool:
        for one in asked:  # noqa: SIM110 - as above
            if one(picture, given):
                return True
        return False

    def enough_hold(picture: Picture, given: Given | None) -> bool:
        return sum(1 for one in asked if one(picture, given)) >= count

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        # All that are true, also beyond enough: the newest record may be in the last.
        for part in parts:
            if part.holds(picture, given):
                part.says(picture, given, told)

    return _joined(parts, any_holds if count == 1 else enough_hold, says, _each_missed(parts))


def none_of(inner: Condition) -> Condition:
    """Turn a condition round; it lends no evidence, and is true where nothing is known."""
    asked = inner.holds

    def holds(picture: Picture, given: Given | None) -> bool:
        return not asked(picture, given)

    return Condition(holds, says_nothing, inner.reads, inner.missed, inner.tests)


def _each_says(parts: Sequence[Condition]) -> Says:
    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        for part in parts:
            part.says(picture, given, told)

    return says


def _each_missed(parts: Sequence[Condition]) -> Missed:
    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        for part in parts:
            yield from part.missed(picture, given)

    return missed


def _joined(parts: Sequence[Condition], holds: Holds, says: Says, missed: Missed) -> Condition:
    reads = frozenset[str]().union(*(part.reads for part in parts))
    return Condition(holds, says, reads, missed, sum(part.tests for part in parts))
