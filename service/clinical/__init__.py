"""Clinical knowledge, as data.

Everything a clinician could want to change stands in a file of this folder, with its source and
its sign-off; none of it is in Python.  This package reads the files, refuses bad ones by file,
place and word, and freezes what is left.  ``README.md`` says how a change is reviewed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from service.clinical.articles import (
    Article,
    Guidance,
    SupportEntry,
    articles_in,
    guidance_in,
    support_in,
)
from service.clinical.instruments import Instrument, instruments_in
from service.clinical.policy import Policy, policy_in
from service.clinical.reading import BadKnowledge, Stamp, check, read, read_folder
from service.clinical.symptoms import (
    GradingTable,
    RedFlag,
    Symptom,
    grading_in,
    red_flags_in,
    symptoms_in,
)
from service.clinical.treatments import Pathway, Treatment, pathway_in, search, treatments_in

__all__ = [
    "Article",
    "BadKnowledge",
    "GradingTable",
    "Guidance",
    "Instrument",
    "Knowledge",
    "Pathway",
    "Policy",
    "RedFlag",
    "Stamp",
    "SupportEntry",
    "Symptom",
    "Treatment",
    "check",
    "knowledge",
    "load",
    "search_treatments",
]

_FILES = ("symptoms.json", "composite_grades.json", "treatments.json")
_PAGES = ("pathway.yaml", "red_flags.yaml", "policy.yaml")
_SUPPORT = "support.yaml"


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """Everything medicine says here, read-only.

    Attributes:
        symptoms: by key, in the order of their numbers.
        grading: answers to composite grade.
        treatments: by code, in the order of the catalogue.
        pathway: what usually follows what, as general information.
        red_flags: by code.
        instruments: by code.
        articles: by slug and language.
        guidance: by slug and language.
        support: where to turn, in the order of the file.
        policy: defaults a clinic may change.
        stamps: version, source and sign-off by file name, e.g. ``"treatments.json"``.
    """

    symptoms: Mapping[str, Symptom]
    grading: GradingTable
    treatments: Mapping[str, Treatment]
    pathway: Pathway
    red_flags: Mapping[str, RedFlag]
    instruments: Mapping[str, Instrument]
    articles: Mapping[tuple[str, str], Article]
    guidance: Mapping[tuple[str, str], Guidance]
    support: tuple[SupportEntry, ...]
    policy: Policy
    stamps: Mapping[str, Stamp]


@cache
def knowledge() -> Knowledge:
    """Return the knowledge shipped with this version of the service.

    Raises:
        BadKnowledge: a file is missing, malformed or contradicts another; the service must not
            start.
    """
    return load(files(__name__))


def load(root: Traversable) -> Knowledge:
    """Read and check a whole folder of knowledge.

    Args:
        root: a folder laid out like this package; the JSON Schemas are always the package's.

    Raises:
        BadKnowledge: the first fault found, by file, place and word.
    """
    documents = {name: read(root, name) for name in (*_FILES, *_PAGES)}
    symptoms = symptoms_in(documents["symptoms.json"])
    treatments = treatments_in(documents["treatments.json"], symptoms)
    effects = frozenset().union(*(treatment.effects for treatment in treatments.values()))
    support: tuple[SupportEntry, ...] = ()
    if root.joinpath(_SUPPORT).is_file():
        documents[_SUPPORT] = read(root, _SUPPORT)
        support = support_in(documents[_SUPPORT])
    return Knowledge(
        symptoms=symptoms,
        grading=grading_in(documents["composite_grades.json"], symptoms),
        treatments=treatments,
        pathway=pathway_in(documents["pathway.yaml"], treatments),
        red_flags=red_flags_in(documents["red_flags.yaml"]),
        instruments=instruments_in(list(read_folder(root, "instruments", ".yaml"))),
        articles=articles_in(read_folder(root, "articles", ".md")),
        guidance=guidance_in(read_folder(root, "guidance", ".md")),
        support=support,
        policy=policy_in(documents["policy.yaml"], effects),
        stamps=MappingProxyType({name: one.stamp for name, one in documents.items()}),
    )


def search_treatments(
    query: str, treatment_class: str | None = None, modality: str | None = None
) -> list[Treatment]:
    """Find treatments of the catalogue by generic name or brand, best first.

    See ``service.clinical.treatments.search`` for the order.
    """
    return search(knowledge().treatments, query, treatment_class=treatment_class, modality=modality)
