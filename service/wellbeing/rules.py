"""What questionnaires come to.  Pure functions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from service.clinical import Instrument
from service.clinical.scales import UNSCORED, Result

_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Score:
    """What a response comes to.

    ``total``, ``band`` and ``positive`` are ``None`` until every item is answered, and where the
    instrument has none; ``next`` is the questionnaire to offer now, or ``None``.
    """

    is_complete: bool
    total: int | None
    band: str | None
    positive: bool | None
    next: str | None


def score_of(instrument: Instrument, answers: Mapping[str, Any]) -> Score:
    """Score one response.

    Args:
        instrument: what was asked.
        answers: item number as text to value; ``None`` and left out both mean skipped.

    Returns:
        The score.  A skipped item is never counted as 0: without it there is no total.  What is
        to be offered ``next`` is decided on the items that are answered.

    Source:
        Per instrument, in ``service/clinical/instruments/``.
    """
    values = {item.n: answers.get(str(item.n)) for item in instrument.items}
    is_complete = all(value is not None for value in values.values())
    offered = _next_of(instrument, values)
    if not is_complete or instrument.maximum is None:
        return Score(is_complete, None, None, None, offered)
    total = sum(int(value) for value in values.values() if value is not None)
    band = next((b.name for b in instrument.bands if b.low <= total <= b.high), None)
    positive = None if instrument.positive_at is None else total >= instrument.positive_at
    return Score(is_complete, total, band, positive, offered)


def scores_of(
    instrument: Instrument, answers: Mapping[str, Any], *, is_finished: bool
) -> list[dict[str, Any]] | None:
    """Score the scales of one response.

    Args:
        instrument: what was asked.
        answers: item number as text to value; ``None`` and left out both mean skipped.
        is_finished: whether she is through with it.  A scale that makes do with half of its
            items waits for that; one that needs all of them is scored as soon as it has them.

    Returns:
        ``[{"name", "raw", "score", "band", "positive"}]`` in the order of the questionnaire, with
        ``None`` where too little is answered, numbers to two places; ``None`` for a questionnaire
        without scales.  Never an infinite number, never one that is not a number.

    Source:
        Per scale, in its definition.
    """
    values = {item.n: _whole(answers.get(str(item.n))) for item in instrument.items}
    scores = [
        _score(scale.name, scale.result_of(values) if is_finished or scale.is_strict else UNSCORED)
        for scale in instrument.scales
    ]
    scores += [_score(name, result) for name, result in _halves(instrument, values)]
    return scores or None


def _halves(
    instrument: Instrument, values: Mapping[int, int | None]
) -> Iterator[tuple[str, Result]]:
    """Yield what the shorter instruments inside this one come to, each once it is complete."""
    for part in instrument.subscales:
        given = [value for item in part.items if (value := values[item]) is not None]
        if len(given) < len(part.items):
            yield part.name, UNSCORED
            continue
        total, at = Fraction(sum(given)), part.positive_at
        yield part.name, Result(total, total, None, None if at is None else total >= at)


def _score(name: str, result: Result) -> dict[str, Any]:
    return {
        "name": name, "raw": _number(result.raw), "score": _number(result.score),
        "band": result.band, "positive": result.positive,
    }  # fmt: skip


def _number(exact: Fraction | None) -> float | None:
    if exact is None:
        return None
    decimal = Decimal(exact.numerator) / Decimal(exact.denominator)
    return float(decimal.quantize(_HUNDREDTH, ROUND_HALF_UP))


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def problems_of(instrument: Instrument, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what is wrong with a response's answers, as (JSON pointer, message) pairs."""
    known = _choices(instrument)
    found = []
    for item, value in answers.items():
        pointer = "/answers/" + item.replace("~", "~0").replace("/", "~1")
        if item not in known:
            found.append((pointer, "This questionnaire has no such item."))
        elif value is not None and not _is_one_of(value, known[item]):
            words = ", ".join(map(str, known[item])) or "true, false"
            found.append((pointer, f"Must be null or one of: {words}."))
    return found


def _choices(instrument: Instrument) -> dict[str, tuple[int, ...]]:
    """Return the values each answer key may have; none for yes or no."""
    shared = tuple(answer.value for answer in instrument.answers)
    own = {
        str(item.n): tuple(answer.value for answer in item.answers) or shared
        for item in instrument.items
    }
    apart = {one.key: tuple(a.value for a in one.answers) for one in instrument.unscored}
    return own | dict.fromkeys(instrument.also_answered, shared) | apart


def _is_one_of(value: Any, allowed: tuple[Any, ...]) -> bool:
    if not allowed:
        return isinstance(value, bool)
    return isinstance(value, int) and not isinstance(value, bool) and value in allowed


def _next_of(instrument: Instrument, values: Mapping[int, Any]) -> str | None:
    for step in instrument.steps:
        given = [values[n] for n in step.items if values[n] is not None]
        if step.any_at_least is not None and any(v >= step.any_at_least for v in given):
            return step.next
        whole = len(given) == len(step.items)
        if step.sum_at_least is not None and whole and sum(given) >= step.sum_at_least:
            return step.next
    return None
