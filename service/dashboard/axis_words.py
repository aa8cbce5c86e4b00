"""The time axis in words and tables: for whoever cannot see the drawing, and to read it exactly."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from service.care.axis import Axis, Course, DoseDay, Stretch
from service.dashboard.formatting import Words, grade_words, listed, symptom_name

REASON_WORDS = {
    "forgot": "forgotten", "side_effects": "side effects", "cost": "cost",
    "supply": "none at hand", "told_to_hold": "told to hold", "other": "another reason",
}  # fmt: skip
STATUS_WORDS = {
    "taken": "taken", "missed": "missed", "held": "held back", "expected": "not answered",
}  # fmt: skip
FOUR_WEEKS = timedelta(days=28)
MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Say:
    """Days in words."""

    words: Words

    def day(self, day: date) -> str:
        """Write a day."""
        return self.words.day(day)

    def days(self, first: date, last: date | None) -> str:
        """Write from when to when."""
        if last is None:
            return f"since {self.day(first)}"
        return self.day(first) if first == last else f"{self.day(first)} to {self.day(last)}"


def worst_a_day(axis: Axis) -> dict[str, list[tuple[date, int]]]:
    """Return the worst grade of each day by symptom, what was worst of late first.

    Symptoms that were never more than none are left out.
    """
    found: dict[str, dict[date, int]] = {}
    for row in axis.reports or ():
        day = row.at.astimezone(axis.zone).date()
        if not axis.first <= day <= axis.last:
            continue
        for answer in row.answers:
            if answer["grade"] is not None:
                days = found.setdefault(answer["symptom"], {})
                days[day] = max(days.get(day, 0), answer["grade"])
    felt = {symptom: list(days.items()) for symptom, days in found.items() if max(days.values())}

    def weight(symptom: str) -> tuple[int, int, int, str]:
        grades = [grade for _day, grade in felt[symptom]]
        return -max(grades[-3:]), -max(grades), -sum(grades), symptom_name(symptom)

    return {symptom: felt[symptom] for symptom in sorted(felt, key=weight)}


def numbers_of(axis: Axis) -> dict[UUID, int]:
    """Number alerts and events, in the order in which they are listed below the drawing."""
    marks = [*(axis.alerts or ()), *(axis.events or ())]
    return {mark.id: number for number, mark in enumerate(marks, start=1)}


def stretch_words(stretch: Stretch, say: Say) -> str:
    """Say what was to be taken, and when."""
    what = "held" if stretch.is_held else stretch.dose or "taken"
    return f"{what}, {say.days(stretch.first, stretch.last)}"


def dose_words(day: date, doses: Sequence[DoseDay], say: Say) -> str:
    """Say what became of the doses of one day."""
    return f"{say.day(day)}: " + ", ".join(
        STATUS_WORDS[dose.status]
        + (f" ({REASON_WORDS.get(dose.reason, dose.reason)})" if dose.reason else "")
        + (f", {dose.number} doses" if dose.number > 1 else "")
        for dose in doses
    )


def description_of(axis: Axis, say: Say) -> str:
    """Say in sentences what can be seen."""
    said = [f"{say.days(axis.first, axis.last)}; today is {say.day(axis.today)}."]
    if axis.courses is not None:
        names = [f"{one.name} {say.days(one.started_on, one.ended_on)}" for one in axis.courses]
        said.append(f"Treatments: {'; '.join(names)}." if names else "No treatments.")
    if axis.reports is not None:
        felt = [
            f"{symptom_name(symptom)} up to {grade_words(max(grade for _, grade in days))}, "
            f"last {grade_words(days[-1][1])}"
            for symptom, days in list(worst_a_day(axis).items())[:5]
        ]
        said.append(f"Symptoms: {'; '.join(felt)}." if felt else "No symptom above none.")
    if axis.distress:
        values = [value for _day, value in axis.distress]
        said.append(f"Distress between {min(values)} and {max(values)}, last {values[-1]} of 10.")
    counted = ((axis.alerts, "alert"), (axis.events, "event"))
    said += [
        f"{len(marks)} {word}{'s' if len(marks) != 1 else ''}."
        for marks, word in counted
        if marks is not None
    ]
    return " ".join(said)


def course_rows(axis: Axis, say: Say) -> list[tuple[str, str, str]]:
    """Return name, days and what was to be taken, of each stretch of each treatment."""
    return [
        (course.name, say.days(one.first, one.last), "Held" if one.is_held else one.dose or "Taken")
        for course in axis.courses or ()
        for one in course.stretches
    ]


def missed_rows(axis: Axis) -> list[dict[str, Any]]:
    """Return what became of the doses of the last 28 days, by treatment, and why."""
    since = axis.today - FOUR_WEEKS + timedelta(days=1)
    return [row for course in axis.courses or () if (row := _of_late(course, since))]


def _of_late(course: Course, since: date) -> dict[str, Any] | None:
    counts: Counter[str] = Counter()
    why: Counter[str] = Counter()
    for dose in course.doses:
        if dose.day >= since:
            counts[dose.status] += dose.number
            if dose.reason is not None:
                why[REASON_WORDS.get(dose.reason, dose.reason)] += dose.number
            elif dose.status == "missed":
                why["no reason said"] += dose.number
    if not counts:
        return None
    reasons = listed(f"{reason}: {number}" for reason, number in why.most_common())
    return {"name": course.name, "why": reasons, **{name: counts[name] for name in STATUS_WORDS}}


def grade_table(axis: Axis, say: Say, most_symptoms: int) -> dict[str, Any]:
    """Return days, the latest first, with the grade of each symptom that is drawn."""
    by_symptom = {
        name: dict(days) for name, days in list(worst_a_day(axis).items())[:most_symptoms]
    }
    days = sorted({day for grades in by_symptom.values() for day in grades}, reverse=True)
    return {
        "names": [symptom_name(name) for name in by_symptom],
        "rows": [
            (say.day(day), [_grade(grades, day) for grades in by_symptom.values()])
            for day in days[:MOST_ROWS]
        ],
        "left_out": len(days) - MOST_ROWS if len(days) > MOST_ROWS else 0,
    }


def _grade(grades: dict[date, int], day: date) -> str:
    return grade_words(grades[day]) if day in grades else ""
