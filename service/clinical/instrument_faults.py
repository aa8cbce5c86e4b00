"""What can be wrong with a questionnaire, though every word of it is known."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from service.clinical.reading import SITE, Document
from service.clinical.scale_faults import Fault, faults_of_scales

if TYPE_CHECKING:
    from service.clinical.instruments import Instrument


def faults_of(
    document: Document, instrument: "Instrument", others: Mapping[str, "Instrument"]
) -> Iterator[Fault]:
    """Find what is wrong with a questionnaire.

    Args:
        document: the file, already checked by the schema.
        instrument: as built from it.
        others: all there are, by code.
    """
    unscored = frozenset(row["n"] for row in document.data["items"] if not row.get("scored", True))
    choices = {item.n: instrument.values_of(item) for item in instrument.items}
    return chain(
        _of_items(document, instrument),
        _of_answers(document),
        _of_numbers(instrument),
        _of_range(instrument, unscored),
        _of_links(instrument, others),
        faults_of_scales(document.data.get("scales", []), instrument.scales, choices, unscored),
    )


def _of_items(document: Document, instrument: "Instrument") -> Iterator[Fault]:
    """A site may hold words that we may not ship; then it says by which right."""
    of_site = document.origin == SITE
    if of_site and not instrument.may_ship and "permission" not in document.data["licence"]:
        yield ["licence"], "'permission' is missing: say by which right these words are used"
    for position, item in enumerate(instrument.items):
        if item.n != position + 1:
            yield ["items", position, "n"], f"item {item.n} stands in place {position + 1}"
        has_text = item.text is not None
        if of_site and not has_text and not instrument.staff_only:
            yield ["items", position, "text"], f"item {item.n} has no text"
        if not of_site and has_text != instrument.may_ship:
            fault = "has a text that may not be shipped" if has_text else "has no text"
            yield ["items", position, "text"], f"item {item.n} {fault}"


def _of_answers(document: Document) -> Iterator[Fault]:
    places: list[list[str | int]] = [["answers"]]
    for position, row in enumerate(document.data["items"]):
        span = row.get("range")
        if span and span["from"] >= span["to"]:
            yield ["items", position, "range"], f"{span['from']} to {span['to']} is no range"
        if "answers" in row:
            places.append(["items", position, "answers"])
    for place in places:
        rows: Any = document.data
        for step in place:
            rows = rows[step]
        values = [row["value"] for row in rows]
        if len(set(values)) < len(values):
            yield place, "an answer stands twice"


def _of_numbers(instrument: "Instrument") -> Iterator[Fault]:
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


def _of_range(instrument: "Instrument", unscored: frozenset[int]) -> Iterator[Fault]:
    if (instrument.minimum is None) is not (instrument.maximum is None):
        yield ["minimum"], "'minimum' and 'maximum' are both numbers, or both null"
    if instrument.maximum is None:
        return
    for item in unscored:
        yield ["items", item - 1, "scored"], "a total is of all items: drop it, or this word"
    values = [instrument.values_of(item) for item in instrument.items]
    for word, end in (("minimum", sum(map(min, values))), ("maximum", sum(map(max, values)))):
        written = getattr(instrument, word)
        if written != end:
            extreme = "lowest" if word == "minimum" else "highest"
            yield [word], f"{written} is not the {extreme} total, {end}"
    yield from _of_bands(instrument)


def _of_bands(instrument: "Instrument") -> Iterator[Fault]:
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
    most, at = instrument.maximum or 0, instrument.positive_at
    if at is not None and at > most:
        yield ["positive_at"], f"{at} is above {most}"


def _of_links(instrument: "Instrument", others: Mapping[str, "Instrument"]) -> Iterator[Fault]:
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
