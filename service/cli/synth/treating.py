"""What a made-up patient is treated with: lines, courses, holds, and when each began and ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from service.cli.synth.illness import LOCAL, Illness
from service.cli.synth.numbers import Choice, Numbers
from service.cli.synth.people import Character

CHANGE_OF_LINE = "Change of line"
SIDE_EFFECTS = "Side effects"
_DAY = timedelta(days=1)
_DAYS_A_YEAR = 365.25
_NO_HOLDS = frozenset({"supportive", "bone_modifying", "radiation", "surgery", "other"})


@dataclass(frozen=True, slots=True)
class Hold:
    """Days on which a course is held: ``until`` is the first day it goes on."""

    since: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One drug or procedure from its first day to its last.

    ``line`` is ``None`` for what is no part of a line; ``ends`` for what goes on.
    """

    code: str
    line: int | None
    starts: date
    ends: date | None
    why: str | None
    is_completed: bool
    holds: tuple[Hold, ...]

    def goes_on(self, day: date) -> bool:
        """Tell whether it has begun and has not ended on a day."""
        return self.starts <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True)
class _Span:
    """The days of a line, its number, and whether the disease ended it."""

    line: int
    starts: date
    ends: date | None
    has_grown: bool


def courses(
    rng: Random, numbers: Numbers, her: Character, ill: Illness, *, until: date
) -> tuple[Course, ...]:
    """Deal what she is treated with, in the order it began."""
    found: list[Course] = []
    mutations = set(ill.mutations)
    for span in _spans(rng, her, ill, until):
        if span.line > 1 and rng.random() < numbers["disease"]["esr1_after_first_line"]:
            mutations.add("ESR1")
        codes = _codes(rng, numbers, ill, span.line, mutations)
        last = span.ends or until
        for place, code in enumerate(codes):
            # What is given alone goes on until the next line: she is not left without.
            may_stop = place == 0 and len(codes) > 1
            found.append(_course(rng, numbers, code, span, may_stop=may_stop, last=last))
        found += _alongside(rng, numbers, codes, span)
        if ill.menopause in ("pre", "peri") and _is_hormonal(numbers, codes):
            code = Choice.of(numbers["regimens"]["ovarian_suppression"]).draw(rng)
            found.append(_plain(code, span))
    found += _for_bones(rng, numbers, her, ill)
    found += _procedures(rng, numbers, her, ill)
    return tuple(sorted(found, key=lambda one: one.starts))


def _spans(rng: Random, her: Character, ill: Illness, until: date) -> Iterator[_Span]:
    starts = her.since + timedelta(days=rng.randint(8, 26))
    stops = ill.hospice_on or ill.dies_on
    for line in range(1, len(ill.growths) + 2):
        grown = line <= len(ill.growths)
        if grown:
            ends: date | None = ill.growths[line - 1].on + timedelta(days=rng.randint(0, 4))
        else:
            ends = stops - timedelta(days=rng.randint(2, 16)) if stops else None
        if ends is None or ends > starts + 6 * _DAY:
            yield _Span(line, starts, ends, grown)
        if grown:
            starts = ill.growths[line - 1].on + timedelta(days=rng.randint(6, 18))
        if starts >= (stops or until):
            return


def _codes(
    rng: Random, numbers: Numbers, ill: Illness, line: int, mutations: set[str]
) -> tuple[str, ...]:
    lines = numbers["regimens"][ill.course]
    options = lines[min(line, len(lines)) - 1]
    fitting = {
        tuple(option["codes"]): option["weight"]
        for option in options
        if option.get("needs", None) in (None, *mutations)
        if ill.her2 in option.get("her2", (ill.her2,))
        if option.get("er", ill.er) == ill.er
    }
    return tuple(Choice.of(fitting).draw(rng))


def _course(
    rng: Random, numbers: Numbers, code: str, span: _Span, *, may_stop: bool, last: date
) -> Course:
    ends, why, is_completed = span.ends, CHANGE_OF_LINE if span.has_grown else None, False
    short = _short_end(numbers, code, span.starts)
    if short is not None and short < last:
        ends, why, is_completed, last = short, None, True, short
    elif may_stop and rng.random() < numbers["lines"]["stopped_for_side_effects"]:
        ends = span.starts + (last - span.starts) * rng.uniform(0.15, 0.7)
        why, last = SIDE_EFFECTS, ends
    holds = _holds(rng, numbers, code, span.starts, last)
    return Course(
        code=code, line=span.line, starts=span.starts, ends=ends, why=why,
        is_completed=is_completed, holds=holds,
    )  # fmt: skip


def _short_end(numbers: Numbers, code: str, starts: date) -> date | None:
    cycles = numbers["regimens"]["short"].get(code)
    if cycles is None:
        return None
    schedule = numbers.knowledge.treatments[code].schedule or {}
    return starts + timedelta(days=cycles * schedule["cycle_days"] - 1)


def _holds(rng: Random, numbers: Numbers, code: str, starts: date, last: date) -> tuple[Hold, ...]:
    holds = numbers["holds"]
    treatment = numbers.knowledge.treatments[code]
    rate = holds["a_year"] * (0.2 if treatment.modality == "hormonal" else 1.0)
    found: list[Hold] = []
    day = starts
    while treatment.modality not in _NO_HOLDS:
        day += timedelta(days=round(rng.expovariate(rate / _DAYS_A_YEAR)) + 14)
        ends = day + timedelta(days=rng.randint(*holds["days"]))
        if ends >= last - 3 * _DAY:
            break
        found.append(Hold(day, ends))
        day = ends
    return tuple(found)


def _plain(code: str, span: _Span) -> Course:
    return Course(
        code=code, line=span.line, starts=span.starts, ends=span.ends,
        why=CHANGE_OF_LINE if span.has_grown else None, is_completed=False, holds=(),
    )  # fmt: skip


def _alongside(
    rng: Random, numbers: Numbers, codes: tuple[str, ...], span: _Span
) -> Iterator[Course]:
    for row in numbers["regimens"]["alongside"]:
        if row["of"] not in codes or rng.random() >= row["share"]:
            continue
        ends = span.ends
        if "days" in row:
            ends = min(span.starts + timedelta(days=row["days"] - 1), ends or date.max)
        yield Course(
            code=row["code"], line=None, starts=span.starts, ends=ends, why=None,
            is_completed=ends != span.ends, holds=(),
        )  # fmt: skip


def _is_hormonal(numbers: Numbers, codes: tuple[str, ...]) -> bool:
    treatments = numbers.knowledge.treatments
    return any(treatments[code].modality == "hormonal" and code != "tamoxifen" for code in codes)


def _for_bones(rng: Random, numbers: Numbers, her: Character, ill: Illness) -> Iterator[Course]:
    found_on = _found_on("bone", her, ill)
    if found_on is None or rng.random() >= numbers["regimens"]["bone_share"]:
        return
    code = Choice.of(numbers["regimens"]["bone"]).draw(rng)
    starts = found_on + timedelta(days=rng.randint(20, 60))
    stops = ill.hospice_on or ill.dies_on
    if stops is None or starts < stops - 14 * _DAY:
        ends = stops - 3 * _DAY if stops else None
        yield Course(
            code=code, line=None, starts=starts, ends=ends, why=None, is_completed=False, holds=()
        )


def _found_on(site: str, her: Character, ill: Illness) -> date | None:
    if site in ill.first_sites:
        return her.since
    return next((one.on for one in ill.growths if one.new_site == site), None)


def _procedures(rng: Random, numbers: Numbers, her: Character, ill: Illness) -> Iterator[Course]:
    """Deal operations and radiation, each with its own few days."""
    regimens = numbers["regimens"]
    if ill.course == LOCAL:
        yield _procedure(_operation(ill), her.since, rng.randint(10, 30), 1)
        local = regimens["radiation_of_local"]
        if rng.random() < local["share"]:
            yield _procedure(local["code"], her.since, rng.randint(45, 80), local["days"])
    stops = ill.hospice_on or ill.dies_on or date.max
    for site, rays in regimens["radiation"].items():
        found_on = _found_on(site, her, ill)
        after, is_given = rng.randint(8, 24), rng.random() < rays["share"]
        if is_given and found_on and found_on + timedelta(days=after + rays["days"]) < stops:
            yield _procedure(rays["code"], found_on, after, rays["days"])


def _operation(ill: Illness) -> str:
    if ill.is_regional:
        return "axillary_dissection"
    return "mastectomy" if ill.surgery == "lumpectomy" else "tumor_removal"


def _procedure(code: str, since: date, after: int, days: int) -> Course:
    starts = since + timedelta(days=after)
    return Course(
        code=code, line=None, starts=starts, ends=starts + timedelta(days=days - 1), why=None,
        is_completed=True, holds=(),
    )  # fmt: skip


def schedule_of(numbers: Numbers, code: str) -> Mapping[str, Any]:
    """Return the catalogue's schedule of a treatment; of what has none, one without doses."""
    return numbers.knowledge.treatments[code].schedule or {"type": "none"}
