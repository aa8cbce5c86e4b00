"""What got worse: each symptom at its worst, as it is now, which way it went, since what."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from service.care.records import Record
from service.care.visit.words import GRADE_WORDS, Line, Span, counted, cut, line, listed
from service.clinical import knowledge
from service.symptoms.rules import CAREGIVER

MOST_SYMPTOMS = 6
MOST_DRAWN = 3
_MOST_FAMILY = 3
_MOST_SIGNS = 5
# Changes that give her more, or something new; what was held or ended is no reason to ask.
_BEGINNINGS = frozenset({"started", "resumed", "dose_changed", "schedule_changed"})


class History(NamedTuple):
    """One symptom over the span: its grades with their reports, oldest first."""

    symptom: str
    points: Sequence[tuple[Any, int]]

    @property
    def name(self) -> str:
        """Return what people call it."""
        return knowledge().symptoms[self.symptom].term

    @property
    def worst(self) -> int:
        """Return the worst grade."""
        return max(grade for _, grade in self.points)


def histories(reports: Sequence[Any]) -> list[History]:
    """Return every symptom that was more than none, the worst first, then as it is now."""
    found: dict[str, list[tuple[Any, int]]] = {}
    for report in reports:
        for answer in report.answers:
            if answer["grade"] is not None:
                found.setdefault(answer["symptom"], []).append((report, answer["grade"]))
    made = [History(symptom, points) for symptom, points in found.items()]
    troubling = [one for one in made if one.worst > 0]
    return sorted(troubling, key=lambda one: (-one.worst, -one.points[-1][1], one.symptom))


def symptom_lines(
    found: Sequence[History], reports: Sequence[Any], marks: Sequence[Mapping[str, Any]], span: Span
) -> list[Line]:
    """Return the worst symptoms, what is left out, warning signs and what has no grade."""
    shown, rest = found[:MOST_SYMPTOMS], found[MOST_SYMPTOMS:]
    lines = [_line_of(history, marks, span) for history in shown]
    if rest:
        more = counted(len(rest), "more symptom")
        lines.append(
            line(
                f"And {more}, none worse than {GRADE_WORDS[rest[0].worst]}.",
                *(_record(one.points[-1][0]) for one in rest),
            )
        )
    return lines + _signs(reports, span) + _ungraded(reports)


def _line_of(history: History, marks: Sequence[Mapping[str, Any]], span: Span) -> Line:
    points, worst = history.points, history.worst
    at_worst = [report for report, grade in points if grade == worst]
    (first, was), (last, now) = points[0], points[-1]
    text = f"{GRADE_WORDS[worst]} on {span.day(at_worst[-1].at)}"
    if len(points) == 1:
        text += ", said once."
    else:
        again = len(at_worst) - 1
        text += f" and {counted(again, 'time')} before" if again else ""
        text += ", its worst" if now == worst else f", {GRADE_WORDS[now]} on {span.day(last.at)}"
        text += f". {_direction(was, now)} on {span.day(first.at)} ({GRADE_WORDS[was]})."
    if at_worst[0] is not first:
        # Where it was this bad from the first report on, nobody knows since when.
        text += _since(worst, span.day_of(at_worst[0].at), marks)
    records = (_record(one) for one in (at_worst[-1], last, first, at_worst[0]))
    return line(f"{history.name}: {text}", *records, symptom=history.symptom, grade=worst)


def _direction(was: int, now: int) -> str:
    return "Worse than" if now > was else "Better than" if now < was else "The same as"


def _since(worst: int, onset: date, marks: Sequence[Mapping[str, Any]]) -> str:
    """Name the last change of treatment before it was first this bad; nothing without one."""
    before = [one for one in marks if one["kind"] in _BEGINNINGS and one["on"] <= onset]
    if not before:
        return ""
    on = before[-1]["on"]
    changes = listed(one["text"] for one in before if one["on"] == on)
    days = (onset - on).days
    when = "on the same day as" if days == 0 else f"{counted(days, 'day')} after"
    return f" First {GRADE_WORDS[worst]} {when} this change: {cut(changes, 120)}."


def _signs(reports: Sequence[Any], span: Span) -> list[Line]:
    """Return the warning signs she ticked, each the last time she did."""
    last = {flag: report for report in reports for flag in report.red_flags}
    if not last:
        return []
    flags = knowledge().red_flags
    newest = sorted(last.items(), key=lambda one: one[1].at, reverse=True)
    shown = newest[:_MOST_SIGNS]
    words = [f"{flags[code].prompt} ({span.day(report.at)})" for code, report in shown]
    more = f"; and {len(newest) - len(shown)} more" if len(newest) > len(shown) else ""
    return [
        line(
            f"Warning signs she ticked: {'; '.join(words)}{more}.",
            *(_record(report) for _, report in shown),
        )
    ]


def _ungraded(reports: Sequence[Any]) -> list[Line]:
    present = {
        answer["symptom"]: report
        for report in reports
        for answer in report.answers
        if answer["grade"] is None and answer.get("presence") == 1
    }
    if not present:
        return []
    shown = sorted(present)[:MOST_SYMPTOMS]
    names = [knowledge().symptoms[symptom].term for symptom in shown]
    if len(present) > len(shown):
        names.append(f"{len(present) - len(shown)} more")
    records = (_record(present[symptom]) for symptom in shown)
    return [line(f"Also present, without a grade: {listed(names)}.", *records)]


def family_lines(reports: Sequence[Any], span: Span) -> list[Line]:
    """Return what her family reported for her, the latest first."""
    theirs = [one for one in reports if one.reported_by == CAREGIVER][::-1]
    lines = [
        line(f"{span.moment(report.at)}: {_answers(report)}.", _record(report))
        for report in theirs[:_MOST_FAMILY]
    ]
    if len(theirs) > len(lines):
        earlier = counted(len(theirs) - len(lines), "report")
        lines.append(line(f"And {earlier} before.", *map(_record, theirs[_MOST_FAMILY:][:10])))
    return lines


def _answers(report: Any) -> str:
    graded = sorted(
        ((one["grade"], one["symptom"]) for one in report.answers if one["grade"]), reverse=True
    )
    words = [
        f"{knowledge().symptoms[symptom].term.lower()} {GRADE_WORDS[grade]}"
        for grade, symptom in graded[:MOST_SYMPTOMS]
    ]
    words += [
        f"warning sign: {knowledge().red_flags[code].prompt}"
        for code in report.red_flags[:_MOST_SIGNS]
    ]
    return listed(words) if words else "no symptom worse than none"


def drawn(found: Iterable[History], span: Span) -> list[dict[str, Any]]:
    """Return the worst symptoms as lines to draw: day and grade, the same axis for all."""
    return [
        {
            "name": history.name,
            "levels": [(0, GRADE_WORDS[0]), (3, GRADE_WORDS[3])],
            "words": GRADE_WORDS,
            "most": 3,
            "points": [(span.day_of(report.at), grade) for report, grade in history.points],
        }
        for history in list(found)[:MOST_DRAWN]
    ]


def _record(report: Any) -> Record:
    return Record("symptom_report", report.id, report.at)
