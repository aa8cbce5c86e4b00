"""Treatments as rules see them: which effects, since when, and whether she is on them."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from service.care.facts.vocabulary import Vocabulary
from service.care.records import Record, TreatmentFacts

_WORDS = {"planned": "{} planned", "on": "on {}", "over": "after {}"}


class Course(NamedTuple):
    """One treatment at one moment.

    ``state`` is ``"on"`` (active or held), ``"planned"`` or ``"over"``; ``days_since_end`` is set
    only when it is over, ``days_since_start`` only when a start is on file (negative if ahead).
    ``words`` say where she stands with it, as in "on ribociclib"; ``selectors`` name everything a
    rule may select it with, such as ``effect:ild``.
    """

    facts: TreatmentFacts
    record: Record
    words: str
    kind: str
    drug_class: str | None
    effects: frozenset[str]
    state: str
    days_since_start: int | None
    days_since_end: int | None
    selectors: tuple[str, ...]

    def counts(self, *, within_days: int | None, planned: bool) -> bool:
        """Tell whether she counts as on it.

        Args:
            within_days: days after the end during which it still counts; ``None`` is for ever.
            planned: whether one that has not begun counts too.
        """
        if self.state == "on":
            return True
        if self.days_since_end is None:
            return planned and self.state == "planned"
        return within_days is None or self.days_since_end <= within_days

    def counting(self, days_after: Callable[[str], int | None]) -> Iterable[str]:
        """Name the selectors by which she counts as on it, each within its own days of the end."""
        if self.state == "on":
            return self.selectors
        return [
            selector
            for selector in self.selectors
            if self.counts(within_days=days_after(selector), planned=False)
        ]

    @property
    def days_since_done(self) -> int | None:
        """Days since a procedure was done; ``None`` while it is planned or its day is unknown."""
        if self.state == "planned":
            return None
        return self.days_since_start if self.days_since_end is None else self.days_since_end


def course_of(treatment: TreatmentFacts, vocabulary: Vocabulary, today: date, zone: str) -> Course:
    """Read one treatment as of ``today``, the patient's own day."""
    row = vocabulary.treatments.get(treatment.code) if treatment.code else None
    state = _state(treatment, today)
    ended_on = _end(treatment, zone) if state == "over" else None
    started_on = treatment.started_on
    if row is not None:
        effects = row.effects
    else:
        effects = vocabulary.effects_by_modality.get(treatment.modality, frozenset())
    drug_class = row.drug_class if row else None
    return Course(
        facts=treatment,
        record=treatment.record,
        words=_WORDS[state].format(row.name if row else treatment.name),
        kind=row.kind if row else ("procedure" if treatment.modality == "surgery" else "drug"),
        drug_class=drug_class,
        effects=effects,
        state=state,
        days_since_start=None if started_on is None else (today - started_on).days,
        days_since_end=None if ended_on is None else (today - ended_on).days,
        selectors=(
            "any",
            f"code:{treatment.code}",
            f"class:{drug_class}",
            f"modality:{treatment.modality}",
            *(f"effect:{effect}" for effect in effects),
        ),
    )


def by_selector(courses: Iterable[Course]) -> dict[str, list[Course]]:
    """Index courses by everything a rule may select them with."""
    index: dict[str, list[Course]] = {}
    for course in courses:
        for key in course.selectors:
            index.setdefault(key, []).append(course)
    return index


def _state(treatment: TreatmentFacts, today: date) -> str:
    if treatment.status == "planned":
        return "planned"
    if treatment.status in ("active", "held"):
        ended = treatment.ended_on is not None and treatment.ended_on < today
        return "over" if ended else "on"
    return "over"


def _end(treatment: TreatmentFacts, zone: str) -> date:
    """Return the day it ended, the latest it can have been where none is on file.

    A surgery ends the day it is done; of a drug nobody dated, the day that was recorded is the
    last on which she can have taken it.
    """
    if treatment.ended_on is not None:
        return treatment.ended_on
    if treatment.modality == "surgery" and treatment.started_on is not None:
        return treatment.started_on
    return local_day(treatment.at, zone)


def local_day(moment: datetime, zone: str) -> date:
    """Return the day a moment falls on in a named zone."""
    return moment.astimezone(ZoneInfo(zone)).date()
