"""Conditions about one answer at hand, or about the newest report as a whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from service.care.facts.answers import Given, Level, level
from service.care.facts.vocabulary import Vocabulary
from service.care.picture import Picture
from service.care.records import ReportFacts
from service.care.rules.evidence import Condition, Evidence, Phrase
from service.care.rules.parse import Spec
from service.care.rules.ranges import (
    CHOICES,
    HIGHEST,
    UNCHANGED,
    Change,
    Range,
    change_of,
    range_of,
)

_READS = frozenset({"symptom.*"})


def answer(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """The answer at hand lies in a range; only inside `any_symptom`.

    One or several attributes, or the `grade`, of which one in the range is enough; what the symptom
    does not have is passed over. `only_attribute: true` asks that nothing else is asked of the
    symptom. `only` and `except` name the symptoms it is asked of, by default all. `newly` and
    `new_or_worse` as in `symptom`.
    """
    attributes = spec.words("answer", CHOICES, "attribute")
    levels = range_of(spec)
    change = change_of(spec)
    alone = spec.flag("only_attribute")
    only = spec.words("only", vocabulary.symptoms, "symptom") if "only" in spec else None
    but = spec.words("except", vocabulary.symptoms, "symptom") if "except" in spec else ()
    spec.done()
    looked_at = {
        name: tuple(one for one in attributes if one in words.choices)
        for name, words in vocabulary.symptoms.items()
        if name not in but
        and (only is None or name in only)
        and (not alone or words.attributes == attributes)
    }
    return _of_answer(looked_at, levels, change)


def severe(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """The answer at hand is severe, as the site has chosen in `policy.yaml`.

    `severe: true`, only inside `any_symptom`. The variant is one of three: `composite`, the grade
    alone (eSyM); `any_attribute`, any answer (SYMPATHY); `composite_or_attribute`, the grade or
    any answer, but a frequency only where nothing else is asked of the symptom.
    """
    if not spec.flag("severe"):
        raise spec.refuse(
            "'severe' is only ever true; for what is not severe write 'not'", "severe"
        )
    spec.done()
    windows = vocabulary.windows
    looked_at = {}
    for name, words in vocabulary.symptoms.items():
        asked = tuple(one for one in words.attributes if one != "presence")
        if windows.severe_variant == "composite":
            asked = ()
        elif windows.severe_variant == "composite_or_attribute" and len(asked) > 1:
            asked = tuple(one for one in asked if one != "frequency")
        graded = windows.severe_variant != "any_attribute" and "grade" in words.choices
        looked_at[name] = ("grade", *asked) if graded else asked
    return _of_answer(looked_at, Range(windows.severe_from, HIGHEST), UNCHANGED)


def _of_answer(
    looked_at: Mapping[str, tuple[str, ...]], levels: Range, change: Change
) -> Condition:
    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        told.add((given.report.record,) if given is not None else ())

    def missed(picture: Picture, given: Given | None) -> Iterator[str]:
        name = given.answer["symptom"] if given is not None else ""
        for attribute in looked_at.get(name, ()):
            if given is not None and _level(picture, given, attribute) is None:
                yield f"symptom.{name}.{attribute}"

    return Condition(_answered_in(looked_at, levels, change), says, _READS, missed)


def _answered_in(
    looked_at: Mapping[str, tuple[str, ...]], levels: Range, change: Change
) -> Callable[[Picture, Given | None], bool]:
    low, high = levels
    gated = low == 0  # only then may an answer that was not given count: as 0, by its gate

    def holds(picture: Picture, given: Given | None) -> bool:
        if given is None:
            return False
        report, said = given
        name = said["symptom"]
        for attribute in looked_at.get(name, ()):
            value = _level(picture, given, attribute) if gated else said.get(attribute)
            if type(value) is int and low <= value <= high:
                if change is UNCHANGED:
                    return True
                if change.holds(picture, name, attribute, Level(report, value), low):
                    return True
        return False

    return holds


def _level(picture: Picture, given: Given, attribute: str) -> int | None:
    return level(given.answer, attribute, picture.vocabulary.symptoms[given.answer["symptom"]].gate)


def count_symptoms(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """So many different symptoms have an answer in a range.

    Counted in the newest report, or with `within` in all reports that recent. `newly` and
    `new_or_worse` are asked of each symptom, as in `symptom`.
    """
    inner = spec.part("count_symptoms")
    spec.done()
    count = inner.whole("count", least=1)
    attribute = inner.word("attribute", CHOICES, "attribute")
    levels = range_of(inner)
    change = change_of(inner)
    newest_only = "within" not in inner
    within = inner.duration("within", vocabulary.windows.symptom_answers)
    inner.done()

    def found(picture: Picture) -> dict[str, Level]:
        reports = picture.reports[:1] if newest_only else picture.reports
        since = picture.as_of - within
        recent = [report for report in reports if report.at >= since]
        return _symptoms_with(picture, recent, attribute, levels, change)

    def holds(picture: Picture, given: Given | None) -> bool:
        return len(found(picture)) >= count

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        _counted(told, found(picture), attribute, vocabulary)

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        known = picture.reports and picture.reports[0].at >= picture.as_of - within
        return () if known else ("symptom.*",)

    return Condition(holds, says, _READS, missed)


def _symptoms_with(
    picture: Picture, reports: Sequence[ReportFacts], attribute: str, levels: Range, change: Change
) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for report in reports:
        for one in report.answers:
            value = one.get(attribute)
            if type(value) is not int or not levels.holds(value) or one["symptom"] in found:
                continue
            now = Level(report, value)
            if change.holds(picture, one["symptom"], attribute, now, levels.low):
                found[one["symptom"]] = now
    return found


def _counted(
    told: Evidence, found: Mapping[str, Level], attribute: str, vocabulary: Vocabulary
) -> None:
    told.add(
        (now.report.record for now in found.values()),
        {f"{name}.{attribute}": now.value for name, now in found.items()},
        lambda: (
            Phrase(
                f"{vocabulary.symptoms[name].label.lower()} {attribute} {now.value}",
                now.report.at,
            )
            for name, now in found.items()
        ),
    )


def about_answer(picture: Picture, given: Given, told: Evidence) -> None:
    """Describe the answer a finding of ``any_symptom`` is about: all it says, in one phrase."""
    levels = picture.levels(given)

    def words() -> tuple[Phrase]:
        label = picture.vocabulary.symptoms[given.answer["symptom"]].label.lower()
        said = ", ".join(f"{name} {value}" for name, value in levels.items() if name != "presence")
        return (Phrase(f"{label} ({said})" if said else label, given.report.at),)

    told.add((), levels, words)
