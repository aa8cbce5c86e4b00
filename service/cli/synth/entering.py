"""What is entered of a made-up patient's treatments: when she begins, holds, goes on and stops."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from service.cli.synth.dice import id_at, moment
from service.cli.synth.life import Happening
from service.cli.synth.numbers import Numbers
from service.cli.synth.people import Character
from service.cli.synth.treating import Course

_SOON = timedelta(minutes=4)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entered:
    """A course as it stands in her record: its id, and from which moment on she is on it there."""

    course: Course
    id: str
    at: datetime


def entered(
    rng: Random, numbers: Numbers, her: Character, taken: Sequence[Course]
) -> Iterator[tuple[Entered, list[Happening]]]:
    """Enter each course, and name everything that is entered of it.

    What ended before she joined is history and entered with its end; what went on then is entered
    as active; what comes later on its first day, or some days before as planned.
    """
    at = her.joined_at + _SOON
    for course in taken:
        starts = moment(course.starts, rng.uniform(8.0, 20.5), her.zone)
        is_ahead = rng.random() < numbers["regimens"]["planned_ahead"]
        if course.starts <= her.joined_on:
            at += timedelta(seconds=rng.randint(40, 150))
            begun = at
        elif is_ahead:
            ahead = course.starts - timedelta(days=rng.randint(1, 6))
            begun = max(moment(ahead, rng.uniform(8.0, 20.5), her.zone), at + _SOON)
        else:
            begun = max(starts, at + _SOON)
        id = id_at(begun, rng)
        is_on = max(begun, starts) if course.starts > _day_of(begun, her) else begun
        yield Entered(course, id, is_on), list(_of(rng, numbers, her, course, id, begun, starts))


def _of(
    rng: Random,
    numbers: Numbers,
    her: Character,
    course: Course,
    id: str,
    begun: datetime,
    starts: datetime,
) -> Iterator[Happening]:
    over = course.ends is not None and course.ends < _day_of(begun, her)
    body: dict[str, Any] = {"id": id, "code": course.code, "started_on": course.starts.isoformat()}
    if course.line is not None:
        body["line"] = course.line
    if over and course.ends is not None:
        body |= {"status": _ended(course), "ended_on": course.ends.isoformat()}
        if course.why:
            body["stop_reason"] = course.why
    else:
        is_planned = course.starts > _day_of(begun, her)
        body["status"] = "planned" if is_planned else "active"
    yield Happening(begun, "patient", "treatment", body)
    if over:
        return
    if body["status"] == "planned":
        yield Happening(starts, "patient", "treatment_change", {"id": id, "status": "active"})
    yield from _later(rng, numbers, her, course, id, begun)


def _later(
    rng: Random, numbers: Numbers, her: Character, course: Course, id: str, begun: datetime
) -> Iterator[Happening]:
    lower_share = numbers["holds"]["lower_dose_after"]
    for number, hold in enumerate(course.holds):
        since = moment(hold.since, rng.uniform(8.0, 19.0), her.zone)
        until = moment(hold.until, rng.uniform(6.5, 8.8), her.zone)
        lower = {"dose": "One step lower"} if number == 0 and rng.random() < lower_share else {}
        if since > begun:
            yield Happening(since, "patient", "treatment_change", {"id": id, "status": "held"})
            yield Happening(
                until, "patient", "treatment_change", {"id": id, "status": "active", **lower}
            )
    if course.ends is not None:
        at = moment(course.ends + _DAY, rng.uniform(8.0, 20.0), her.zone)
        changes = {"id": id, "status": _ended(course), "ended_on": course.ends.isoformat()}
        if course.why:
            changes["stop_reason"] = course.why
        yield Happening(max(at, begun + _SOON), "patient", "treatment_change", changes)


def _ended(course: Course) -> str:
    return "completed" if course.is_completed else "stopped"


def _day_of(at: datetime, her: Character) -> date:
    return at.astimezone(her.zone).date()
