"""What ends or interrupts a made-up life with the clinic: hospice, death, moving away, a pause."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from service.cli.synth.dice import moment
from service.cli.synth.illness import Illness
from service.cli.synth.life import Happening
from service.cli.synth.numbers import Numbers
from service.cli.synth.people import Character

_DAYS_A_YEAR = 365.25
_LEAST_DAYS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """How long she is with the clinic, and how that is entered.

    Attributes:
        closes_at: from this moment on nothing is entered by her or her family.
        last: the ordinal day before it.
        paused: first and last ordinal day of a pause, ``None`` for none.
        died_on: the day of her death, ``None`` if it is not entered before the end.
        happenings: what staff enters of where she stands.
    """

    closes_at: datetime
    last: int
    paused: tuple[int, int] | None
    died_on: date | None
    happenings: tuple[Happening, ...]


def fate(rng: Random, numbers: Numbers, her: Character, ill: Illness, *, until: datetime) -> Fate:
    """Deal what interrupts and ends a life; her illness says when she dies."""
    moved_on = _moved_on(rng, numbers, her)
    paused: tuple[int, int] | None = _paused(rng, numbers, her)
    entered = list(_hospice(rng, her, ill))
    closes_at, died_on = until, None
    if ill.dies_on is not None:
        closes_at = min(closes_at, moment(ill.dies_on, 0.0, her.zone))
    if moved_on < closes_at:
        closes_at = moved_on
        entered.append(_status(moved_on, care_status="withdrawn"))
    elif ill.dies_on is not None:
        told = ill.dies_on + timedelta(days=rng.randint(0, 4))
        at = moment(told, rng.uniform(12.0, 17.0), her.zone)
        body = {"care_status": "deceased", "died_on": ill.dies_on.isoformat(), "confirm": True}
        entered.append(_status(at, **body))
        died_on = ill.dies_on if at < until else None
    last = (closes_at - timedelta(seconds=1)).astimezone(her.zone).date().toordinal()
    if paused and paused[1] + 1 < min(last, (ill.hospice_on or date.max).toordinal()):
        for day, word in ((paused[0], "paused"), (paused[1] + 1, "active")):
            at = moment(date.fromordinal(day), 9.5, her.zone)
            entered.append(_status(at, care_status=word))
    else:
        paused = None
    return Fate(
        closes_at=closes_at, last=last, paused=paused, died_on=died_on,
        happenings=tuple(one for one in entered if one.at <= closes_at or died_on),
    )  # fmt: skip


def _hospice(rng: Random, her: Character, ill: Illness) -> Iterator[Happening]:
    at = rng.uniform(9.0, 16.5)
    if ill.hospice_on is not None:
        yield _status(moment(ill.hospice_on, at, her.zone), care_status="hospice")


def _moved_on(rng: Random, numbers: Numbers, her: Character) -> datetime:
    rate = numbers["lines"]["moves_away_a_year"] / _DAYS_A_YEAR
    days = min(round(rng.expovariate(rate)) + _LEAST_DAYS, 30_000)
    return moment(her.joined_on + timedelta(days=days), rng.uniform(9.0, 16.0), her.zone)


def _paused(rng: Random, numbers: Numbers, her: Character) -> tuple[int, int]:
    rate = numbers["lines"]["paused_a_year"] / _DAYS_A_YEAR
    days = min(round(rng.expovariate(rate)) + _LEAST_DAYS, 30_000)
    first = her.joined_on.toordinal() + days
    return first, first + rng.randint(14, 60)


def _status(at: datetime, **body: Any) -> Happening:
    return Happening(at, "staff", "care_status", body)
