"""Conditions about how she feels: distress, topics, wishes, safety and questionnaires."""

from collections.abc import Callable, Sequence

from service.care.facts.vocabulary import TOPICS, WISHES, Vocabulary
from service.care.picture import Picture
from service.care.records import ResponseFacts, WellbeingFacts
from service.care.rules.evidence import Condition, Evidence, Phrase, Seen
from service.care.rules.parse import Spec

_READS = frozenset({"wellbeing"})


def distress(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{distress: {at_least, below, newly, rise, in_checks}}``, about 0 to 10.

    About the newest check that answered it.  ``newly`` asks that the one before lay below
    ``at_least`` or there was none; ``rise`` that it lay so much lower; ``in_checks`` that so many
    checks in a row reach ``at_least``.  Checks that left distress out are passed over.
    """
    inner = spec.part("distress")
    spec.done()
    low = inner.whole("at_least", default=0)
    below = inner.whole("below", default=11)
    newly = inner.flag("newly")
    rise = inner.whole("rise", default=0)
    count = inner.whole("in_checks", default=1)
    within = inner.duration("within", vocabulary.windows.wellbeing)
    inner.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        answered = picture.distress
        if not answered or picture.as_of - answered[0][0].at > within:
            seen.unknown.append("distress")
            return None
        check, value = answered[0]
        run = answered[:count]
        if not low <= value < below or len(run) < count or any(one < low for _, one in run):
            return None
        used = [one for one, _ in run]
        words = f"distress {value} of 10"
        if newly or rise:
            before = answered[1] if len(answered) > 1 else None
            if (newly and before and before[1] >= low) or (
                rise and (before is None or value - before[1] < rise)
            ):
                return None
            if rise and before:
                used.append(before[0])
                words += f" (before: {before[1]})"
        if count > 1:
            words += f" ({count} checks in a row)"
        records = tuple(dict.fromkeys(one.record for one in used))
        return Evidence(records, {"distress": value}, (Phrase(words, check.at),))

    return Condition(test, _READS)


def topic(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{topic: meaning | [..], within}``: true when she ticked one so recently."""
    wanted = spec.words("topic", TOPICS, "topic")
    return _ticked(spec, vocabulary, wanted, "topic", lambda check: check.topics)


def wish(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{wish: chaplain | [..], within}``: true when she asked for one so recently."""
    wanted = spec.words("wish", WISHES, "wish for contact")
    return _ticked(spec, vocabulary, wanted, "wish for", lambda check: check.contact_wanted)


def safe_now(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{safe_now: false}``: true when her newest answer to "are you safe now" is that."""
    wanted = spec.flag("safe_now")
    within = spec.duration("within", vocabulary.windows.wellbeing)
    spec.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        for check in picture.checks:
            if picture.as_of - check.at > within:
                break
            if check.safe_now is not None:
                if check.safe_now is not wanted:
                    return None
                words = "feels safe now" if wanted else "does not feel safe now"
                values = {} if wanted else {"not_safe_now": 1}
                return Evidence((check.record,), values, (Phrase(words, check.at),))
        seen.unknown.append("safe_now")
        return None

    return Condition(test, _READS)


def questionnaire(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{questionnaire: {code, total_at_least, total_below, items, item, at_least, …}}``.

    About the newest response, finished or not.  A total is the sum of the items answered so far
    (of ``items`` only, where named), so an unfinished form reaches a band as soon as it must end
    in it or above.  ``item`` with ``at_least`` is true when one of those items reaches it; a yes
    counts 1.  ``positive: true`` stands for the questionnaire's own cut-off.
    """
    inner = spec.part("questionnaire")
    spec.done()
    code = inner.word("code", vocabulary.questionnaires, "questionnaire")
    words = vocabulary.questionnaires[code]
    within = inner.duration("within", vocabulary.windows.questionnaires)
    judge = _of_item(inner, words.items) if "item" in inner else _of_total(inner, vocabulary)
    inner.done()
    fact = f"questionnaire.{code}"

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        responses = picture.responses.get(code)
        if not responses or picture.as_of - responses[0].at > within:
            seen.unknown.append(fact)
            return None
        newest = responses[0]
        found = judge(newest, seen)
        if found is None:
            return None
        key, value, said = found
        phrase = Phrase(f"{words.title} {said}", newest.at)
        return Evidence((newest.record,), {key: value}, (phrase,))

    return Condition(test, frozenset({fact}))


_Judge = Callable[[ResponseFacts, Seen], tuple[str, float, str] | None]


def _of_item(spec: Spec, known: Sequence[str]) -> _Judge:
    named = spec.optional("item")
    items = tuple(str(item) for item in (named if isinstance(named, list) else [named]))
    for item in items:
        if item not in known:
            raise spec.unknown("item", item, known, "item")
    low = spec.whole("at_least", default=1)

    def judge(response: ResponseFacts, seen: Seen) -> tuple[str, float, str] | None:
        values = {item: _value(response, item) for item in items}
        given = {item: value for item, value in values.items() if value is not None}
        for item in values.keys() - given.keys():
            seen.unknown.append(f"questionnaire.{response.questionnaire}.{item}")
        reached = [item for item in items if given.get(item, -1) >= low]
        if not reached:
            return None
        item = max(reached, key=lambda one: given[one])
        return f"item_{item}", given[item], f"item {item} answered {given[item]}"

    return judge


def _of_total(spec: Spec, vocabulary: Vocabulary) -> _Judge:
    words = vocabulary.questionnaires[spec.word("code", vocabulary.questionnaires, "")]
    named = spec.optional("items")
    items = tuple(str(item) for item in named) if isinstance(named, list) else words.items
    for item in items:
        if item not in words.items:
            raise spec.unknown("item", item, words.items, "items")
    if spec.flag("positive"):
        if words.positive_at is None:
            raise spec.refuse("this questionnaire has no cut-off of its own", "positive")
        low: float = words.positive_at
    else:
        low = spec.number("total_at_least")
    below = spec.number("total_below") if "total_below" in spec else None

    def judge(response: ResponseFacts, seen: Seen) -> tuple[str, float, str] | None:
        given = [value for item in items if (value := _value(response, item)) is not None]
        finished = len(given) == len(items)
        if not finished:
            seen.unknown.append(f"questionnaire.{response.questionnaire}.total")
        total = sum(given)
        if total < low or (below is not None and total >= below):
            return None
        return "total", total, f"total {'' if finished else 'at least '}{total}"

    return judge


def _value(response: ResponseFacts, item: str) -> int | None:
    value = response.answers.get(item)
    return None if value is None else int(value)


def _ticked(
    spec: Spec,
    vocabulary: Vocabulary,
    wanted: tuple[str, ...],
    what: str,
    ticks: Callable[[WellbeingFacts], Sequence[str]],
) -> Condition:
    within = spec.duration("within", vocabulary.windows.wellbeing)
    spec.done()
    sought = frozenset(wanted)

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        checks = picture.checks
        if not checks or picture.as_of - checks[0].at > within:
            seen.unknown.append("wellbeing")
            return None
        for check in checks:
            if picture.as_of - check.at > within:
                return None
            found = [tick for tick in ticks(check) if tick in sought]
            if found:
                named = ", ".join(tick.replace("_", " ") for tick in found)
                return Evidence((check.record,), {}, (Phrase(f"{what} {named}", check.at),))
        return None

    return Condition(test, _READS)
