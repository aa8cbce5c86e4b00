"""The questionnaires: their items, ranges, bands and licences.

Scoring is not done here; ``service.wellbeing`` reads what it needs from these definitions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from service.clinical.instrument_faults import faults_of
from service.clinical.reading import BadKnowledge, Document, Stamp, check
from service.clinical.scales import Scale, scales_in


@dataclass(frozen=True, slots=True)
class Answer:
    """One possible answer, its value, its words and its LOINC answer code."""

    value: int
    label: str
    loinc: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """One item.

    ``text`` is ``None`` where the wording may not be shipped; ``answers`` are its own choices,
    empty where it has those of the questionnaire.
    """

    n: int
    text: str | None
    loinc: str | None
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Unscored:
    """A question asked after the items that is never part of the total; answered by its key."""

    key: str
    text: str
    loinc: str | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Totals ``low`` to ``high``, both included, and what they are called."""

    low: int
    high: int
    name: str


@dataclass(frozen=True, slots=True)
class Cutoff:
    """A published threshold and how far it has been traced; ``of`` says what is compared."""

    at_least: int
    of: str
    meaning: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Subscale:
    """Items that are another, shorter instrument inside this one, in that one's order.

    Their sum is positive from ``positive_at`` on, as there; ``loinc`` is that one's total.
    """

    name: str
    instrument: str
    items: tuple[int, ...]
    positive_at: int | None
    loinc: str | None


@dataclass(frozen=True, slots=True)
class NextStep:
    """Which instrument to offer next, and when.

    Exactly one of ``sum_at_least`` (the sum of ``items``, all answered) and ``any_at_least``
    (one of ``items``) is set; the other is ``None``.
    """

    next: str
    items: tuple[int, ...]
    sum_at_least: int | None
    any_at_least: int | None


@dataclass(frozen=True, slots=True)
class Level:
    """A result of a yes/no instrument: it holds when one of the answers ``any_yes`` is yes."""

    name: str
    any_yes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instrument:
    """A questionnaire as it is shown and scored.

    Attributes:
        code: e.g. ``"phq-9"``.
        recall: the sentence that stands above the items, ``None`` where it may not be shipped.
        items: numbered from 1.
        also_answered: further answer keys beside the item numbers, e.g. ``"6_lifetime"``.
        answers: the choices of every item; empty means yes or no.
        minimum: lowest total, ``None`` when there is no total.
        maximum: highest total, ``None`` when there is no total.
        bands: cover every total from minimum to maximum; may be empty.
        bands_status: "verified", "unverified", or ``None`` without bands.
        positive_at: totals from here on are a positive screen; ``None`` without one.
        cutoffs: the published thresholds with their statuses.
        subscales: shorter instruments inside this one.
        scales: what a site's own questionnaire comes to; empty for those with a total alone.
        steps: the first that holds names the instrument to offer next.
        safety: item number and lowest value that act on save, e.g. ``(9, 1)``, or ``None``.
        levels: for yes/no instruments, the first that holds is the result.
        unscored: questions after the items that are no part of the total.
        missing: what a skipped item does; always ``"strict"``: no total, never a 0.
        staff_only: entered by a clinician, never shown to a patient.
        may_ship: whether the wording is part of this software.
        credit: the line to show with it.
        loinc_panel: LOINC code of the panel, or ``None``.
        loinc_total: LOINC code of the total, or ``None``.
        stamp: version, source and sign-off.
    """

    code: str
    title: str
    recall: str | None
    items: tuple[Question, ...]
    also_answered: tuple[str, ...]
    answers: tuple[Answer, ...]
    minimum: int | None
    maximum: int | None
    bands: tuple[Band, ...]
    bands_status: str | None
    positive_at: int | None
    cutoffs: tuple[Cutoff, ...]
    subscales: tuple[Subscale, ...]
    scales: tuple[Scale, ...]
    steps: tuple[NextStep, ...]
    safety: tuple[int, int] | None
    levels: tuple[Level, ...]
    unscored: tuple[Unscored, ...]
    missing: str
    staff_only: bool
    may_ship: bool
    credit: str
    loinc_panel: str | None
    loinc_total: str | None
    stamp: Stamp

    @property
    def answer_range(self) -> tuple[int, int]:
        """Lowest and highest value of one item; ``(0, 1)`` for yes or no."""
        values = self.values_of(None)
        return min(values), max(values)

    def values_of(self, item: Question | None) -> tuple[int, ...]:
        """Return the values that can be answered to an item, or to any without its own."""
        answers = (item.answers if item else ()) or self.answers
        return tuple(answer.value for answer in answers) or (0, 1)


def instruments_in(documents: list[Document]) -> Mapping[str, Instrument]:
    """Build the instruments by code.

    Raises:
        BadKnowledge: there are none, or items, bands or steps do not fit together, or wording
            is present that may not be shipped.
    """
    if not documents:
        raise BadKnowledge("instruments", [], "this folder holds no questionnaire")
    for document in documents:
        check("instrument", document.data, document)
        code = document.data["code"]
        if document.name != f"instruments/{code}.yaml":
            raise document.refuse(["code"], f"{code!r} is not the name of the file")
    by_code = {document.data["code"]: document.data for document in documents}
    found = {document.data["code"]: _instrument(document, by_code) for document in documents}
    for document in documents:
        for place, complaint in faults_of(document, found[document.data["code"]], found):
            raise document.refuse(place, complaint)
    return MappingProxyType(found)


def _instrument(document: Document, others: Mapping[str, Any]) -> Instrument:
    data = document.data
    safety = data.get("safety")
    items = tuple(_question(row) for row in data["items"])
    shared = tuple(row["value"] for row in data["answers"]) or (0, 1)
    choices = {item.n: tuple(a.value for a in item.answers) or shared for item in items}
    return Instrument(
        code=data["code"],
        title=data["title"],
        recall=data["recall"],
        items=items,
        also_answered=tuple(data.get("also_answered", ())),
        answers=_answers(data["answers"]),
        minimum=data["minimum"],
        maximum=data["maximum"],
        bands=tuple(Band(row["from"], row["to"], row["name"]) for row in data["bands"]),
        bands_status=data["bands_status"],
        positive_at=data["positive_at"],
        cutoffs=tuple(Cutoff(**row) for row in data["cutoffs"]),
        subscales=tuple(
            _subscale(row, others.get(row["instrument"])) for row in data.get("subscales", ())
        ),
        scales=tuple(scales_in(data.get("scales", []), choices)),
        steps=tuple(
            NextStep(
                row["next"],
                tuple(row["items"]),
                row.get("sum_at_least"),
                row.get("any_at_least"),
            )
            for row in data["steps"]
        ),
        safety=(safety["item"], safety["at_least"]) if safety else None,
        levels=tuple(Level(row["name"], tuple(row["any_yes"])) for row in data.get("levels", ())),
        unscored=tuple(
            Unscored(row["key"], row["text"], row["loinc"], _answers(row["answers"]))
            for row in data.get("unscored", ())
        ),
        missing=data["missing"]["rule"],
        staff_only=data["staff_only"],
        may_ship=data["licence"]["may_ship"],
        credit=data["credit"],
        loinc_panel=data["loinc"]["panel"],
        loinc_total=data["loinc"]["total"],
        stamp=document.stamp,
    )


def _answers(rows: list[dict[str, Any]]) -> tuple[Answer, ...]:
    return tuple(Answer(row["value"], row["label"], row["loinc"]) for row in rows)


def _question(row: Mapping[str, Any]) -> Question:
    span = row.get("range")
    if span is None:
        answers = _answers(row.get("answers", []))
    else:
        ends = {span["from"]: span["low"], span["to"]: span["high"]}
        answers = tuple(
            Answer(value, ends.get(value, str(value)), None)
            for value in range(span["from"], span["to"] + 1)
        )
    return Question(row["n"], row["text"], row["loinc"], answers)


def _subscale(row: Mapping[str, Any], inside: Mapping[str, Any] | None) -> Subscale:
    """Build a part; where its instrument is not known, that is said afterwards."""
    return Subscale(
        name=row["name"],
        instrument=row["instrument"],
        items=tuple(row["items"]),
        positive_at=inside["positive_at"] if inside else None,
        loinc=inside["loinc"]["total"] if inside else None,
    )
