"""What she is on, what changed, and how she kept to it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from service.care.records import Record
from service.care.trends import Course, name_of
from service.care.visit.words import Line, Span, counted, cut, line, plain
from service.clinical.regimens import Period
from service.treatments import dosing
from service.treatments.adherence import Answer, Figures, Prescribed, adherence
from service.treatments.models import Treatment

# Of the doses missed for one reason, how many the line names as its records.
DOSES_NAMED = 10
# How far back a course is followed: longer is for the adherence of the course itself.
FARTHEST = timedelta(days=366)
_MOST_COURSES = 12
_MOST_CHANGES = 4
_CURRENT = ("active", "held", "planned")


def treatment_lines(
    courses: Sequence[Course], marks: Sequence[Mapping[str, Any]], span: Span
) -> list[Line]:
    """Return what she is on, and of the rest what changed in the span, the latest begun first."""
    changed: dict[UUID, list[Mapping[str, Any]]] = {}
    for mark in marks:
        changed.setdefault(mark["treatment_id"], []).append(mark)
    told = [one for one, _ in courses if one.status in _CURRENT or one.id in changed]
    told.sort(key=lambda one: one.status not in _CURRENT)
    lines = [_course_line(one, changed.get(one.id, []), span) for one in told[:_MOST_COURSES]]
    left_out = [one for one, _ in courses if one not in told[:_MOST_COURSES]]
    if left_out:
        number = counted(len(left_out), "treatment")
        what = "earlier, nothing changed in this time" if len(told) <= _MOST_COURSES else "more"
        lines.append(line(f"And {number} {what}.", *map(_record, left_out[:10])))
    return lines


def _course_line(one: Treatment, marks: Sequence[Mapping[str, Any]], span: Span) -> Line:
    since = "planned from" if one.status == "planned" else f"{one.status}, begun"
    text = f"{cut(name_of(one), 80)}: {since} {span.day(one.started_on)}"
    if one.ended_on:
        text += f", ended {span.day(one.ended_on)}"
    if one.stop_reason:
        text += f" ({cut(one.stop_reason, 80)})"
    if one.dose and one.status in _CURRENT:
        text += f", {cut(one.dose, 60)}"
    # Its beginning and its end stand in the line already.
    changes = [mark for mark in marks if mark["kind"] not in {"started", "ended"}]
    if changes:
        name = f"{name_of(one)} "
        words = [
            f"{mark['text'].removeprefix(name)} on {span.day(mark['on'])}"
            for mark in changes[-_MOST_CHANGES:]
        ]
        more = len(changes) - len(words)
        earlier = f", and {counted(more, 'change')} before" if more else ""
        text += f". In this time: {cut(', '.join(words), 240)}{earlier}"
    return line(f"{text}.", _record(one))


def dose_lines(courses: Sequence[Course], doses: Sequence[Any], span: Span) -> list[Line]:
    """Return how each course was kept to, the latest missed dose first.

    Args:
        courses: with their dosage periods.
        doses: those answered in the span, the latest due first.
        span: the days.
    """
    answered: dict[UUID, list[Any]] = {}
    for dose in doses:
        answered.setdefault(dose.treatment_id, []).append(dose)
    found = []
    for treatment, periods in courses:
        rows = answered.get(treatment.id, [])
        figures = _figures(periods, rows, span) if periods or rows else None
        if figures is not None and figures.expected:
            found.append((treatment, rows, figures))
    found.sort(key=lambda one: _latest_missed(one[1]), reverse=True)
    lines = [_dose_line(*one, span) for one in found[:_MOST_COURSES]]
    if len(found) > len(lines):
        lines.append(line(f"And {counted(len(found) - len(lines), 'more course')}."))
    return lines


def _figures(periods: Sequence[Any], rows: Sequence[Any], span: Span) -> Figures:
    asked_from = dosing.asked_from(periods) if periods else span.now
    return adherence(
        [Prescribed(Period.on_file(period), period.dose) for period in periods],
        [
            Answer(datetime.fromisoformat(row.local_at), row.cycle, row.status, row.reason)
            for row in rows
        ],
        first=max(span.first, span.last - FARTHEST),
        last=span.last,
        asked_from=asked_from.astimezone(span.zone).replace(tzinfo=None),
        now=span.now.astimezone(span.zone).replace(tzinfo=None),
    ).course


def _latest_missed(rows: Iterable[Any]) -> str:
    return max((row.local_at for row in rows if row.status == "missed"), default="")


def _dose_line(treatment: Treatment, rows: Sequence[Any], figures: Figures, span: Span) -> Line:
    missed = [row for row in rows if row.status == "missed"]
    by_reason: dict[str | None, list[Any]] = {}
    for row in missed:
        by_reason.setdefault(row.reason, []).append(row)
    text = f"{cut(name_of(treatment), 80)}: "
    if missed:
        why = ", ".join(f"{_why(reason)} {len(those)}" for reason, those in by_reason.items())
        last = date.fromisoformat(missed[0].local_at[:10])
        on = "on" if len(missed) == 1 else "the last on"
        text += f"{counted(len(missed), 'dose')} missed ({why}), {on} {span.day(last)}."
    else:
        text += "no dose missed."
    if figures.held:
        text += f" {figures.held} held on advice."
    if figures.proportion_of_days_covered is not None:
        percent = round(figures.proportion_of_days_covered * 100)
        text += f" Taken as planned on {percent} % of the days it was due."
    if figures.unanswered:
        text += f" {figures.unanswered} of {figures.expected} not answered, counted as not taken."
    named = [row for those in by_reason.values() for row in those[:DOSES_NAMED]]
    latest = sorted(named, key=lambda row: row.due_at, reverse=True) or rows[:1]
    records = [Record("dose", row.id, row.due_at) for row in latest] or [_record(treatment)]
    return line(text, *records)


def _why(reason: str | None) -> str:
    return plain(reason) if reason else "no reason given"


def _record(treatment: Treatment) -> Record:
    return Record("treatment", treatment.id, treatment.facts_changed_at)
