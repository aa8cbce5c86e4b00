"""The project's defaults for everything a clinic may want to set otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from service.clinical.feed_policy import FeedPolicy, feed_in
from service.clinical.reading import Document, Place, check
from service.clinical.silence_policy import SilencePolicy, silence_in
from service.clinical.spans import Span, span_of

# Tells all who are left, so nothing comes after it.
EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Whom to tell, and when.

    ``share`` is a share of the time allowed, counted from the opening: 1.0 is the deadline, 0.5
    half-way to it.  ``tell`` is same_person, next_on_roster, assignee, supervisor,
    administrator or, last of all, everyone.
    """

    share: float
    tell: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """What happens to an alert that nobody acknowledges.

    ``clock`` is ``"always"`` (every hour of the day), ``"working"`` (the clinic's hours) or
    ``"none"``; ``acknowledge_within`` is ``None`` when there is no clock.
    """

    clock: str
    acknowledge_within: Span | None
    steps: tuple[EscalationStep, ...]


@dataclass(frozen=True, slots=True)
class Worsening:
    """A rise of ``delta`` points since an answer at most ``gap`` ago is a worsening."""

    delta: int
    gap: timedelta


@dataclass(frozen=True, slots=True)
class SevereSymptom:
    """Which answers make any symptom severe.

    ``variant`` is ``composite`` (the grade alone), ``any_attribute`` (any answer) or
    ``composite_or_attribute`` (either, a frequency only where nothing else is asked).
    """

    variant: str
    at_least: int


@dataclass(frozen=True, slots=True)
class FactWindows:
    """How old a fact may be and still count as true of her now."""

    symptom_answers: timedelta
    red_flags: timedelta
    measures: timedelta


@dataclass(frozen=True, slots=True)
class TreatmentWindows:
    """How long after its end a treatment still counts as being on it; ``None`` is for ever."""

    after_end: timedelta
    effects: Mapping[str, timedelta | None]
    procedures: timedelta

    def of_effect(self, effect: str) -> timedelta | None:
        """Return how long ``effect`` outlasts a drug; ``None`` is for ever."""
        return self.effects.get(effect, self.after_end)


@dataclass(frozen=True, slots=True)
class ReportClock:
    """Which moments a phone may claim: up to ``ahead`` of ours, not before ``earliest``."""

    ahead: timedelta
    earliest: date


@dataclass(frozen=True, slots=True)
class Policy:
    """The defaults in force.

    Attributes:
        escalation: ladder by severity: urgent, soon, info.
        contact_overdue: steps after a contact that is due; shares of the rule's target time.
        queues: queue by the role a rule names, e.g. ``"dentist"`` to ``"nursing"``.
        precedence: rule ids and their first words (``"EM"``), first in rank first; the last
            is ``"other"``.
        statuses: how far each block is traced, by its name in the file.
    """

    version: int
    escalation: Mapping[str, Ladder]
    contact_overdue: tuple[EscalationStep, ...]
    worsening: Worsening
    severe_symptom: SevereSymptom
    fact_windows: FactWindows
    treatment_windows: TreatmentWindows
    queues: Mapping[str, str]
    clock: ReportClock
    silence: SilencePolicy
    feed: FeedPolicy
    precedence: tuple[str, ...]
    statuses: Mapping[str, str]

    def rank(self, rule_id: str) -> int:
        """Return the place of a rule in the precedence; 0 leads, rules not named come last."""
        for place, name in enumerate(self.precedence):
            if rule_id == name or (rule_id.startswith(f"{name}-")):
                return place
        return len(self.precedence) - 1


def policy_in(document: Document, effects: frozenset[str]) -> Policy:
    """Build the policy.

    Args:
        document: ``policy.yaml``.
        effects: the effects that treatments of the catalogue have.

    Raises:
        BadKnowledge: a span is not one, steps go backwards or on after everyone, or an effect is
            unknown.
    """
    data = document.data
    check("policy", data, document)
    for effect in data["treatment_windows"]["effects"]:
        if effect not in effects:
            place = ["treatment_windows", "effects", effect]
            raise document.refuse(place, f"{effect!r} is not an effect of any treatment")
    clock, worsening, severe = data["clock"], data["worsening"], data["severe_symptom"]
    levels = ("urgent", "soon", "info")
    return Policy(
        version=data["version"],
        escalation=MappingProxyType({name: _ladder(document, name) for name in levels}),
        contact_overdue=_steps(document, ["contact_overdue"], None),
        worsening=Worsening(worsening["delta"], _time(document, ["worsening", "gap"])),
        severe_symptom=SevereSymptom(severe["variant"], severe["at_least"]),
        fact_windows=FactWindows(
            **{
                name: _time(document, ["fact_windows", name])
                for name in ("symptom_answers", "red_flags", "measures")
            }
        ),
        treatment_windows=_treatment_windows(document),
        queues=MappingProxyType(data["queues"]["of"]),
        clock=ReportClock(
            _time(document, ["clock", "ahead"]), date.fromisoformat(clock["earliest"])
        ),
        silence=silence_in(document),
        feed=feed_in(document),
        precedence=tuple(data["precedence"]["order"]),
        statuses=MappingProxyType(
            {name: block["status"] for name, block in data.items() if _has_status(block)}
        ),
    )


def _has_status(block: Any) -> bool:
    # A sign-off also has a status, of another kind.
    return isinstance(block, dict) and "status" in block and "by" not in block


def _treatment_windows(document: Document) -> TreatmentWindows:
    at = ["treatment_windows"]
    effects = document.data["treatment_windows"]["effects"]
    return TreatmentWindows(
        after_end=_time(document, [*at, "after_end"]),
        effects=MappingProxyType(
            {
                name: None if written is None else _time(document, [*at, "effects", name])
                for name, written in effects.items()
            }
        ),
        procedures=_time(document, [*at, "procedures"]),
    )


def _ladder(document: Document, name: str) -> Ladder:
    data = document.data["escalation"][name]
    at = ["escalation", name]
    if data["clock"] == "none":
        return Ladder("none", None, ())
    within = _span(document, [*at, "acknowledge_within"])
    if within.is_working_time != (data["clock"] == "working"):
        complaint = f"{data['acknowledge_within']!r} does not fit the clock {data['clock']!r}"
        raise document.refuse([*at, "acknowledge_within"], complaint)
    return Ladder(data["clock"], within, _steps(document, at, within))


def _steps(document: Document, at: list[str], within: Span | None) -> tuple[EscalationStep, ...]:
    block = document.data
    for key in at:
        block = block[key]
    steps = [
        EscalationStep(_share(document, [*at, "steps", number, "at"], within), row["tell"])
        for number, row in enumerate(block["steps"])
    ]
    for number, (earlier, later) in enumerate(pairwise(steps)):
        if later.share <= earlier.share:
            place: Place = [*at, "steps", number + 1, "at"]
            raise document.refuse(place, f"{later.tell!r} is not later than the step before it")
        if earlier.tell == EVERYONE:
            last: Place = [*at, "steps", number, "tell"]
            raise document.refuse(last, f"{EVERYONE!r} is the last step: nobody is left after it")
    return tuple(steps)


def _share(document: Document, place: Place, within: Span | None) -> float:
    written = _word(document, place)
    if written.endswith(" %"):
        return int(written.removesuffix(" %")) / 100
    if within is None or within.is_working_time:
        raise document.refuse(place, f"{written!r} must be a share, such as '50 %'")
    return _time(document, place) / within.duration


def _time(document: Document, place: Place) -> timedelta:
    span = _span(document, place)
    if span.is_working_time:
        raise document.refuse(place, f"{_word(document, place)!r} cannot be working time here")
    return span.duration


def _span(document: Document, place: Place) -> Span:
    try:
        return span_of(_word(document, place))
    except ValueError as bad:
        raise document.refuse(place, str(bad)) from None


def _word(document: Document, place: Place) -> str:
    word = document.data
    for step in place:
        word = word[step]
    return str(word)
