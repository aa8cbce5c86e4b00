"""What is hers to say first, what comes next, and what nobody knows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from service.care.records import Record
from service.care.visit.words import Line, Span, capital, counted, cut, line

MOST_QUESTIONS = 5
MOST_EVENTS = 4
# She is asked to check in once a week.
_WEEK = timedelta(days=7)


def matters_lines(hers: Any) -> list[Line]:
    """Return what matters to her, in her own words."""
    if not hers.what_matters:
        return []
    return [line(cut(hers.what_matters, 500), Record("patient", hers.patient_id, hers.joined_at))]


def question_lines(questions: Sequence[Any], number: int, span: Span) -> list[Line]:
    """Return her open questions, the latest asked first; ``number`` is how many there are."""
    lines = [
        line(cut(one.text, 240), Record("question", one.id, one.asked_at))
        for one in questions[:MOST_QUESTIONS]
    ]
    if number > len(lines):
        more = counted(number - len(lines), "question")
        oldest = f", asked before {span.day(questions[len(lines) - 1].asked_at)}" if lines else ""
        lines.append(line(f"And {more}{oldest}."))
    return lines


def event_lines(events: Sequence[Any], span: Span) -> list[Line]:
    """Return what comes next, the soonest first; one more than are shown says that there is."""
    lines = []
    for one in events[:MOST_EVENTS]:
        place = f", {cut(one.place, 60)}" if one.place else ""
        text = f"{span.moment(one.starts_at)}: {capital(cut(one.title, 120))}{place}."
        lines.append(line(text, Record("event", one.id, one.starts_at)))
    if len(events) > MOST_EVENTS:
        lines.append(line("And more after that."))
    return lines


def report_unknowns(hers: Any, reports: Sequence[Any], span: Span) -> list[Line]:
    """Say how long nothing has been heard of her symptoms, where that is longer than a week."""
    last = reports[-1].at if reports else hers.last_report_at
    if last is None:
        return [line("No symptom report yet.")]
    if span.now - last <= _WEEK and reports:
        return []
    silent = counted((span.now - last).days, "day")
    return [line(f"No symptom report since {span.day(last)}, {silent} ago.")]
