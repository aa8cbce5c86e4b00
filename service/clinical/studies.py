"""Words that the texts of clinical studies use, and what is made of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from service.clinical.reading import Document, check, frozen
from service.clinical.treatments import Steps, Treatment


@dataclass(frozen=True, slots=True)
class DrugGroup:
    """A kind of treatment that criteria name, and which treatments of the catalogue are of it."""

    name: str
    words: tuple[str, ...]
    codes: frozenset[str]
    modalities: frozenset[str]


@dataclass(frozen=True, slots=True)
class StudyWords:
    """Everything the file says.

    Attributes:
        version: of the file; what was read with another one is read again.
        shown: statuses of studies that are shown, with their words, in the order of the list.
        recruiting_site: the status of a site that takes people.
        phase_1: the phases of which one is enough.
        supportive: ``types``, ``treating_types``, ``purposes`` and ``words`` of supportive studies.
        headings: phrases by ``inclusion`` and ``exclusion``.
        spellings: what is written in the place of what.
        says: phrases by what they mean, as ``her2:positive``.
        brain_words: what may stand before brain metastases.
        drugs: kinds of treatment by name, those of single drugs too.
        prior: words beside which a treatment is one she has had.
        numerals: numbers by word.
        lines: phrases by ``at_most``, ``below``, ``at_least`` and ``above``.
        performance: names of the scale of daily activity.
        negations: words that turn round what follows; ``negations_after`` what stands before.
        hedges: words that make a line a question; ``hedges_of_treatment`` those about treatment.
        fillers: words that say nothing by themselves.
        most_other_words: so many may stand beside what was recognised.
    """

    version: int
    shown: Mapping[str, str] = field(hash=False)
    recruiting_site: str
    phase_1: frozenset[str]
    supportive: Mapping[str, tuple[str, ...]] = field(hash=False)
    headings: Mapping[str, tuple[str, ...]] = field(hash=False)
    spellings: Mapping[str, str] = field(hash=False)
    says: Mapping[str, tuple[str, ...]] = field(hash=False)
    brain_words: tuple[str, ...]
    drugs: Mapping[str, DrugGroup] = field(hash=False)
    prior: tuple[str, ...]
    numerals: Mapping[str, int] = field(hash=False)
    lines: Mapping[str, tuple[str, ...]] = field(hash=False)
    performance: tuple[str, ...]
    negations: tuple[str, ...]
    negations_after: tuple[str, ...]
    hedges: tuple[str, ...]
    hedges_of_treatment: tuple[str, ...]
    fillers: tuple[str, ...]
    most_other_words: int


def study_words_in(document: Document, treatments: Mapping[str, Treatment]) -> StudyWords:
    """Build the words.

    Raises:
        BadKnowledge: a class or code is not in the catalogue, or a meaning stands twice.
    """
    data = document.data
    check("studies", data, document)
    meanings = [row["means"] for row in data["says"]]
    for place, means in enumerate(meanings):
        if means in meanings[:place]:
            raise document.refuse(["says", place, "means"], f"{means!r} stands twice")
    return StudyWords(
        version=data["version"],
        shown=MappingProxyType({row["code"]: row["words"] for row in data["shown"]}),
        recruiting_site=data["recruiting_site"],
        phase_1=frozenset(data["phase_1"]["codes"]),
        supportive=_lists(data["supportive"]),
        headings=_lists(data["headings"]),
        spellings=MappingProxyType(dict(data["spellings"])),
        says=MappingProxyType({row["means"]: tuple(row["words"]) for row in data["says"]}),
        brain_words=tuple(data["brain_words"]),
        drugs=MappingProxyType({**_single_drugs(treatments), **_groups(document, treatments)}),
        prior=tuple(data["prior"]),
        numerals=MappingProxyType(dict(data["numerals"])),
        lines=_lists(data["lines"]),
        performance=tuple(data["performance"]),
        negations=tuple(data["negations"]),
        negations_after=tuple(data["negations_after"]),
        hedges=tuple(data["hedges"]),
        hedges_of_treatment=tuple(data["hedges_of_treatment"]),
        fillers=tuple(data["fillers"]),
        most_other_words=data["most_other_words"],
    )


def _lists(data: Mapping[str, object]) -> Mapping[str, tuple[str, ...]]:
    lists = {name: frozen(value) for name, value in data.items() if isinstance(value, list)}
    return MappingProxyType(lists)


def _groups(document: Document, treatments: Mapping[str, Treatment]) -> dict[str, DrugGroup]:
    classes = {one.treatment_class for one in treatments.values()}
    groups = {}
    for place, row in enumerate(document.data["drugs"]):
        for number, name in enumerate(row.get("classes", ())):
            if name not in classes:
                at: Steps = ["drugs", place, "classes", number]
                raise document.refuse(at, f"{name!r} is no class of the catalogue")
        for number, code in enumerate(row.get("codes", ())):
            if code not in treatments:
                at = ["drugs", place, "codes", number]
                raise document.refuse(at, f"{code!r} is not a treatment")
        wanted = row.get("classes", ())
        codes = {one.code for one in treatments.values() if one.treatment_class in wanted}
        groups[row["name"]] = DrugGroup(
            name=row["name"],
            words=tuple(row["words"]),
            codes=frozenset(codes | set(row.get("codes", ()))),
            modalities=frozenset(row.get("modalities", ())),
        )
    return groups


def _single_drugs(treatments: Mapping[str, Treatment]) -> dict[str, DrugGroup]:
    """Return a group for each drug of the catalogue, by its own names and brands."""
    found = {}
    for one in treatments.values():
        if one.kind == "drug" and one.modality != "supportive":
            name = one.name.partition(" (")[0]
            # "fam-trastuzumab deruxtecan" is in most texts without its first syllable.
            bare = re.sub(r"^[a-z]{3,4}-", "", name)
            words = dict.fromkeys((name, bare, one.code.replace("_", " "), *one.brands))
            found[name] = DrugGroup(name, tuple(words), frozenset({one.code}), frozenset())
    return found
