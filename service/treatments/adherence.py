"""How a course was kept to: what became of its doses, and two ratios known from the literature.

Both are adapted to doses that are logged one by one; ``docs/decisions/0011-adherence.md`` says
what they do not say.  Pure functions.

**Which doses count.**  Those whose time has passed, since the treatment was entered as one she
takes; before that, and outside what was asked of her, only what somebody answered.  While a course
is held nothing is expected.  A dose nobody answered is neither taken nor missed.

**Proportion of days covered** is days covered / days in the period (Source: Pharmacy Quality
Alliance, the measure of the Medicare Part D star ratings: days with a supply at hand / days she
was enrolled).  Here a day is in the period if a dose is expected on it, and covered if every dose
expected on it was taken; off-weeks are in neither.  A dose of a drug given every so many days
(``interval``) covers the days until the next one is expected.  Days held on the team's advice (a
held course, an answer ``held``, the reason ``told_to_hold``) are out of both.  A day with a dose
nobody answered is in the period and not covered.

**Relative dose intensity** is delivered / planned dose intensity (Source: Hryniuk and Bush, J
Clin Oncol 1984;2:1281; over her whole course and not only the days treated, as Longo and
colleagues advise).  Delivered is the amount taken; planned is what the regimen the course began
with would have given in the same days, holds and delays included, so what was held lowers it.
Nobody's answer counts as nothing delivered.  Doses weigh by their amount where all amounts read as
the same unit: 600 mg → 400 mg is 0.67.  Where the amount always read the same, or was never said,
each dose weighs the same.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from service.clinical.regimens import Period, cycle_on, expected_doses

MOST_CYCLES = 60
_DAY = timedelta(days=1)
_DIGITS = 4
# "600 mg", "1.25 mg/m²", "2 tablets": a number with a point, and words that say of what.
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([^\W\d_].*)")


class Prescribed(NamedTuple):
    """A dosage period and how much a dose of it was, in the words of whoever entered it."""

    period: Period
    amount: str | None


class Answer(NamedTuple):
    """What became of one dose: ``taken``, ``missed`` or ``held``, and why it was not taken."""

    local: datetime
    cycle: int
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many doses, and the two ratios.

    ``expected`` is the sum of the four counts below it.  A ratio is ``None`` where there is
    nothing to divide by, or amounts cannot be compared.  ``by_reason`` counts the answers that
    gave a reason.
    """

    expected: int
    taken: int
    missed: int
    held: int
    unanswered: int
    proportion_of_days_covered: float | None
    relative_dose_intensity: float | None
    by_reason: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle; it ends the day before the next one begins, so a delay belongs to it.

    The figures count what of it lies in the days asked for.
    """

    number: int
    starts_on: date
    ends_on: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class Adherence:
    """A course, and the latest of its cycles in order; none where there are no cycles."""

    course: Figures
    cycles: Sequence[Cycle]


def adherence(
    prescribed: Sequence[Prescribed],
    answers: Sequence[Answer],
    *,
    first: date,
    last: date,
    asked_from: datetime,
    now: datetime,
) -> Adherence:
    """Work out how a course was kept to between two days, the last included.

    Args:
        prescribed: its dosage periods in the order of time, none overlapping another.
        answers: to its doses in those days.
        first: her own day.
        last: her own day; doses to come do not count.
        asked_from: naive; since when she is asked, see ``dosing.asked_from``.
        now: naive, what the clock on her wall shows.
    """
    log = _Log(prescribed, answers, _Span.of(prescribed, first, last, asked_from, now))
    return Adherence(
        log.figures(log.doses, log.planned(log.span.since, log.span.before)), list(_cycles(log))
    )


class _Dose(NamedTuple):
    local: datetime
    cycle: int
    status: str | None  # None: nothing was asked about it
    reason: str | None = None

    @property
    def was_advised(self) -> bool:
        return self.status == "held" or self.reason == "told_to_hold"


@dataclass(frozen=True, slots=True)
class _Span:
    """The days asked for, and within them from ``begin`` to ``stop`` those of the course."""

    since: datetime
    before: datetime
    begin: datetime
    stop: datetime

    @classmethod
    def of(
        cls, prescribed: Sequence[Prescribed], first: date, last: date, asked_from: datetime,
        now: datetime,
    ) -> "_Span":  # fmt: skip
        since, before = _midnight(first), min(_midnight(last + _DAY), now)
        starts = prescribed[0].period.starts_at if prescribed else before
        ends = prescribed[-1].period.ends_at if prescribed else None
        stop = before if ends is None else min(before, ends)
        return cls(since, before, max(since, starts, asked_from), stop)

    def has(self, local: datetime) -> bool:
        return self.begin <= local < self.stop


class _Log:
    """The doses of a course between two days, with what was asked and what became of them."""

    def __init__(
        self, prescribed: Sequence[Prescribed], answers: Sequence[Answer], span: _Span
    ) -> None:
        self.prescribed = prescribed
        self.periods = [one.period for one in prescribed]
        self.span = span
        self._starts = [period.starts_at for period in self.periods]
        self.doses = sorted(self._all(answers), key=lambda dose: dose.local)
        self._dose_days = sorted({dose.local.date() for dose in self.doses})
        self._holds = [one.starts_at.date() for one in self.periods if one.is_held]

    def _all(self, answers: Sequence[Answer]) -> Iterator[_Dose]:
        span = self.span
        said = {one.local: one for one in answers if span.since <= one.local < span.before}
        for local, cycle in expected_doses(
            self.periods, since=span.since, before=span.stop, held_too=True
        ):
            answer = said.pop(local, None)
            if answer is not None:
                yield _Dose(local, cycle, answer.status, answer.reason)
            else:
                was_asked = span.has(local) and not self._prescribed_at(local).period.is_held
                yield _Dose(local, cycle, "expected" if was_asked else None)
        # What was answered and is no more among what was to be taken: it happened all the same.
        for answer in said.values():
            yield _Dose(answer.local, answer.cycle, answer.status, answer.reason)

    def _prescribed_at(self, local: datetime) -> Prescribed:
        return self.prescribed[max(bisect_right(self._starts, local) - 1, 0)]

    @cached_property
    def _plan(self) -> list[datetime]:
        """When doses would have been due on the regimen the course began with."""
        if not self.prescribed:
            return []
        first = replace(self.periods[0], ends_at=None, is_held=False)
        span = self.span
        return [one.local for one in expected_doses([first], since=span.begin, before=span.stop)]

    def planned(self, since: datetime, before: datetime) -> int:
        """Return how many doses the first regimen has from one local date-time until another."""
        return bisect_left(self._plan, before) - bisect_left(self._plan, since)

    def figures(self, doses: Sequence[_Dose], planned: int) -> Figures:
        """Return the figures of some doses, against how many were planned in their days."""
        counted = [dose for dose in doses if dose.status is not None]
        count = Counter(dose.status for dose in counted)
        # Outside the course's own days each answer stands for a dose that was planned.
        planned += sum(not self.span.has(dose.local) for dose in counted)
        return Figures(
            expected=len(counted), taken=count["taken"], missed=count["missed"],
            held=count["held"], unanswered=count["expected"],
            proportion_of_days_covered=self._days_covered(counted),
            relative_dose_intensity=self._intensity(counted, planned),
            by_reason=dict(Counter(dose.reason for dose in counted if dose.reason is not None)),
        )  # fmt: skip

    def _days_covered(self, counted: Sequence[_Dose]) -> float | None:
        days = covered = 0
        for day, of_day in groupby(counted, key=lambda dose: dose.local.date()):
            asked = [dose for dose in of_day if not dose.was_advised]
            if asked:
                number = self._days_of(day, asked[-1])
                days += number
                covered += number if all(dose.status == "taken" for dose in asked) else 0
        return round(covered / days, _DIGITS) if days else None

    def _days_of(self, day: date, dose: _Dose) -> int:
        """Return how many days a dose is for."""
        schedule = self._prescribed_at(dose.local).period.schedule if self.prescribed else None
        if schedule is None or schedule["type"] != "interval":
            return 1
        ends = [(self.span.stop - timedelta(minutes=1)).date() + _DAY]
        for days in (self._dose_days, self._holds):
            ends += days[bisect_right(days, day) :][:1]
        return max((min(ends) - day).days, 1)

    def _intensity(self, counted: Sequence[_Dose], planned: int) -> float | None:
        if not planned or not self.prescribed:
            return None
        amounts = [
            self._prescribed_at(dose.local).amount for dose in counted if dose.status == "taken"
        ]
        delivered = _in_doses_of(self.prescribed[0].amount, amounts)
        return None if delivered is None else round(delivered / planned, _DIGITS)


def _cycles(log: _Log) -> Iterator[Cycle]:
    by_number: dict[int, list[_Dose]] = {}
    for dose in log.doses:
        by_number.setdefault(dose.cycle, []).append(dose)
    found = [
        (number, bounds, doses)
        for number, doses in sorted(by_number.items())[-MOST_CYCLES:]
        if (bounds := _bounds(log, number, doses)) is not None
    ]
    begins = [bounds[0] for _, bounds, _ in found]
    for number, (starts_on, ends_on), doses in found:
        ends_on = min((day - _DAY for day in begins if day > starts_on), default=ends_on)
        planned = log.planned(_midnight(starts_on), _midnight(ends_on + _DAY))
        yield Cycle(number, starts_on, ends_on, log.figures(doses, planned))


def _bounds(log: _Log, number: int, doses: Sequence[_Dose]) -> tuple[date, date] | None:
    """Return first and last day of a cycle with these doses, ``None`` where there are no cycles."""
    for dose in (doses[0], doses[-1]):
        cycle = cycle_on(log.periods, dose.local.date())
        if cycle is not None and cycle[0] == number:
            return cycle[1], cycle[2]
    return None


def _in_doses_of(first: str | None, amounts: Sequence[str | None]) -> float | None:
    """Return what amounts come to in doses of the first; ``None`` if they cannot be compared."""
    planned = _reading(first)
    if all(_reading(amount) == planned for amount in amounts):
        return float(len(amounts))
    wanted = _AMOUNT.fullmatch(planned)
    given = [_AMOUNT.fullmatch(_reading(amount)) for amount in amounts]
    if wanted is None or float(wanted[1]) == 0:
        return None
    # A list of matches: one that does not read as an amount, or as another unit, spoils it.
    fit = [one for one in given if one is not None and one[2] == wanted[2]]
    if len(fit) < len(given):
        return None
    return sum(float(one[1]) for one in fit) / float(wanted[1])


def _reading(amount: str | None) -> str:
    return " ".join((amount or "").casefold().split()).rstrip(".")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)
