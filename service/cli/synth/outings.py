"""What a made-up patient's calendar holds: visits, scans and their results, holidays, hospital."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from service.cli.synth.dice import id_at, moment, text_of
from service.cli.synth.illness import Illness
from service.cli.synth.life import Happening
from service.cli.synth.numbers import Numbers
from service.cli.synth.people import Character
from service.cli.synth.weeks import Away

_MILESTONES = (
    "A year since it came back", "My daughter's wedding", "A grandchild is born",
    "Back at work", "Moved in with my sister", "Ran five kilometers",
)  # fmt: skip
_DAYS_A_YEAR = 365.25
STABLE, GROWN = "Scan result: stable", "Scan result: it has grown"
HOLIDAY, HOSPITAL = "Holiday", "Hospital stay"


def scans(
    rng: Random, numbers: Numbers, her: Character, ill: Illness, *, last: int
) -> list[tuple[int, bool]]:
    """Deal the ordinal days of her scans, and whether each shows growth, in the order of time."""
    every = numbers["events"]["scan_days"]
    grown = {one.on.toordinal() - rng.randint(3, 8): True for one in ill.growths}
    day, found = her.since.toordinal() + every, dict(grown)
    while ill.has_spread and day <= last:
        near = round(day + rng.uniform(-6, 6))
        if not any(abs(near - one) < every // 2 for one in grown):
            found[near] = False
        day += every
    begins = her.joined_on.toordinal()
    return [(day, found[day]) for day in sorted(found) if begins < day <= last]


def outings(
    rng: Random, numbers: Numbers, her: Character, *, scanned: Sequence[tuple[int, bool]],
    away: Sequence[Away], last: int,
) -> Iterator[Happening]:  # fmt: skip
    """Name what is entered of her calendar up to an ordinal day."""
    events = numbers["events"]
    for day, has_grown in scanned:
        if rng.random() < events["entered"]:
            yield _ahead(rng, her, "scan", "CT scan", day, place="Radiology, ground floor")
            told = day + rng.randint(*events["result_days"])
            title = GROWN if has_grown else STABLE
            at = moment(date.fromordinal(told), rng.uniform(10, 19.5), her.zone)
            yield _event(rng, "patient", "result", title, at, at)
    begins = her.joined_on.toordinal()
    for day in range(begins + rng.randint(5, 20), last, events["visit_days"]):
        if rng.random() < events["entered"]:
            yield _ahead(rng, her, "appointment", "Visit with the oncologist", day)
    for one in away:
        yield _away(rng, her, one)
    for year in range(begins, last, round(_DAYS_A_YEAR)):
        on = date.fromordinal(year + rng.randint(10, 355))
        at = moment(on, rng.uniform(9, 20), her.zone)
        if rng.random() < events["milestones_a_year"] and on.toordinal() <= last:
            yield _event(rng, "patient", "milestone", rng.choice(_MILESTONES), at, at)


def _ahead(
    rng: Random, her: Character, kind: str, title: str, day: int, place: str | None = None
) -> Happening:
    starts = moment(date.fromordinal(day), rng.randint(16, 32) / 2, her.zone)
    entered = moment(date.fromordinal(day - rng.randint(2, 20)), rng.uniform(8, 20), her.zone)
    entered = max(entered, her.joined_at + timedelta(minutes=rng.randint(20, 90)))
    return _event(rng, "patient", kind, title, starts, min(entered, starts), place=place)


def _away(rng: Random, her: Character, one: Away) -> Happening:
    first, back = date.fromordinal(one.first), date.fromordinal(one.last + 1)
    note = f"Back on {back.isoformat()}."
    if one.is_hospital:
        at = moment(first, rng.uniform(8, 19), her.zone)
        return _event(rng, "staff", "other", HOSPITAL, at, at, notes=note)
    entered = moment(first - timedelta(days=rng.randint(2, 25)), rng.uniform(9, 20), her.zone)
    entered = max(entered, her.joined_at + timedelta(minutes=rng.randint(20, 90)))
    return _event(
        rng, "patient", "other", HOLIDAY, moment(first, 9.0, her.zone), entered, notes=note
    )


def _event(
    rng: Random, by: Any, kind: str, title: str, starts_at: datetime, entered: datetime,
    **more: str | None,
) -> Happening:  # fmt: skip
    body: dict[str, Any] = {
        "id": id_at(entered, rng), "kind": kind, "title": title, "starts_at": text_of(starts_at),
    }  # fmt: skip
    body |= {name: text for name, text in more.items() if text}
    return Happening(entered, by, "event", body)
