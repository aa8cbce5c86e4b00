"""How made-up lives are counted: weeks with a report, answers that got worse, and who lives on."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from service.cli.synth.life import Happening
from service.cli.synth.numbers import Numbers
from service.cli.synth.outings import HOLIDAY, HOSPITAL

_WEEK = 7
_MOST_OF_A_WEEK = 4
_SPELL_DAYS = 21
_BESIDE_OTHERS = "frequency beside others"
_BACK_ON = slice(len("Back on "), -1)


class Weeks:
    """The days on which a report of somebody is expected: with the clinic, and not away."""

    def __init__(
        self, joined_on: date, ends_on: date, kinds: Mapping[str, Sequence[Happening]],
        zone: ZoneInfo,
    ) -> None:  # fmt: skip
        self._first, self._last, self._zone = joined_on.toordinal(), ends_on.toordinal(), zone
        self._off = {day for days in self._absences(kinds) for day in days}

    def counted(self, reports: Sequence[datetime]) -> tuple[int, int, int]:
        """Return how many weeks expect a report, how many have one, and her silent spells."""
        days = {at.astimezone(self._zone).toordinal() for at in reports}
        expected = kept = 0
        for begins in range(self._first + 1, self._last - _WEEK + 2, _WEEK):
            week = range(begins, begins + _WEEK)
            if sum(day not in self._off for day in week) >= _MOST_OF_A_WEEK:
                expected += 1
                kept += not days.isdisjoint(week)
        return expected, kept, self._spells(sorted(days))

    def _spells(self, days: Sequence[int]) -> int:
        ends = [self._first, *days, self._last]
        return sum(
            sum(day not in self._off for day in range(one + 1, other)) >= _SPELL_DAYS
            for one, other in pairwise(ends)
            if other - one > _SPELL_DAYS
        )

    def _absences(self, kinds: Mapping[str, Sequence[Happening]]) -> Iterator[range]:
        for one in kinds.get("event", ()):
            if one.body["title"] in (HOLIDAY, HOSPITAL):
                begins = datetime.fromisoformat(one.body["starts_at"]).astimezone(self._zone)
                back = date.fromisoformat(one.body["notes"][_BACK_ON])
                yield range(begins.toordinal(), back.toordinal())
        paused: int | None = None
        for one in kinds.get("care_status", ()):
            day = one.at.astimezone(self._zone).toordinal()
            if one.body["care_status"] == "paused":
                paused = day
            elif paused is not None:
                yield range(paused, day)
                paused = None


def is_severe_or_worse(reports: Sequence[Happening], known: Numbers) -> Iterator[bool]:
    """Tell of each report whether an answer is severe, or two points worse than the last.

    As ``worsening`` and ``severe_symptom`` of ``policy.yaml`` put it, without a rule of anybody's:
    only a hint at how many reports the rules will speak of.
    """
    last: dict[tuple[str, str], tuple[datetime, int]] = {}
    for report in reports:
        found = False
        for answer in report.body["answers"]:
            for attribute, value in _numbers_of(answer, known):
                key = (answer["symptom"], attribute)
                found |= _counts(attribute, value, report.at, last.get(key), known)
                last[key] = (report.at, value)
        yield found


def _counts(
    attribute: str, value: int, at: datetime, before: tuple[datetime, int] | None, known: Numbers
) -> bool:
    policy = known.knowledge.policy
    is_severe = attribute != _BESIDE_OTHERS and value >= policy.severe_symptom.at_least
    if before is None or at - before[0] > policy.worsening.gap:
        return is_severe
    return is_severe or value - before[1] >= policy.worsening.delta


def _numbers_of(answer: Mapping[str, Any], known: Numbers) -> Iterator[tuple[str, int]]:
    """Name what she answered; what is not there has no other side either."""
    attributes = known.knowledge.symptoms[answer["symptom"]].attributes
    is_none = answer.get(attributes[0]) == 0
    for attribute in attributes:
        value = answer.get(attribute, 0 if is_none else None)
        if attribute != "presence" and isinstance(value, int):
            # How often counts by itself only where nothing else is asked.
            beside = attribute == "frequency" and len(attributes) > 1
            yield _BESIDE_OTHERS if beside else attribute, value


def months_to_half(lived: Sequence[tuple[float, float, bool]]) -> float:
    """Return after how many months half have died: product-limit estimate with late entry.

    Args:
        lived: of each one months from the spread until she joined and until she left or died,
            and whether she died.

    Returns:
        The months; infinity if more than half live on to the end.
    """
    alive = 1.0
    deaths = sorted(left for _entry, left, died in lived if died)
    entries = sorted(entry for entry, _left, _died in lived)
    leaving = sorted(left for _entry, left, _died in lived)
    come = gone = 0
    for at in deaths:
        while come < len(entries) and entries[come] < at:
            come += 1
        while gone < len(leaving) and leaving[gone] < at:
            gone += 1
        alive *= 1 - 1 / max(come - gone, 1)
        if alive <= 0.5:
            return at
    return float("inf")
