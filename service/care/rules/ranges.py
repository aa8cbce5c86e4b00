"""Which answers a condition means: how high, and what must have changed."""

from dataclasses import dataclass
from typing import NamedTuple

from service.care.facts.answers import Level
from service.care.facts.vocabulary import ATTRIBUTES
from service.care.picture import Picture
from service.care.rules.parse import Spec

HIGHEST = 4
CHOICES = (*ATTRIBUTES, "grade")
"""What of an answer a rule may look at."""


class Range(NamedTuple):
    """The answers a condition means, both ends included."""

    low: int
    high: int

    def holds(self, value: int) -> bool:
        """Tell whether a value lies in the range."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Change:
    """What must have changed since the answer it is compared with, if anything."""

    newly: bool
    new_or_worse: bool

    def holds(self, picture: Picture, symptom: str, attribute: str, now: Level, low: int) -> bool:
        """Tell whether the answer changed as asked; a first one did."""
        if not self.newly and not self.new_or_worse:
            return True
        before = picture.earlier(symptom, attribute, now.report)
        if before is None:
            return True
        if self.newly:
            return before.value < low
        return before.value < now.value


UNCHANGED = Change(newly=False, new_or_worse=False)
"""Nothing need have changed."""


def range_of(spec: Spec) -> Range:
    """Read ``at_least`` (by default 1) and ``at_most``."""
    low = spec.whole("at_least", default=1, most=HIGHEST)
    high = spec.whole("at_most", default=HIGHEST, most=HIGHEST)
    if low > high:
        raise spec.refuse(f"no answer lies between {low} and {high}", "at_most")
    return Range(low, high)


def change_of(spec: Spec) -> Change:
    """Read ``newly`` and ``new_or_worse``, which exclude each other."""
    change = Change(spec.flag("newly"), spec.flag("new_or_worse"))
    if not change.newly and not change.new_or_worse:
        return UNCHANGED
    if change.newly and change.new_or_worse:
        raise spec.refuse("'newly' and 'new_or_worse' exclude each other", "new_or_worse")
    return change
