"""Conditions about how she feels: distress, topics, wishes, safety and questionnaires."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from service.care.facts.answers import Given
from service.care.facts.vocabulary import TOPICS, WISHES, Vocabulary
from service.care.picture import Picture
from service.care.records import WellbeingFacts
from service.care.rules.evidence import Condition, Evidence, Phrase
from service.care.rules.parse import Spec

_READS = frozenset({"wellbeing"})
_HIGHEST = 10
_Checks = Sequence[tuple[WellbeingFacts, int]]


class _Distress(NamedTuple):
    """What a condition asks of distress."""

    low: int
    below: int
    newly: bool
    rise: int
    checks: int
    within: timedelta


def distress(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Distress (0 to 10) of her newest check that answered it lies in a range.

    `newly` also asks that the check before lay below `at_least` or there was none, `rise` that it
    lay so much lower, `in_checks` that so many checks one after the other reach `at_least`. Checks
    that left distress out are passed over.
    """
    inner = spec.part("distress")
    spec.done()
    asked = _Distress(
        low=inner.whole("at_least", default=0, most=_HIGHEST),
        below=inner.whole("below", default=_HIGHEST + 1, most=_HIGHEST + 1),
        newly=inner.flag("newly"),
        rise=inner.whole("rise", default=0, least=1, most=_HIGHEST),
        checks=inner.whole("in_checks", default=1, least=1),
        within=inner.duration("within", vocabulary.windows.wellbeing),
    )
    inner.done()

    def known(picture: Picture) -> _Checks:
        checks = picture.distress
        return checks if checks and picture.as_of - checks[0][0].at <= asked.within else ()

    def holds(picture: Picture, given: Given | None) -> bool:
        checks = known(picture)
        return bool(checks) and _is_so(asked, checks)

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        _distressed(told, asked, known(picture))

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        return () if known(picture) else ("distress",)

    return Condition(holds, says, _READS, missed)


def _is_so(asked: _Distress, checks: _Checks) -> bool:
    value = checks[0][1]
    if not asked.low <= value < asked.below:
        return False
    before = checks[1][1] if len(checks) > 1 else None
    if asked.newly and before is not None and before >= asked.low:
        return False
    if asked.rise and (before is None or value - before < asked.rise):
        return False
    if asked.checks == 1:
        return True
    run = checks[: asked.checks]
    return len(run) == asked.checks and all(one >= asked.low for _, one in run)


def _distressed(told: Evidence, asked: _Distress, checks: _Checks) -> None:
    check, value = checks[0]
    used = checks[: max(asked.checks, 2 if asked.rise else 1)]

    def words() -> tuple[Phrase]:
        said = f"distress {value} of 10"
        if asked.rise:
            said += f" (before: {checks[1][1]})"
        if asked.checks > 1:
            said += f" ({asked.checks} checks in a row)"
        return (Phrase(said, check.at),)

    told.add([one.record for one, _ in used], {"distress": value}, words)


def topic(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """She ticked a topic as on her mind, in any check of the window."""
    wanted = spec.words("topic", TOPICS, "topic")
    return _ticked(spec, vocabulary, wanted, "topic", lambda check: check.topics)


def wish(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """She asked for somebody, in any check of the window."""
    wanted = spec.words("wish", WISHES, "wish for contact")
    return _ticked(spec, vocabulary, wanted, "wish for", lambda check: check.contact_wanted)


def safe_now(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Her newest answer to "are you safe now" is this one."""
    wanted = spec.flag("safe_now")
    within = spec.duration("within", vocabulary.windows.wellbeing)
    spec.done()

    def answered(picture: Picture) -> WellbeingFacts | None:
        return _safety_answer(picture, within)

    def holds(picture: Picture, given: Given | None) -> bool:
        check = answered(picture)
        return check is not None and check.safe_now is wanted

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        check = answered(picture)
        if check is None:
            return
        said = "feels safe now" if wanted else "does not feel safe now"
        values = {} if wanted else {"not_safe_now": 1}
        told.add((check.record,), values, lambda: (Phrase(said, check.at),))

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        return ("safe_now",) if answered(picture) is None else ()

    return Condition(holds, says, _READS, missed)


def _safety_answer(picture: Picture, within: timedelta) -> WellbeingFacts | None:
    for check in picture.checks:
        if picture.as_of - check.at > within:
            return None
        if check.safe_now is not None:
            return check
    return None


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

    def recent(picture: Picture) -> Iterator[WellbeingFacts]:
        since = picture.as_of - within
        return (check for check in picture.checks if check.at >= since)

    def holds(picture: Picture, given: Given | None) -> bool:
        return any(not sought.isdisjoint(ticks(check)) for check in recent(picture))

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        check = next(one for one in recent(picture) if not sought.isdisjoint(ticks(one)))

        def words() -> tuple[Phrase]:
            found = (tick.replace("_", " ") for tick in ticks(check) if tick in sought)
            return (Phrase(f"{what} {', '.join(found)}", check.at),)

        told.add((check.record,), words=words)

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        return () if any(True for _ in recent(picture)) else ("wellbeing",)

    return Condition(holds, says, _READS, missed)
