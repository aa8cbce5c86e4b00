"""The chart on a patient's page: one measure over ninety days, in a drawing and in a table."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from service.accounts.access import Topic
from service.care.trends import trend
from service.dashboard import charts
from service.dashboard.access import Visit
from service.dashboard.formatting import GRADE_WORDS, Words, grade_words, symptom_name
from service.dashboard.patient_page import SPAN

_WELLBEING = {"distress": "Distress, 0 to 10", "mood": "Mood, 1 to 5"}


def choices(visit: Visit, symptoms: Sequence[str]) -> dict[str, str]:
    """Return what can be drawn for this viewer, by measure: symptoms first, then wellbeing."""
    found = {symptom: symptom_name(symptom) for symptom in symptoms}
    return found | (_WELLBEING if visit.frame.may(Topic.WELLBEING) else {})


def chart(visit: Visit, measure: str) -> dict[str, Any]:
    """Return the drawing of a measure and the table of its numbers."""
    patient, words = visit.patient, visit.frame.words
    last = patient.local_date(visit.now)
    first = last - SPAN
    line = trend(visit.session, patient, measure, since=first, until=last, now=visit.now)
    zone = ZoneInfo(patient.time_zone)
    points = [
        (point["at"].astimezone(zone).date(), point["value"]) for point in line["points"]
    ]  # fmt: skip
    is_grade = line["unit"] == "grade"
    name = symptom_name(measure) if is_grade else _WELLBEING[measure]
    marks = _numbered(line["marks"]) if visit.frame.may(Topic.TREATMENTS) else []
    drawing = charts.Chart(
        id="trend", title=f"{name} over the last {SPAN.days} days", first=first, last=last,
        description=_description(points, words, is_grade), points=points,
        marks=[(mark["on"], mark["number"]) for mark in marks],
        levels=_levels(line["least"], line["most"], is_grade), least=line["least"],
        most=line["most"],
    )  # fmt: skip
    return {
        "measure": measure,
        "name": name,
        "drawing": charts.draw(drawing) if points else Markup(),
        "description": drawing.description,
        "marks": marks,
        "rows": [(words.day(day), _value(value, is_grade)) for day, value in reversed(points)],
    }


def _numbered(marks: Sequence[Any]) -> list[dict[str, Any]]:
    """Give each day on which something happened a number, and join what happened on it."""
    days: dict[date, list[str]] = {}
    for mark in marks:
        days.setdefault(mark["on"], []).append(mark["text"])
    return [
        {"number": str(number), "on": day, "text": "; ".join(texts)}
        for number, (day, texts) in enumerate(sorted(days.items()), start=1)
    ]


def _levels(least: float, most: float, is_grade: bool) -> list[tuple[float, str]]:
    if is_grade:
        return [(float(grade), word) for grade, word in enumerate(GRADE_WORDS)]
    middle = (least + most) // 2
    return [(value, f"{value:g}") for value in (least, middle, most)]


def _description(points: Sequence[tuple[date, float | None]], words: Words, is_grade: bool) -> str:
    known = [(day, value) for day, value in points if value is not None]
    if not known:
        return "Nothing was reported in this time."
    worst_day, worst = max(known, key=lambda point: point[1])
    last_day, last = known[-1]
    reports = "1 report" if len(known) == 1 else f"{len(known)} reports"
    return (
        f"{reports}. Highest: {_value(worst, is_grade)}, on {words.day(worst_day)}. "
        f"Latest: {_value(last, is_grade)}, on {words.day(last_day)}."
    )


def _value(value: float | None, is_grade: bool) -> str:
    if value is None:
        return "not said"
    return grade_words(int(value)) if is_grade else f"{value:g}"
