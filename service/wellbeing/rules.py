"""What questionnaires come to.  Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.clinical import Instrument


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


def problems_of(instrument: Instrument, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what is wrong with a response's answers, as (JSON pointer, message) pairs."""
    known = {str(item.n) for item in instrument.items} | set(instrument.also_answered)
    allowed: tuple[Any, ...] = tuple(answer.value for answer in instrument.answers)
    found = []
    for item, value in answers.items():
        pointer = "/answers/" + item.replace("~", "~0").replace("/", "~1")
        if item not in known:
            found.append((pointer, "This questionnaire has no such item."))
        elif value is not None and not _is_one_of(value, allowed):
            words = ", ".join(map(str, allowed)) if allowed else "true, false"
            found.append((pointer, f"Must be null or one of: {words}."))
    return found


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
