"""The scales of a questionnaire: which items they join, and how answers become a score.

    each answer   as it is, turned round (``reversed``), or another number for it (``recoded``)
    raw           their ``sum`` or ``mean``; with ``missing: half`` what is skipped counts as the
                  mean of what is answered, if that is at least half of the items
    score         the raw value, ``linear`` from 0 to 100, or looked up in a table (T scores)

All numbers are exact fractions until a score is written down.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from types import MappingProxyType
from typing import Any

_HUNDRED = Fraction(100)
_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Linear:
    """A raw value laid on 0 to 100: ``lowest`` becomes 0; ``is_reversed``: it becomes 100."""

    lowest: Fraction
    highest: Fraction
    is_reversed: bool

    def score_of(self, raw: Fraction) -> Fraction:
        """Return where a raw value lies."""
        share = (raw - self.lowest) / (self.highest - self.lowest) * _HUNDRED
        return _HUNDRED - share if self.is_reversed else share


@dataclass(frozen=True, slots=True)
class Lookup:
    """A table from raw values to scores; ``rounded``: raw values to the nearest whole, half up."""

    table: Mapping[int, Fraction]
    rounded: bool
    status: str
    source: str

    def score_of(self, raw: Fraction) -> Fraction:
        """Return what stands beside a raw value."""
        return self.table[floor(raw + _HALF) if self.rounded else int(raw)]


@dataclass(frozen=True, slots=True)
class ScaleBand:
    """Scores from here on, up to the next band, and what they are called."""

    low: Fraction
    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a scale comes to; ``None`` all through where too little is answered.

    ``positive`` is also ``None`` where the scale has no cut-off, ``band`` where it has none.
    """

    raw: Fraction | None = None
    score: Fraction | None = None
    band: str | None = None
    positive: bool | None = None


UNSCORED = Result()


@dataclass(frozen=True, slots=True)
class Scale:
    """Some items of a questionnaire that come to one score.

    Attributes:
        name: its name in answers of the API.
        items: their numbers.
        score: ``"sum"`` or ``"mean"``.
        missing: ``"strict"``: every item has to be answered; ``"half"``: at least half of them.
        values: for each item, what each answer counts, turned round or recoded already.
        higher_is: ``"better"`` or ``"worse"``.
        bands: from the lowest on; may be empty.
        bands_status: how far they are traced, ``None`` without bands.
        positive_at: scores from here on are positive; ``None`` without a cut-off.
        status: how far the scoring is traced, and ``source`` where it is from.
        loinc: LOINC code of the score, or ``None``.
    """

    name: str
    title: str
    items: tuple[int, ...]
    score: str
    missing: str
    values: Mapping[int, Mapping[int, Fraction]]
    linear: Linear | None
    lookup: Lookup | None
    higher_is: str
    bands: tuple[ScaleBand, ...]
    bands_status: str | None
    positive_at: Fraction | None
    status: str
    source: str
    loinc: str | None

    @property
    def is_strict(self) -> bool:
        """Whether a skipped item leaves it without a score."""
        return self.missing == "strict"

    def result_of(self, answers: Mapping[int, int | None]) -> Result:
        """Score a response.

        Args:
            answers: answer by the number of the item; ``None`` is skipped, never a 0.
        """
        given = [
            self.values[item][answer]
            for item in self.items
            if (answer := answers.get(item)) is not None
        ]
        enough = len(given) == len(self.items) if self.is_strict else self._is_half(len(given))
        if not enough:
            return UNSCORED
        raw = sum(given, Fraction(0)) / len(given)
        if self.score == "sum":
            raw *= len(self.items)
        score = self.score_of(raw)
        band = next((band.name for band in reversed(self.bands) if score >= band.low), None)
        positive = None if self.positive_at is None else score >= self.positive_at
        return Result(raw, score, band, positive)

    def score_of(self, raw: Fraction) -> Fraction:
        """Return the score of a raw value."""
        if self.lookup is not None:
            return self.lookup.score_of(raw)
        return raw if self.linear is None else self.linear.score_of(raw)

    def raw_range(self) -> tuple[Fraction, Fraction]:
        """Return the lowest and the highest raw value that answers can come to."""
        low = sum((min(self.values[item].values()) for item in self.items), Fraction(0))
        high = sum((max(self.values[item].values()) for item in self.items), Fraction(0))
        share = len(self.items) if self.score == "mean" else 1
        return low / share, high / share

    def _is_half(self, answered: int) -> bool:
        return 2 * answered >= len(self.items) and answered > 0


def exact(number: float) -> Fraction:
    """Return a number as it is written: 16.2 is 16.2, not what a float makes of it."""
    return Fraction(str(number))


def scales_in(
    rows: list[dict[str, Any]], choices: Mapping[int, tuple[int, ...]]
) -> Iterator[Scale]:
    """Build the scales of a questionnaire; what is wrong with them is asked afterwards.

    Args:
        rows: as written, already checked by the schema.
        choices: the answers there are, by the number of the item.
    """
    for row in rows:
        linear, lookup = row.get("linear"), row.get("lookup")
        at = row.get("positive_at")
        yield Scale(
            name=row["name"],
            title=row["title"],
            items=tuple(row["items"]),
            score=row["score"],
            missing=row["missing"],
            values=MappingProxyType(dict(_values(row, choices))),
            linear=linear and Linear(
                exact(linear["lowest"]), exact(linear["highest"]), linear.get("reversed", False)
            ),
            lookup=lookup and Lookup(
                MappingProxyType({int(key): exact(one) for key, one in lookup["table"].items()}),
                lookup.get("rounded", False), lookup["status"], lookup["source"],
            ),
            higher_is=row["higher_is"],
            bands=tuple(ScaleBand(exact(one["from"]), one["name"]) for one in row.get("bands", ())),
            bands_status=row.get("bands_status"),
            positive_at=None if at is None else exact(at),
            status=row["status"],
            source=row["source"],
            loinc=row.get("loinc"),
        )  # fmt: skip


def _values(
    row: dict[str, Any], choices: Mapping[int, tuple[int, ...]]
) -> Iterator[tuple[int, Mapping[int, Fraction]]]:
    turned = row.get("reversed", ())
    for item in row["items"]:
        answers = choices.get(item, ())
        recoded = row.get("recoded", {}).get(str(item))
        if recoded is not None:
            yield item, {int(answer): exact(value) for answer, value in recoded.items()}
        elif item in turned:
            ends = min(answers, default=0) + max(answers, default=0)
            yield item, {answer: Fraction(ends - answer) for answer in answers}
        else:
            yield item, {answer: Fraction(answer) for answer in answers}
