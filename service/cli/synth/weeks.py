"""On which days a made-up patient reports: her rhythm, her habits, and when she falls silent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from service.cli.synth.numbers import Choice, Numbers

_DAYS_A_YEAR = 365.25
_DAYS_A_WEEK = 7
_AWAKE = (6.2, 21.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How somebody keeps to reporting.

    Attributes:
        every: days between two reports.
        keeps: share of the times on which she reports when nothing is in the way.
        fades_on: from this ordinal day on she reports less and less.
        gives_up_on: after this ordinal day she reports no more.
        hour: about when on her own clock.
        measures: whether she takes her temperature where that is asked.
        checks: share of the reports after which she says how she feels.
        ticks: whether she ticks every tablet.
        forgets: share of her tablets she misses.
    """

    every: float
    keeps: float
    fades_on: int
    gives_up_on: int
    hour: float
    measures: bool
    checks: float
    ticks: bool
    forgets: float


def habit(rng: Random, numbers: Numbers, joined_on: date) -> Habit:
    """Deal how somebody keeps to reporting."""
    reporting, doses = numbers["reporting"], numbers["doses"]
    keeps = reporting["keeps"]
    kind = "hard" if rng.random() < keeps["hard_share"] else "usual"
    joined = joined_on.toordinal()
    fades = joined + round(rng.expovariate(reporting["fades_a_year"] / _DAYS_A_YEAR)) + 60
    gives_up = joined + round(rng.expovariate(reporting["gives_up_a_year"] / _DAYS_A_YEAR)) + 21
    return Habit(
        every=float(Choice.of(reporting["rhythm_days"]).draw(rng)),
        keeps=rng.betavariate(*keeps[kind]),
        fades_on=fades,
        gives_up_on=gives_up,
        hour=rng.triangular(8.0, 20.5, 15.0),
        measures=rng.random() < reporting["temperature"],
        checks=min(max(rng.gauss(numbers["moods"]["checks"], 0.2), 0.1), 0.98),
        ticks=rng.random() < doses["ticks_tablets"],
        forgets=min(rng.betavariate(*doses["missed"]), 0.4),
    )


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which nobody expects a report of her, first and last; a holiday or a hospital."""

    first: int
    last: int
    is_hospital: bool


def report_days(
    rng: Random, numbers: Numbers, keeps: Habit, *, first: int, last: int, away: Sequence[Away],
    paused: tuple[int, int] | None, dies: int | None,
) -> Iterator[int]:  # fmt: skip
    """Name the ordinal days on which she reports, in order.

    Args:
        rng: her dice.
        numbers: what to draw from.
        keeps: how she keeps to it.
        first: the first day she could.
        last: the last.
        away: when she is away, in the order of time.
        paused: first and last day on which her care is paused, ``None`` for none.
        dies: the day she dies, ``None`` if that is not told; she reports less before it.
    """
    reporting = numbers["reporting"]
    risk = reporting["silence_a_year"] * keeps.every / _DAYS_A_YEAR
    day, silent_until = float(first) + rng.uniform(0, 2), 0
    previous = 0
    off = [(one.first, one.last) for one in away] + ([paused] if paused else [])
    while day <= last:
        today = _back(round(day + rng.uniform(-0.4, 0.4)), off)
        if rng.random() < risk:
            silent_until = today + _DAYS_A_WEEK * rng.randint(*reporting["silence_weeks"])
        does = rng.random() < _likely(keeps, reporting["last_weeks"], today, dies)
        if does and max(previous + 1, silent_until) <= today <= last:
            previous = today
            yield today
        day += keeps.every


def _back(day: int, off: Sequence[tuple[int, int]]) -> int:
    """Return a day, or the first one after it on which she is back; some reports wait so long."""
    for begins, ends in off:
        if begins <= day <= ends:
            return ends + 1
    return day


def _likely(keeps: Habit, last_weeks: float, day: int, dies: int | None) -> float:
    likely = keeps.keeps
    if day > keeps.gives_up_on:
        return 0.0
    if day > keeps.fades_on:
        likely *= max(1 - (day - keeps.fades_on) / 300, 0.25)
    if dies is not None and day > dies - 42:
        likely *= max((dies - day) / 42, 0.1) * (1 - last_weeks) + last_weeks * 0.7
    return likely


def absences(
    rng: Random, numbers: Numbers, *, first: int, last: int, fevers: Sequence[int]
) -> list[Away]:
    """Deal holidays and stays in hospital, some of them after a fever, in the order of time."""
    events = numbers["events"]
    found: list[Away] = []
    for kind, is_hospital in (("holidays", False), ("hospital", True)):
        day = float(first)
        days = events["holiday_days" if not is_hospital else "hospital_days"]
        while True:
            day += rng.expovariate(events[f"{kind}_a_year"] / _DAYS_A_YEAR) + 10
            if day >= last:
                break
            begins = round(day)
            found.append(Away(begins, begins + rng.randint(*days), is_hospital))
    found += [
        Away(day + 1, day + rng.randint(3, 7), True)
        for day in fevers
        if rng.random() < numbers["fever"]["in_hospital"]
    ]
    return sorted(found, key=lambda one: one.first)


def hour_of(rng: Random, keeps: Habit, night: float) -> float:
    """Return the hour of a report on her own clock: about her own, at night rarely."""
    if rng.random() < night:
        return (22 + rng.uniform(0, 7.9)) % 24
    hour = rng.gauss(keeps.hour, 1.6)
    return hour if _AWAKE[0] < hour < _AWAKE[1] else keeps.hour + rng.uniform(-1.0, 1.0)
