"""The lanes of the time axis, one under the other over the same days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from service.care.axis import Axis, Course, DoseDay, Mark, Stretch
from service.dashboard import axis_drawing as draw
from service.dashboard.axis_drawing import Scale
from service.dashboard.axis_words import (
    Say,
    dose_words,
    numbers_of,
    stretch_words,
    worst_a_day,
)  # fmt: skip
from service.dashboard.formatting import grade_words, symptom_name

# Heights in pixels by kind; the labels beside the drawing have them from ``patient.css``.
HEIGHTS = {
    "dates": 30, "course": 58, "grade": 42, "distress": 92, "marks-1": 40, "marks-2": 70,
    "marks-3": 100,
}  # fmt: skip
MOST_SYMPTOMS = 5
_MOST_ROWS = 3
_HALF_MARK = 13 * 100 / draw.LEAST_WIDTH
_DAY = timedelta(days=1)
# Wider apart, two answers are two moments and no line.
_LONGEST_LINE = timedelta(days=42)
_BY_GRADE = (3, 9, 15, 21)
_LETTERS = {
    "forgot": "F", "side_effects": "S", "cost": "C", "supply": "N", "told_to_hold": "H",
    "other": "O",
}  # fmt: skip
# What happened to several doses of a day: the one that matters most is drawn.
_WEIGHT = {"missed": 3, "held": 2, "expected": 1, "taken": 0}


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: what it is called, and what is drawn, from its own top on."""

    kind: str
    label: str
    detail: str
    drawing: Markup


def lanes_of(axis: Axis, scale: Scale, say: Say) -> Iterator[Lane]:
    """Return the lanes from top to bottom; none of what the viewer may not see."""
    yield Lane("dates", "", "", _dates(scale, scale.begin(axis.today + _DAY)))
    for course in axis.courses or ():
        yield _course(course, axis, scale, say)
    by_symptom = worst_a_day(axis)
    for symptom, days in list(by_symptom.items())[:MOST_SYMPTOMS]:
        yield _grades(symptom, days, scale, say)
    if axis.distress is not None:
        yield _distress(axis.distress, scale, say)
    numbers = numbers_of(axis)
    for label, marks in (("Alerts", axis.alerts), ("Events", axis.events)):
        if marks is not None:
            yield _marks(label, marks, scale, say, numbers)


def guides(axis: Axis, scale: Scale, height: float) -> Markup:
    """Draw through all lanes on which days something began or changed, and today."""
    days = {stretch.first for course in axis.courses or () for stretch in course.stretches}
    drawn = [draw.line("guide", scale.begin(day), HEIGHTS["dates"], scale.begin(day), height)
             for day in sorted(days) if scale.has(day)]  # fmt: skip
    ahead = scale.begin(axis.today + _DAY)
    drawn += [
        draw.bar("ahead", ahead, 0, 100 - ahead, height),
        draw.line("today", ahead, 0, ahead, height),
        draw.words("today-word", ahead, 12, "today", "end", -5),
    ]
    return Markup("").join(drawn)


def _dates(scale: Scale, today: float) -> Markup:
    drawn = []
    for day, text in scale.ticks():
        x = scale.begin(day)
        # A date is not written across the line of today, nor past the end.
        if scale.fits(text, (today if x < today else 100) - x):
            drawn.append(draw.words("date", x, 25, text, "start", 4))
    return Markup("").join(drawn)


def _course(course: Course, axis: Axis, scale: Scale, say: Say) -> Lane:
    drawn: list[Markup] = []
    for stretch in course.stretches:
        drawn += _stretch(stretch, axis, scale, say)
    if not course.stretches:
        last = course.ended_on or course.started_on
        drawn.append(_bar("on", course.started_on, last, scale, say.days(course.started_on, last)))
    detail = say.days(course.started_on, course.ended_on)
    if course.stretches and course.stretches[-1].is_held and course.stretches[-1].last is None:
        detail = "held now"
    drawn += _doses(course, scale, say)
    return Lane("course", course.name, detail, Markup("").join(drawn))


def _stretch(stretch: Stretch, axis: Axis, scale: Scale, say: Say) -> Iterator[Markup]:
    # What goes on is drawn until today: nobody knows tomorrow.
    last = min(stretch.last or axis.today, axis.last)
    if last < scale.first or stretch.first > last:
        return
    says = stretch_words(stretch, say)
    yield _bar("held" if stretch.is_held else "on", stretch.first, last, scale, says)
    if not stretch.is_held:
        for first, until in _off_weeks(stretch, max(stretch.first, scale.first), last):
            yield _bar("off", first, until, scale, "Week off")
    x = scale.begin(stretch.first)
    text = "held" if stretch.is_held else stretch.dose or ""
    if text and scale.fits(text, scale.begin(last + _DAY) - x):
        yield draw.words("held-word" if stretch.is_held else "bar-word", x, 18, text, "start", 6)


def _bar(kind: str, first: date, last: date, scale: Scale, says: str) -> Markup:
    x = scale.begin(first)
    return draw.bar(kind, x, 5, scale.begin(last + _DAY) - x, 18, says)


def _off_weeks(stretch: Stretch, first: date, last: date) -> Iterator[tuple[date, date]]:
    """Name the days off between two days, of a schedule with weeks on and weeks off."""
    schedule = stretch.schedule or {}
    if schedule.get("type") != "on_off" or not schedule["off_days"]:
        return
    on, length = schedule["on_days"], schedule["on_days"] + schedule["off_days"]
    begin = stretch.day_one + ((first - stretch.day_one).days // length) * length * _DAY
    while begin <= last:
        off = max(begin + on * _DAY, first), min(begin + (length - 1) * _DAY, last)
        if off[0] <= off[1]:
            yield off
        begin += length * _DAY


def _doses(course: Course, scale: Scale, say: Say) -> Iterator[Markup]:
    by_day: dict[date, list[DoseDay]] = {}
    for dose in course.doses:
        by_day.setdefault(dose.day, []).append(dose)
    one_by_one = scale.pixels(scale.day_width) >= 6
    run: list[date] = []
    last_letter = -100.0
    for day, doses in sorted(by_day.items()):
        worst = max(doses, key=lambda dose: _WEIGHT[dose.status])
        if worst.status == "taken" and run and day - run[-1] == _DAY and not one_by_one:
            run.append(day)
            continue
        yield from _taken(run, scale, say)
        run = [day] if worst.status == "taken" else []
        if worst.status != "taken":
            x = scale.middle(day)
            yield _not_taken(x, worst, dose_words(day, doses, say))
            if worst.status == "missed" and scale.pixels(x - last_letter) >= 6.5:
                last_letter = x
                yield draw.words("reason", x, 54, _LETTERS.get(worst.reason or "", "?"))
    yield from _taken(run, scale, say)


def _taken(run: Sequence[date], scale: Scale, say: Say) -> Iterator[Markup]:
    if run:
        x, gap = scale.begin(run[0]), scale.day_width / 6
        width = scale.begin(run[-1] + _DAY) - x - 2 * gap
        yield draw.bar("taken", x + gap, 31, width, 8, f"{say.days(run[0], run[-1])}: taken")


def _not_taken(x: float, dose: DoseDay, says: str) -> Markup:
    if dose.status == "missed":
        return draw.cross(x, 36, says)
    return draw.dot("dose-held" if dose.status == "held" else "unanswered", x, 35, 3.5, says)


def _grades(symptom: str, days: Sequence[tuple[date, int]], scale: Scale, say: Say) -> Lane:
    drawn: list[Markup] = []
    before, number_at = -1, -100.0
    # A day wide, with a gap where days follow one another, and never a hair.
    gap = min(((then[0] - day[0]).days for day, then in pairwise(days)), default=2)
    width = max(scale.day_width * (0.8 if gap == 1 else 1), 250 / draw.LEAST_WIDTH)
    for day, grade in days:
        x, height = scale.middle(day), _BY_GRADE[grade]
        says = f"{say.day(day)}: {grade_words(grade)}"
        drawn.append(
            draw.bar(f"grade axis-grade-{grade}", x - width / 2, 41 - height, width, height, says)
        )
        if grade != before and scale.pixels(x - number_at) >= 9:
            drawn.append(draw.words("number", x, 38 - height, str(grade)))
            number_at = x
        before = grade
    latest = grade_words(days[-1][1])
    return Lane("grade", symptom_name(symptom), f"last: {latest}", Markup("").join(drawn))


def _distress(points: Sequence[tuple[date, int]], scale: Scale, say: Say) -> Lane:
    def y(value: int) -> float:
        return 78 - value * 6.0

    drawn = [draw.line("level" if value else "base", 0, y(value), 100, y(value))
             for value in (0, 4, 10)]  # fmt: skip
    drawn += [draw.words("level-word", 100, y(value) + 4, str(value), "end", -6)
              for value in (4, 10)]  # fmt: skip
    drawn += [
        draw.line("distress", scale.middle(day), y(value), scale.middle(then), y(later))
        for (day, value), (then, later) in pairwise(points)
        if then - day <= _LONGEST_LINE
    ]
    number_at = -100.0
    for place, (day, value) in enumerate(points):
        x = scale.middle(day)
        drawn.append(draw.dot("point", x, y(value), 3.5, f"{say.day(day)}: {value} of 10"))
        changed = place == 0 or value != points[place - 1][1]
        if changed and scale.pixels(x - number_at) >= 14:
            drawn.append(draw.words("number", x, y(value) - 7, str(value)))
            number_at = x
    detail = f"last: {points[-1][1]} of 10" if points else "not said"
    return Lane("distress", "Distress", detail, Markup("").join(drawn))


def _marks(
    label: str, marks: Sequence[Mark], scale: Scale, say: Say, numbers: dict[Any, int]
) -> Lane:
    rows = [-100.0] * _MOST_ROWS
    used, drawn = 1, []
    for mark in marks:
        # Marks of near days stand one under the other, each on its day as long as there is room.
        x = scale.middle(mark.day)
        row = next((row for row, end in enumerate(rows) if end <= x), None)
        if row is None:
            row = rows.index(min(rows))
            x = min(rows[row], 100 - _HALF_MARK)
        rows[row] = x + 2 * _HALF_MARK
        used = max(used, row + 1)
        says = f"{say.day(mark.day)}: {mark.text}"
        drawn.append(draw.numbered(mark.kind, x, 20 + row * 30, numbers[mark.id], says))
    detail = f"{len(marks)} in this time" if marks else "none in this time"
    return Lane(f"marks-{used}", label, detail, Markup("").join(drawn))
