"""The questionnaires: their items, ranges, bands and licences.

Scoring is not done here; ``service.wellbeing`` reads what it needs from these definitions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Any

from service.clinical.reading import BadKnowledge, Document, Stamp, check


@dataclass(frozen=True, slots=True)
class Answer:
    """One possible answer, its value, its words and its LOINC answer code."""

    value: int
    label: str
    loinc: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """One item; ``text`` is ``None`` where the wording may not be shipped."""

    n: int
    text: str | None
    loinc: str | None


@dataclass(frozen=True, slots=True)
class Unscored:
    """A question asked after the items that is never part of the total."""

    text: str
    loinc: str
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
    """Items that are another, shorter instrument inside this one, in that one's order."""

    name: str
    instrument: str
    items: tuple[int, ...]


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
        values = [answer.value for answer in self.answers] or [0, 1]
        return min(values), max(values)


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
    found = {document.data["code"]: _instrument(document) for document in documents}
    for document in documents:
        instrument = found[document.data["code"]]
        faults = chain(
            _faults_of_items(instrument),
            _faults_of_numbers(instrument),
            _faults_of_range(instrument),
            _faults_of_links(instrument, found),
        )
        for place, complaint in faults:
            raise document.refuse(place, complaint)
    return MappingProxyType(found)


_Fault = tuple[list[str | int], str]


def _faults_of_items(instrument: Instrument) -> Iterator[_Fault]:
    for position, item in enumerate(instrument.items):
        if item.n != position + 1:
            yield ["items", position, "n"], f"item {item.n} stands in place {position + 1}"
        if (item.text is not None) != instrument.may_ship:
            fault = "has no text" if instrument.may_ship else "has a text that may not be shipped"
            yield ["items", position, "text"], f"item {item.n} {fault}"


def _faults_of_numbers(instrument: Instrument) -> Iterator[_Fault]:
    last = len(instrument.items)
    if instrument.safety and instrument.safety[0] > last:
        yield ["safety", "item"], f"there is no item {instrument.safety[0]}"
    for key in ("subscales", "steps"):
        for position, part in enumerate(getattr(instrument, key)):
            if max(part.items) > last:
                yield [key, position, "items"], f"there is no item {max(part.items)}"
    known = {str(item.n) for item in instrument.items} | set(instrument.also_answered)
    for position, level in enumerate(instrument.levels):
        for key in set(level.any_yes) - known:
            yield ["levels", position, "any_yes"], f"there is no answer {key!r}"


def _faults_of_range(instrument: Instrument) -> Iterator[_Fault]:
    if instrument.maximum is None:
        return
    highest = len(instrument.items) * instrument.answer_range[1]
    if instrument.maximum != highest:
        yield ["maximum"], f"{instrument.maximum} is not the highest total, {highest}"
    expected = instrument.minimum
    for position, band in enumerate(instrument.bands):
        if band.low != expected or band.high < band.low:
            yield (
                ["bands", position, "from"],
                f"{band.name!r} begins at {band.low}, not {expected}",
            )
        expected = band.high + 1
    if instrument.bands and instrument.bands[-1].high != instrument.maximum:
        end = instrument.bands[-1].high
        yield ["bands"], f"the bands end at {end}, not at {instrument.maximum}"
    if instrument.positive_at is not None and instrument.positive_at > instrument.maximum:
        yield ["positive_at"], f"{instrument.positive_at} is above {instrument.maximum}"


def _faults_of_links(instrument: Instrument, others: Mapping[str, Instrument]) -> Iterator[_Fault]:
    for position, step in enumerate(instrument.steps):
        if step.next not in others:
            yield ["steps", position, "next"], f"{step.next!r} is not an instrument"
    by_number = {item.n: item for item in instrument.items}
    for position, subscale in enumerate(instrument.subscales):
        place: list[str | int] = ["subscales", position, "instrument"]
        if subscale.instrument not in others:
            yield place, f"{subscale.instrument!r} is not an instrument"
            continue
        theirs = [(item.loinc, item.text) for item in others[subscale.instrument].items]
        ours = [(by_number[n].loinc, by_number[n].text) for n in subscale.items]
        if ours != theirs:
            yield place, f"these items are not those of {subscale.instrument!r}"


def _instrument(document: Document) -> Instrument:
    data = document.data
    safety = data.get("safety")
    return Instrument(
        code=data["code"],
        title=data["title"],
        recall=data["recall"],
        items=tuple(Question(row["n"], row["text"], row["loinc"]) for row in data["items"]),
        also_answered=tuple(data.get("also_answered", ())),
        answers=_answers(data["answers"]),
        minimum=data["minimum"],
        maximum=data["maximum"],
        bands=tuple(Band(row["from"], row["to"], row["name"]) for row in data["bands"]),
        bands_status=data["bands_status"],
        positive_at=data["positive_at"],
        cutoffs=tuple(Cutoff(**row) for row in data["cutoffs"]),
        subscales=tuple(
            Subscale(row["name"], row["instrument"], tuple(row["items"]))
            for row in data.get("subscales", ())
        ),
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
            Unscored(row["text"], row["loinc"], _answers(row["answers"]))
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
