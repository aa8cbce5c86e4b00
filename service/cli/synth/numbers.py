"""The numbers made-up lives are drawn from: ``clinical/synthetic.yaml``, checked and frozen."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any

from service.clinical import Knowledge, shipped
from service.clinical.reading import Document, check, frozen, read


@dataclass(frozen=True, slots=True)
class Choice:
    """Words, one of which is drawn by its weight."""

    words: tuple[Any, ...]
    _upto: tuple[float, ...]

    @classmethod
    def of(cls, weights: Mapping[Any, float]) -> "Choice":
        """Read words and their weights, which need not come to one."""
        return cls(tuple(weights), tuple(accumulate(weights.values())))

    def draw(self, rng: Random) -> Any:
        """Return one of the words."""
        at = rng.random() * self._upto[-1]
        return next(word for word, upto in zip(self.words, self._upto, strict=True) if at < upto)


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """What stands in the file, block by block, and the catalogue the codes are from.

    Attributes:
        blocks: by name, read-only, as the schema describes them.
        knowledge: what is shipped; a site's own does not change anybody's made-up life.
    """

    blocks: Mapping[str, Any]
    knowledge: Knowledge

    def __getitem__(self, block: str) -> Any:
        """Return a block."""
        return self.blocks[block]


@cache
def numbers() -> Numbers:
    """Return the numbers that are shipped.

    Raises:
        BadKnowledge: the file is malformed, or names a treatment or symptom nobody knows.
    """
    return numbers_in(read(files("service.clinical"), "synthetic.yaml"), shipped())


def numbers_in(document: Document, knowledge: Knowledge) -> Numbers:
    """Check a file and freeze it.

    Raises:
        BadKnowledge: it is malformed, or names a treatment or symptom nobody knows.
    """
    check("synthetic", document.data, document)
    known: dict[str, Collection[str]] = {
        "code": knowledge.treatments, "symptom": knowledge.symptoms, "sign": knowledge.red_flags,
    }  # fmt: skip
    for kind, place, word in _named(document.data):
        if word not in known[kind]:
            raise document.refuse(place, f"{word!r} is no {kind} that is known")
    return Numbers(frozen(document.data), knowledge)


_Named = tuple[str, list[str | int], str]


def _named(data: Mapping[str, Any]) -> Iterator[_Named]:
    yield from _of_regimens(data["regimens"])
    effects = data["effects"]
    for number, row in enumerate(effects["known"]):
        for name in ("code", "symptom"):
            yield name, ["effects", "known", number, name], row[name]
    felt = {
        "slow": effects["slow"],
        "seldom": effects["seldom"],
        "always": effects["always"],
        **effects["disease"],
    }
    for name, keys in felt.items():
        at: list[str | int] = ["effects", name]
        yield from (("symptom", at, key) for key in keys)
    for name in ("sites", "effects"):
        for word, signs in data["red_flags"][name].items():
            of_word: list[str | int] = ["red_flags", name, word]
            yield from (("sign", of_word, sign) for sign in signs)


def _of_regimens(regimens: Mapping[str, Any]) -> Iterator[_Named]:
    for kind in ("hormonal", "her2_hormonal", "her2", "triple_negative", "local"):
        for line, options in enumerate(regimens[kind]):
            for number, option in enumerate(options):
                place: list[str | int] = ["regimens", kind, line, number, "codes"]
                yield from (("code", place, code) for code in option["codes"])
    for name in ("bone", "ovarian_suppression", "short"):
        at: list[str | int] = ["regimens", name]
        yield from (("code", at, code) for code in regimens[name])
    for row in regimens["alongside"]:
        for name in ("of", "code"):
            yield "code", ["regimens", "alongside"], row[name]
    for row in (regimens["radiation_of_local"], *regimens["radiation"].values()):
        yield "code", ["regimens", "radiation"], row["code"]
