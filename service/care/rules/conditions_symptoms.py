"""Conditions about symptoms by name: how bad, since when, and whether worse."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from service.care.facts.answers import level, rises
from service.care.facts.vocabulary import SymptomWords, Vocabulary
from service.care.picture import Picture
from service.care.records import Record, ReportFacts
from service.care.rules.evidence import Condition, Evidence, Phrase, Seen, merged
from service.care.rules.parse import Spec
from service.care.rules.ranges import CHOICES, Range, change_of, range_of


class _Cell(NamedTuple):
    """One attribute of one symptom that a condition looks at."""

    symptom: str
    attribute: str
    words: str
    key: str
    fact: str


def symptom(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{symptom: nausea | [..], attribute, at_least, at_most, newly, new_or_worse, …}``.

    True when the newest completed answer of a named attribute, not older than ``within``, lies in
    the range.  ``newly`` also asks that the answer before it lay below, ``new_or_worse`` that it
    lay below this one; a first answer is new.  ``in_reports: {count, apart_days}`` asks that so
    many reports in the window hold such an answer, the first and the last so many days apart.
    """
    names = spec.words("symptom", vocabulary.symptoms, "symptom")
    cells = _cells(spec, vocabulary, names)
    levels = range_of(spec)
    change = change_of(spec)
    within = spec.duration("within", vocabulary.windows.symptom_answers)
    recent = min(within, vocabulary.windows.symptom_answers)
    repeated = _repeated(spec, within) if "in_reports" in spec else None
    spec.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        since = picture.as_of - (recent if repeated else within)
        records: list[Record] = []
        values: dict[str, float] = {}
        phrases: list[Phrase] = []
        for name, attribute, words, key, fact in cells:
            now = picture.latest(name, attribute, since)
            if now is None:
                seen.unknown.append(fact)
                continue
            low = levels.low
            if levels.holds(now.value) and change.holds(picture, name, attribute, now, low):
                reports = repeated(picture, name, attribute, levels) if repeated else [now.report]
                records += [report.record for report in reports]
                if reports:
                    values[key] = now.value
                    phrases.append(Phrase(f"{words} {now.value}", now.report.at))
        if not values:
            return None
        return Evidence(tuple(dict.fromkeys(records)), values, tuple(phrases))

    return Condition(test, frozenset(f"symptom.{name}" for name in names))


def worsened(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{worsened: nausea | [..]}``, or ``{worsened: true}`` inside ``any_symptom``.

    True when an attribute or the grade rose by the policy's delta since the answer it is compared
    with.  Missing is neither 0 nor a change, and a first report has nothing to rise from.
    """
    if spec.optional("worsened") is True:
        spec.done()
        return Condition(_answer_worsened, frozenset({"symptom.*"}))
    names = spec.words("worsened", vocabulary.symptoms, "symptom")
    spec.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        since = picture.as_of - picture.windows.symptom_answers
        parts = []
        for name in names:
            words = vocabulary.symptoms[name]
            for attribute in (*words.attributes, "grade"):
                now = picture.latest(name, attribute, since)
                if now is None:
                    seen.unknown.append(f"symptom.{name}.{attribute}")
                else:
                    parts.append(_rise(picture, name, now.report, {attribute: now.value}))
        found = [part for part in parts if part is not None]
        return merged(found) if found else None

    return Condition(test, frozenset(f"symptom.{name}" for name in names))


def _answer_worsened(picture: Picture, seen: Seen) -> Evidence | None:
    given = seen.answer
    if given is None:
        return None
    now = picture.levels(given)
    grade = given.answer.get("grade")
    if grade is not None:
        now["grade"] = grade
    found = _rise(picture, given.answer["symptom"], given.report, now)
    # What it is now stands in the phrase about the answer; only what it was is news here.
    return found and Evidence(found.records, {}, found.phrases)


def _rise(picture: Picture, name: str, report: ReportFacts, now: dict[str, int]) -> Evidence | None:
    delta = picture.windows.worsening_delta
    then = {
        attribute: before
        for attribute, value in now.items()
        if value >= delta  # below that it cannot have risen by so much
        and (before := picture.earlier(name, attribute, report)) is not None
    }
    found = rises(now, then, delta)
    if not found:
        return None
    label = picture.vocabulary.symptoms[name].label.lower()
    return Evidence(
        (report.record, *dict.fromkeys(before.record for before, _ in found.values())),
        {f"{name}.{attribute}": value for attribute, (_, value) in found.items()},
        tuple(
            Phrase(f"{label} {attribute} up from {before.value} to {value}")
            for attribute, (before, value) in found.items()
        ),
    )


def _cells(spec: Spec, vocabulary: Vocabulary, names: tuple[str, ...]) -> tuple[_Cell, ...]:
    chosen = "any"
    if "attribute" in spec:
        chosen = spec.word("attribute", (*CHOICES, "any"), "attribute")
    cells = []
    for name in names:
        words = vocabulary.symptoms[name]
        for attribute in _attributes_of(spec, name, words, chosen):
            cells.append(
                _Cell(
                    name,
                    attribute,
                    f"{words.label.lower()} {attribute}",
                    f"{name}.{attribute}",
                    f"symptom.{name}.{attribute}",
                )
            )
    return tuple(cells)


def _attributes_of(spec: Spec, name: str, words: SymptomWords, chosen: str) -> tuple[str, ...]:
    if chosen == "any":
        return words.attributes
    if chosen not in words.choices:
        has = ", ".join(sorted(words.choices))
        raise spec.refuse(f"{name!r} has no {chosen!r}, only {has}", "attribute")
    return (chosen,)


_Repeated = Callable[[Picture, str, str, Range], list[ReportFacts]]


def _repeated(spec: Spec, within: timedelta) -> _Repeated:
    inner = spec.part("in_reports")
    count = inner.whole("count")
    apart = timedelta(days=inner.whole("apart_days", default=0))
    inner.done()

    def reports_with(
        picture: Picture, name: str, attribute: str, levels: Range
    ) -> list[ReportFacts]:
        since: datetime = picture.as_of - within
        gate = picture.vocabulary.symptoms[name].gate
        found = []
        for report, one in picture.answers.get(name, ()):
            value = level(one, attribute, gate)
            if report.at >= since and value is not None and levels.holds(value):
                found.append(report)
        if len(found) < count or found[0].at - found[-1].at < apart:
            return []
        return found

    return reports_with
