"""Conditions about questionnaires: one item, or a total."""

from collections.abc import Callable, Iterable

from service.care.facts.answers import Given
from service.care.facts.vocabulary import QuestionnaireWords, Vocabulary
from service.care.picture import Picture
from service.care.records import ResponseFacts
from service.care.rules.evidence import Condition, Evidence, Phrase
from service.care.rules.parse import Spec

_Judged = tuple[str, int, str] | None
_Judge = Callable[[ResponseFacts], _Judged]
"""Gives the name of the value, the value, and words for it; ``None`` when it is not so."""

_Lacks = Callable[[ResponseFacts], Iterable[str]]


def questionnaire(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Her newest response to a questionnaire, finished or not, has an item or a total in a range.

    A total is the sum of the items answered so far (of `items` only, where named), so an
    unfinished form reaches a band as soon as it must end in it or above. `item` with `at_least` is
    true when one of those items reaches it; a yes counts 1, and `at_least` is 1 if left out.
    `positive: true` stands for the questionnaire's own cut-off.
    """
    inner = spec.part("questionnaire")
    spec.done()
    code = inner.word("code", vocabulary.questionnaires, "questionnaire")
    words = vocabulary.questionnaires[code]
    within = inner.duration("within", vocabulary.windows.questionnaires)
    judge, lacks = _of_item(inner, words) if "item" in inner else _of_total(inner, words)
    inner.done()
    fact = f"questionnaire.{code}"

    def newest(picture: Picture) -> ResponseFacts | None:
        responses = picture.responses.get(code)
        if not responses or picture.as_of - responses[0].at > within:
            return None
        return responses[0]

    def judged(picture: Picture, given: Given | None) -> _Judged:
        response = newest(picture)
        return None if response is None else judge(response)

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        response, found = newest(picture), judged(picture, given)
        if response is None or found is None:
            return
        key, value, said = found
        phrase = Phrase(f"{words.title} {said}", response.at)
        told.add((response.record,), {key: value}, lambda: (phrase,))

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        response = newest(picture)
        if response is None:
            return (fact,)
        return [f"{fact}.{lack}" for lack in lacks(response)]

    return Condition(judged, says, frozenset({fact}), missed)


def _of_item(spec: Spec, words: QuestionnaireWords) -> tuple[_Judge, _Lacks]:
    items = spec.items("item", words.items)
    low = spec.whole("at_least", default=1)

    def judge(response: ResponseFacts) -> _Judged:
        reached = {
            item: value
            for item in items
            if (value := _value(response, item)) is not None and value >= low
        }
        if not reached:
            return None
        item = max(reached, key=lambda one: reached[one])
        return f"item_{item}", reached[item], f"item {item} answered {reached[item]}"

    def lacks(response: ResponseFacts) -> Iterable[str]:
        return [item for item in items if _value(response, item) is None]

    return judge, lacks


def _of_total(spec: Spec, words: QuestionnaireWords) -> tuple[_Judge, _Lacks]:
    items = spec.items("items", words.items) if "items" in spec else words.items
    if spec.flag("positive"):
        if words.positive_at is None:
            raise spec.refuse("this questionnaire has no cut-off of its own", "positive")
        low: float = words.positive_at
    else:
        low = spec.number("total_at_least")
    below = spec.number("total_below") if "total_below" in spec else None

    def given_items(response: ResponseFacts) -> list[int]:
        return [value for item in items if (value := _value(response, item)) is not None]

    def judge(response: ResponseFacts) -> _Judged:
        given = given_items(response)
        total = sum(given)
        if total < low or (below is not None and total >= below):
            return None
        return "total", total, f"total {'' if len(given) == len(items) else 'at least '}{total}"

    def lacks(response: ResponseFacts) -> Iterable[str]:
        return () if len(given_items(response)) == len(items) else ("total",)

    return judge, lacks


def _value(response: ResponseFacts, item: str) -> int | None:
    value = response.answers.get(item)
    return None if value is None else int(value)
