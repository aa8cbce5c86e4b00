"""Conditions about one answer at hand, or about the newest report as a whole."""

from collections.abc import Mapping

from service.care.facts.answers import Level, level
from service.care.facts.vocabulary import Vocabulary
from service.care.picture import Picture
from service.care.rules.evidence import Condition, Evidence, Phrase, Seen
from service.care.rules.parse import Spec
from service.care.rules.ranges import CHOICES, change_of, range_of


def answer(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{answer: severity | [..], at_least, at_most, newly, only_attribute}``.

    Only inside ``any_symptom``: about the answer at hand.  An attribute the symptom has not is
    passed over; ``only_attribute`` asks that the symptom has no other.
    """
    attributes = spec.words("answer", CHOICES, "attribute")
    levels = range_of(spec)
    change = change_of(spec)
    only = spec.flag("only_attribute")
    spec.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        given = seen.answer
        if given is None:
            return None
        name = given.answer["symptom"]
        words = vocabulary.symptoms[name]
        for attribute in attributes:
            if attribute not in words.choices or (only and words.attributes != (attribute,)):
                continue
            value = level(given.answer, attribute, words.gate)
            if value is None:
                seen.unknown.append(f"symptom.{name}.{attribute}")
            elif levels.holds(value) and change.holds(
                picture, name, attribute, Level(given.report, value), levels.low
            ):
                return Evidence((given.report.record,))
        return None

    return Condition(test, frozenset({"symptom.*"}))


def count_symptoms(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{count_symptoms: {count, attribute, at_least, at_most, newly, within}}``.

    True when so many different symptoms of the newest report, or with ``within`` of all reports
    that recent, have an answer in the range.
    """
    inner = spec.part("count_symptoms")
    spec.done()
    count = inner.whole("count")
    attribute = inner.word("attribute", CHOICES, "attribute")
    levels = range_of(inner)
    change = change_of(inner)
    newest_only = "within" not in inner
    within = inner.duration("within", vocabulary.windows.symptom_answers)
    inner.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        reports = picture.reports[:1] if newest_only else picture.reports
        since = picture.as_of - within
        recent = [report for report in reports if report.at >= since]
        if not recent:
            seen.unknown.append("symptom.*")
            return None
        found: dict[str, Level] = {}
        for report in recent:
            for one in report.answers:
                value = one.get(attribute)
                if type(value) is not int or not levels.holds(value) or one["symptom"] in found:
                    continue
                now = Level(report, value)
                if change.holds(picture, one["symptom"], attribute, now, levels.low):
                    found[one["symptom"]] = now
        return _counted(found, attribute, vocabulary) if len(found) >= count else None

    return Condition(test, frozenset({"symptom.*"}))


def _counted(found: Mapping[str, Level], attribute: str, vocabulary: Vocabulary) -> Evidence:
    return Evidence(
        tuple(dict.fromkeys(now.report.record for now in found.values())),
        {f"{name}.{attribute}": now.value for name, now in found.items()},
        tuple(
            Phrase(
                f"{vocabulary.symptoms[name].label.lower()} {attribute} {now.value}",
                now.report.at,
            )
            for name, now in found.items()
        ),
    )


def about_answer(picture: Picture, seen: Seen) -> Evidence:
    """Describe the answer a finding of ``any_symptom`` is about: all it says, in one phrase."""
    given = seen.answer
    if given is None:
        return Evidence()
    levels = picture.levels(given)
    label = picture.vocabulary.symptoms[given.answer["symptom"]].label
    said = ", ".join(f"{name} {value}" for name, value in levels.items() if name != "presence")
    phrase = Phrase(f"{label.lower()} ({said})" if said else label.lower(), given.report.at)
    return Evidence((), levels, (phrase,))
