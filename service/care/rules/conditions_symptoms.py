"""Conditions about symptoms by name: how bad, since when, and whether worse."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from operator import attrgetter
from typing import NamedTuple

from service.care.facts.answers import Earlier, Given, Level, level, rises
from service.care.facts.vocabulary import SymptomWords, Vocabulary
from service.care.picture import Picture
from service.care.records import ReportFacts
from service.care.rules.evidence import NO_VALUES, Condition, Evidence, Holds, Phrase
from service.care.rules.parse import Spec
from service.care.rules.ranges import CHOICES, UNCHANGED, Range, change_of, range_of

_Levels = Callable[[Picture], Mapping[tuple[str, str], Level]]
_now: _Levels = attrgetter("levels_now")


class _Cell(NamedTuple):
    """One attribute of one symptom that a condition looks at, and how it is called."""

    key: tuple[str, str]
    words: str
    name: str
    fact: str


def symptom(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """The newest completed answer about a symptom lies in a range.

    One or several symptoms of which one is enough. `attribute` is one of its questions, `grade`,
    or `any` (as if left out). `at_least` is 1 and `at_most` 4 if left out. `newly` also asks that
    the answer before lay below `at_least`, `new_or_worse` that it lay below this one; a first
    answer is new. `in_reports` asks that so many reports in the window hold such an answer, with
    `apart_days` the first and the last of them so many days apart, with `in_a_row` none between
    that answered lower.
    """
    names = spec.words("symptom", vocabulary.symptoms, "symptom")
    cells = _cells(spec, vocabulary, names)
    levels = range_of(spec)
    change = change_of(spec)
    usual = vocabulary.windows.symptom_answers
    within = spec.duration("within", usual)
    repeated = _repeated(spec, within) if "in_reports" in spec else None
    spec.done()
    newest = _newest_within(min(within, usual) if repeated else within, usual)
    low, high = levels

    def fits(picture: Picture, cell: _Cell, now: Level) -> bool:
        if not change.holds(picture, *cell.key, now, low):
            return False
        return repeated is None or bool(repeated(picture, *cell.key, levels))

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        known = newest(picture)
        found = [
            (cell, now, repeated(picture, *cell.key, levels) if repeated else [now.report])
            for cell in cells
            if (now := known.get(cell.key)) and levels.holds(now.value) and fits(picture, cell, now)
        ]
        _answered(told, found)

    def missed(picture: Picture, given: Given | None) -> Iterator[str]:
        known = newest(picture)
        return (cell.fact for cell in cells if cell.key not in known)

    plain = change is UNCHANGED and repeated is None
    holds = _in_range(newest, cells, low, high, None if plain else fits)
    return Condition(holds, says, frozenset(f"symptom.{name}" for name in names), missed)


def _in_range(
    newest: _Levels,
    cells: tuple[_Cell, ...],
    low: int,
    high: int,
    fits: Callable[[Picture, _Cell, Level], bool] | None,
) -> Holds:
    """Tell whether one of the cells lies in a range, and fits if more is asked of it."""
    keys = tuple((cell.key, cell) for cell in cells)

    def holds(picture: Picture, given: Given | None) -> bool:
        known = newest(picture)
        for key, cell in keys:
            now = known.get(key)
            if (
                now is not None
                and low <= now.value <= high
                and (fits is None or fits(picture, cell, now))
            ):
                return True
        return False

    return holds


def _answered(told: Evidence, found: Sequence[tuple[_Cell, Level, list[ReportFacts]]]) -> None:
    told.add(
        [report.record for _, _, reports in found for report in reports],
        {cell.name: now.value for cell, now, _ in found},
        lambda: (Phrase(f"{cell.words} {now.value}", now.report.at) for cell, now, _ in found),
    )


def worsened(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """An answer or the grade rose by the points of `policy.yaml`, or by `by`.

    One or several symptoms, or `true` inside `any_symptom` for the answer at hand. Each attribute
    is compared with its previous completed answer, or with the first ever where that one is older
    than the gap of `policy.yaml`. Missing is neither 0 nor a change, and a first report has nothing
    to rise from.
    """
    at_hand = spec.optional("worsened") is True
    names = () if at_hand else spec.words("worsened", vocabulary.symptoms, "symptom")
    by = spec.whole("by", default=vocabulary.windows.worsening_delta, least=1)
    spec.done()
    if at_hand:
        return _answer_worsened(by)
    asked = tuple(
        (name, attribute)
        for name in names
        for attribute in (*vocabulary.symptoms[name].attributes, "grade")
    )

    def found(picture: Picture) -> Iterator[tuple[str, ReportFacts, _Rises]]:
        for name, attribute in asked:
            now = picture.levels_now.get((name, attribute))
            rise = now and _rises(picture, name, now.report, {attribute: now.value}, by)
            if now and rise:
                yield name, now.report, rise

    def holds(picture: Picture, given: Given | None) -> bool:
        return next(found(picture), None) is not None

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        _all_risen(told, picture, found(picture))

    def missed(picture: Picture, given: Given | None) -> Iterator[str]:
        known = picture.levels_now
        return (f"symptom.{name}.{what}" for name, what in asked if (name, what) not in known)

    return Condition(holds, says, frozenset(f"symptom.{name}" for name in names), missed)


_Rises = Mapping[str, tuple[Earlier, int]]


def _answer_worsened(by: int) -> Condition:
    def holds(picture: Picture, given: Given | None) -> bool:
        return given is not None and _has_risen(picture, given, by)

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        if given is None:
            return
        now = picture.levels(given)
        grade = given.answer.get("grade")
        if grade is not None:
            now["grade"] = grade
        rise = _rises(picture, given.answer["symptom"], given.report, now, by)
        # What it is now stands in the phrase about the answer; only what it was is news here.
        _risen(told, picture, given.answer["symptom"], given.report, rise, with_values=False)

    return Condition(holds, says, frozenset({"symptom.*"}))


def _has_risen(picture: Picture, given: Given, by: int) -> bool:
    report, said = given
    for attribute, value in said.items():
        # Below that it cannot have risen by so much; a word is no level, nor is a skipped one.
        if type(value) is int and value >= by:
            before = picture.earlier(said["symptom"], attribute, report)
            if before is not None and value - before.value >= by:
                return True
    return False


def _rises(
    picture: Picture, name: str, report: ReportFacts, now: Mapping[str, int], by: int
) -> _Rises:
    """Return the attributes of one answer that rose by so much, with what they were."""
    then = {
        attribute: before
        for attribute, value in now.items()
        if value >= by  # below that it cannot have risen by so much
        and (before := picture.earlier(name, attribute, report)) is not None
    }
    return rises(now, then, by) if then else {}


def _all_risen(
    told: Evidence, picture: Picture, found: Iterable[tuple[str, ReportFacts, _Rises]]
) -> None:
    for name, report, rise in found:
        _risen(told, picture, name, report, rise)


def _risen(
    told: Evidence, picture: Picture, name: str, report: ReportFacts, found: _Rises,
    *, with_values: bool = True,
) -> None:  # fmt: skip
    label = picture.vocabulary.symptoms[name].label.lower()
    told.add(
        [report.record, *(before.record for before, _ in found.values())],
        {f"{name}.{what}": now for what, (_, now) in found.items()} if with_values else NO_VALUES,
        lambda: (
            Phrase(f"{label} {attribute} up from {before.value} to {value}")
            for attribute, (before, value) in found.items()
        ),
    )


def _newest_within(window: timedelta, usual: timedelta) -> _Levels:
    """Choose where the newest answers of a window are; those of the usual one are at hand."""
    return _now if window == usual else lambda picture: picture.levels_within(window)


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
                    (name, attribute),
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
    count = inner.whole("count", least=2)
    apart = timedelta(days=inner.whole("apart_days", default=0))
    in_a_row = inner.flag("in_a_row")
    inner.done()

    def reports_with(
        picture: Picture, name: str, attribute: str, levels: Range
    ) -> list[ReportFacts]:
        since = picture.as_of - within
        gate = picture.vocabulary.symptoms[name].gate
        found = []
        for report, one in picture.answers.get(name, ()):
            value = level(one, attribute, gate)
            if value is None or report.at < since:
                continue
            if levels.holds(value):
                found.append(report)
            elif in_a_row:
                break
        if len(found) < count or found[0].at - found[-1].at < apart:
            return []
        return found

    return reports_with
