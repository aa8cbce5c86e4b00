"""What becomes of a made-up patient's doses: taken, missed or held, and when she says so."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from service.cli.synth.dice import moment, text_of
from service.cli.synth.entering import Entered
from service.cli.synth.life import Happening
from service.cli.synth.numbers import Choice, Numbers
from service.cli.synth.people import Character
from service.cli.synth.treating import Course, schedule_of
from service.cli.synth.weeks import Habit
from service.ids import derived_id

_NINE = ("09:00",)
_TABLETS = frozenset({"daily", "on_off"})
_Said = tuple[datetime, dict[str, Any]]


def doses(
    rng: Random, numbers: Numbers, her: Character, keeps: Habit, one: Entered, *, last: int
) -> Iterator[Happening]:
    """Name what she says of the doses of a course, until an ordinal day.

    Somebody who ticks every tablet says of each what became of it; the others only what they
    missed, now and then.  What she leaves unanswered is nowhere.
    """
    schedule = schedule_of(numbers, one.course.code)
    if (
        schedule["type"] == "none"
        or numbers.knowledge.treatments[one.course.code].modality == "supportive"
    ):
        return
    times = [(text, _hours(text)) for text in schedule.get("times") or _NINE]
    is_tablet = schedule["type"] in _TABLETS
    says = _Tablets(rng, numbers, keeps) if is_tablet else _Infusions(rng, numbers)
    for day in _days(one.course, schedule, last):
        on = date.fromordinal(day)
        for text, hours in times:
            at = moment(on, hours, her.zone)
            if at <= one.at:
                continue
            said = says(at)
            if said is not None:
                entered, answer = said
                local_at = f"{on.isoformat()}T{text}"
                id = derived_id(one.id, local_at)
                body = {"id": str(id), "treatment_id": one.id, "local_at": local_at, **answer}
                yield Happening(entered, "patient", "dose", body)


class _Tablets:
    """Somebody with a tablet to take: whoever says that she missed one ticks the next ones."""

    def __init__(self, rng: Random, numbers: Numbers, keeps: Habit) -> None:
        self._rng, self._about, self._keeps = rng, numbers["doses"], keeps
        self._reasons = Choice.of(self._about["reasons"])
        self._ticks = 0

    def __call__(self, at: datetime) -> _Said | None:
        """Return when she says what of a dose, ``None`` if she leaves it unanswered."""
        rng = self._rng
        drawn = rng.random()
        ticks = self._keeps.ticks or self._ticks > 0
        self._ticks -= self._ticks > 0
        if drawn >= self._keeps.forgets:
            if not ticks:
                return None
            taken = at + timedelta(seconds=int(drawn * 5_400) - 900)
            return taken + timedelta(seconds=30), {"status": "taken", "taken_at": text_of(taken)}
        if not ticks and rng.random() >= self._about["tells_missed"]:
            return None
        self._ticks = self._about["ticks_after"]
        told = at + timedelta(minutes=rng.randint(180, 1300))
        return told, {"status": "missed", "reason": self._reasons.draw(rng)}


class _Infusions:
    """Somebody who is given infusions or injections, and mostly says how it went."""

    def __init__(self, rng: Random, numbers: Numbers) -> None:
        self._rng, self._about = rng, numbers["doses"]

    def __call__(self, at: datetime) -> _Said | None:
        """Return when she says what of a dose, ``None`` if she leaves it unanswered."""
        rng = self._rng
        if rng.random() >= self._about["infusion_told"]:
            return None
        told = at + timedelta(minutes=rng.randint(30, 660))
        if rng.random() < self._about["infusion_put_off"]:
            return told, {"status": "held", "reason": "told_to_hold"}
        taken = at + timedelta(minutes=rng.randint(0, 29))
        return told, {"status": "taken", "taken_at": text_of(taken)}


def _days(course: Course, schedule: Any, last: int) -> Iterator[int]:
    """Name the ordinal days on which a dose is expected, leaving out those of a hold."""
    first = course.starts.toordinal()
    last = min(last, course.ends.toordinal()) if course.ends else last
    held = [(hold.since.toordinal(), hold.until.toordinal()) for hold in course.holds]
    for day in _planned(schedule, first, last):
        if not any(since <= day < until for since, until in held):
            yield day


def _planned(schedule: Any, first: int, last: int) -> Iterator[int]:
    kind = schedule["type"]
    if kind == "daily":
        yield from range(first, last + 1)
    elif kind == "once":
        yield first
    elif kind == "on_off":
        yield from _round(first, last, range(schedule["on_days"]),
                          schedule["on_days"] + schedule["off_days"])  # fmt: skip
    elif kind == "cycle":
        days = [day - 1 for day in schedule["dose_days"]]
        yield from _round(first, last, days, schedule["cycle_days"])
    else:
        loading = [first + day - 1 for day in schedule.get("loading_days") or (1,)]
        yield from (day for day in loading if day <= last)
        yield from range(loading[-1] + schedule["days"], last + 1, schedule["days"])


def _round(first: int, last: int, days: Sequence[int], length: int) -> Iterator[int]:
    for begins in range(first, last + 1, length):
        yield from (begins + day for day in days if begins + day <= last)


def _hours(text: str) -> float:
    return int(text[:2]) + int(text[3:]) / 60
