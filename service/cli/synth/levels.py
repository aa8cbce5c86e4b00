"""How strongly a made-up patient feels what, day by day: what drugs do, and what the disease does.

A level is a number from 0 on; from 0.5 it is an answer of 1, from 3.5 one of 4.  Days are ordinal
numbers here: they are compared for every answer of every report.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import exp
from random import Random
from typing import Any

from service.cli.synth.illness import Illness
from service.cli.synth.numbers import Numbers
from service.cli.synth.treating import Course, schedule_of

_HALF = 0.6931471805599453
# What is left after so many halves is nothing anybody would report.
_GONE_AFTER_HALVES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """One thing she feels from one cause.

    Attributes:
        first, last: ordinal days of the cause; ``last`` is far away for one that goes on.
        onset: days until it is fully felt.
        lingers: days until half of it is gone once the cause is.
        shape: how much is felt on each day of a cycle, the same all through where there is none.
        holds: first and last ordinal day of each time the cause was held.
        after_hold: how much is felt once it goes on after the first hold.
    """

    symptom: str
    strength: float
    first: int
    last: int
    onset: int
    lingers: int
    shape: tuple[float, ...]
    holds: tuple[tuple[int, int], ...]
    after_hold: float

    def on(self, day: int) -> float:
        """Return how strongly it is felt on a day."""
        if day < self.first:
            return 0.0
        since, ease = day - self.first, 1.0
        full = self.strength if since >= self.onset else self.strength * (since + 1) / self.onset
        if day > self.last:
            return full * exp(-_HALF * (day - self.last) / self.lingers)
        for begins, ends in self.holds:
            if day < begins:
                break
            if day <= ends:
                return full * ease * exp(-_HALF * (day - begins + 1) / self.lingers)
            ease = self.after_hold
        return full * ease * self.shape[since % len(self.shape)]

    @property
    def gone(self) -> int:
        """Return the ordinal day from which nothing of it is left."""
        return self.last + self.lingers * _GONE_AFTER_HALVES


def felt(
    rng: Random, numbers: Numbers, ill: Illness, taken: Sequence[Course], *, since: date, last: int
) -> list[Felt]:
    """Deal what she feels of everything she is given and of where the disease is.

    Args:
        rng: her dice.
        numbers: what to draw from.
        ill: where the disease is, from when on.
        taken: her courses.
        since: the day the disease had spread or come back.
        last: an ordinal day after everything that is told.
    """
    found = [one for course in taken for one in _of_course(rng, numbers, course, last)]
    found += _of_disease(rng, numbers, ill, since, last)
    return found


def _of_course(rng: Random, numbers: Numbers, course: Course, last: int) -> Iterator[Felt]:
    effects = numbers["effects"]
    shares, strength = effects["share"], effects["strength"]
    first = course.starts.toordinal()
    ends = course.ends.toordinal() if course.ends else last
    holds = tuple((one.since.toordinal(), one.until.toordinal() - 1) for one in course.holds)
    shape = _shape(course.code, numbers)
    for place, symptom in enumerate(numbers.knowledge.treatments[course.code].symptoms):
        share = max(shares["first"] - shares["less"] * place, shares["least"])
        share = min(share, effects["seldom"].get(symptom, 1.0))
        about = _about(course.code, symptom, share, numbers)
        drawn, much = rng.random(), rng.gauss(strength["mean"], strength["deviation"])
        if drawn >= about["share"] or much <= 0.2:
            continue
        onset, lingers = about["onset"], about["lingers"]
        is_slow = lingers >= 10
        yield Felt(
            symptom=symptom, strength=much, first=first, last=ends, onset=onset, lingers=lingers,
            shape=(1.0,) if is_slow else shape, holds=holds, after_hold=effects["after_hold"],
        )  # fmt: skip
        # What a drug is held for was bad for the days before.
        if holds and place < 2:
            yield from _flares(rng, symptom, holds, lingers)


def _flares(
    rng: Random, symptom: str, holds: tuple[tuple[int, int], ...], lingers: int
) -> Iterator[Felt]:
    for begins, _ends in holds:
        yield Felt(
            symptom=symptom, strength=rng.uniform(1.2, 2.6), first=begins - 9, last=begins - 1,
            onset=4, lingers=min(lingers, 7), shape=(1.0,), holds=(), after_hold=1.0,
        )  # fmt: skip


def _about(code: str, symptom: str, share: float, numbers: Numbers) -> dict[str, Any]:
    effects = numbers["effects"]
    about = {"share": share, **effects["usual"], **effects["slow"].get(symptom, {})}
    for row in effects["known"]:
        if row["code"] == code and row["symptom"] == symptom:
            about["share"] = row["share"]
            about["onset"] = row.get("onset", about["onset"])
    return about


@cache
def _shape(code: str, numbers: Numbers) -> tuple[float, ...]:
    """Return how much is felt on each day of a cycle: most two days after a dose."""
    schedule, effects = schedule_of(numbers, code), numbers["effects"]
    if schedule["type"] == "on_off":
        rest = range(1, schedule["off_days"] + 1)
        return (*[1.0] * schedule["on_days"], *(max(1 - 0.12 * day, 0.35) for day in rest))
    doses: tuple[int, ...]
    if schedule["type"] == "cycle":
        length, doses = schedule["cycle_days"], schedule["dose_days"]
    elif schedule["type"] == "interval":
        length, doses = schedule["days"], (1,)
    else:
        return (1.0,)
    stays, peak = effects["stays_through_cycle"], effects["peak_day"]
    rises = (min((day - dose + 1) % length for dose in doses) - peak for day in range(length))
    return tuple(stays + (1 - stays) * exp(-(rise**2) / 8) for rise in rises)


def _of_disease(
    rng: Random, numbers: Numbers, ill: Illness, since: date, last: int
) -> Iterator[Felt]:
    places = [(site, since) for site in ill.first_sites]
    places += [(one.new_site, one.on) for one in ill.growths if one.new_site]
    for site, found_on in places:
        for symptom, strength in numbers["effects"]["disease"].get(site, {}).items():
            # It was felt before it was found.
            first = found_on.toordinal() - 25
            yield _steady(rng, symptom, strength * rng.uniform(0.3, 1.7), first, last)
    for growth in ill.growths:
        for symptom in ("fatigue", "general_pain"):
            day = growth.on.toordinal()
            yield _steady(rng, symptom, rng.uniform(0.1, 1.1), day - 20, day + 21)
    if ill.dies_on is not None:
        end = ill.dies_on.toordinal()
        for symptom, most in (("fatigue", 2.2), ("decreased_appetite", 2.0), ("general_pain", 1.4)):
            yield _steady(rng, symptom, rng.uniform(0.5, most), end - 75, last, onset=70)


def _steady(
    rng: Random, symptom: str, strength: float, first: int, last: int, onset: int = 21
) -> Felt:
    return Felt(
        symptom=symptom, strength=strength, first=first, last=last, onset=onset,
        lingers=rng.randint(8, 24), shape=(1.0,), holds=(), after_hold=1.0,
    )  # fmt: skip
