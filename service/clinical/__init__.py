"""Clinical knowledge, as data.

Everything a clinician could want to change stands in a file of this folder, with its source and
its sign-off; none of it is in Python.  This package reads the files, refuses bad ones by file,
place and word, and freezes what is left.  ``README.md`` says how a change is reviewed.

A site's own folder is laid over ours (``overlay``); which one is in force is settled once, at the
start of a process, by ``service.care.rules.go_by``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from service.clinical.answers import Answers, answers_in
from service.clinical.articles import (
    Article,
    Guidance,
    SupportEntry,
    articles_in,
    faiths_in,
    guidance_in,
    support_in,
)
from service.clinical.check_in import CheckInPlan, check_in_in
from service.clinical.drills import Scenario, drills_in
from service.clinical.examples import Example, examples_in
from service.clinical.instruments import Instrument, instruments_in
from service.clinical.overlay import Overlay
from service.clinical.overlay_rules import WrittenRules, written_rules
from service.clinical.policy import Policy, policy_in
from service.clinical.reading import BadKnowledge, Document, Stamp, check
from service.clinical.safety_plan import PlanHeading, plan_headings_in
from service.clinical.stepped_care import SteppedCare, stepped_care_in
from service.clinical.studies import StudyWords, study_words_in
from service.clinical.symptoms import (
    GradingTable,
    RedFlag,
    Symptom,
    grading_in,
    red_flags_in,
    symptoms_in,
)
from service.clinical.treatments import Pathway, Treatment, pathway_in, search, treatments_in
from service.clinical.wellbeing_check import WellbeingForm, wellbeing_form_in

__all__ = [
    "Answers",
    "Article",
    "BadKnowledge",
    "Example",
    "GradingTable",
    "Guidance",
    "Instrument",
    "Knowledge",
    "Overlay",
    "Pathway",
    "PlanHeading",
    "Policy",
    "RedFlag",
    "Scenario",
    "Stamp",
    "SteppedCare",
    "StudyWords",
    "SupportEntry",
    "Symptom",
    "Treatment",
    "WrittenRules",
    "check",
    "knowledge",
    "knowledge_of",
    "load",
    "put_in_force",
    "rules_written",
    "search_treatments",
    "shipped",
]

_FILES = ("symptoms.json", "composite_grades.json", "treatments.json")
_PAGES = (
    "pathway.yaml", "red_flags.yaml", "policy.yaml", "drills.yaml", "stepped_care.yaml",
    "safety_plan.yaml", "answers.yaml", "wellbeing_check.yaml", "studies.yaml",
    "check_in.yaml", "examples.yaml",
)  # fmt: skip
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
        faiths: names of those a chaplain may be asked for, by code.
        support: where to turn, in the order of the file.
        policy: defaults a clinic may change.
        drills: made-up cases, by id.
        stepped_care: how much help there is, and where each rule enters.
        plan_headings: of a safety plan, in the order of the file.
        answers: words at hand for whoever answers an alert.
        check_in: how today's short form is made up.
        examples: made-up people on whom articles are tried, in the order of the file.
        studies: words that the texts of clinical studies use.
        wellbeing_form: the check in which she says how she feels.
        stamps: version, source and sign-off by file name, e.g. ``"treatments.json"``.
        origins: whose each file is, ``waymark`` or ``site``, by its name, e.g.
            ``"guidance/en/fever.md"``.
        source: the folders it was read from.
    """

    symptoms: Mapping[str, Symptom]
    grading: GradingTable
    treatments: Mapping[str, Treatment]
    pathway: Pathway
    red_flags: Mapping[str, RedFlag]
    instruments: Mapping[str, Instrument]
    articles: Mapping[tuple[str, str], Article]
    guidance: Mapping[tuple[str, str], Guidance]
    faiths: Mapping[str, str]
    support: tuple[SupportEntry, ...]
    policy: Policy
    drills: Mapping[str, Scenario]
    stepped_care: SteppedCare
    plan_headings: tuple[PlanHeading, ...]
    answers: Answers
    check_in: CheckInPlan
    examples: tuple[Example, ...]
    studies: StudyWords
    wellbeing_form: WellbeingForm
    stamps: Mapping[str, Stamp]
    origins: Mapping[str, str]
    source: Overlay


class _InForce:
    """What this process goes by; settled at its start."""

    knowledge: Knowledge | None = None


def put_in_force(known: Knowledge) -> None:
    """Let this process go by a body of knowledge from now on.

    For the start of a process, before anything is answered, once its rules are compiled.
    """
    _InForce.knowledge = known


def knowledge() -> Knowledge:
    """Return the knowledge in force; what is shipped, as long as nothing else was put in force.

    Raises:
        BadKnowledge: a file is missing, malformed or contradicts another; the service must not
            start.
    """
    return _InForce.knowledge or shipped()


@cache
def shipped() -> Knowledge:
    """Return what is shipped with this version, whatever a site has laid over it.

    Raises:
        BadKnowledge: a file is missing, malformed or contradicts another.
    """
    return load(files(__name__))


def knowledge_of(site: Path | None) -> Knowledge:
    """Load what is shipped with a site's folder laid over it, ``None`` for none.

    Raises:
        BadKnowledge: a file is missing, malformed or contradicts another.
    """
    return shipped() if site is None else load(files(__name__), site)


def rules_written(known: Knowledge) -> WrittenRules:
    """Read the rules that belong to a body of knowledge, not compiled yet.

    Raises:
        BadKnowledge: a file cannot be read, or what a site says does not fit what is ours.
    """
    ours = Overlay(known.source.ours).folder("rules")
    return written_rules(ours, known.source.of_site("rules"))


def load(root: Traversable, site: Path | None = None, tried: Document | None = None) -> Knowledge:
    """Read and check a whole folder of knowledge.

    Args:
        root: a folder laid out like this package; the JSON Schemas are always the package's.
        site: a site's own folder to lay over it, ``None`` for none.
        tried: a file of the site's to be tried with the rest before it is put there.

    Raises:
        BadKnowledge: the first fault found, by file, place and word.
    """
    source = Overlay(root, site, tried)
    source.look_round()
    documents = {name: source.page(name) for name in (*_FILES, *_PAGES)}
    symptoms = symptoms_in(documents["symptoms.json"])
    treatments = treatments_in(documents["treatments.json"], symptoms)
    effects = frozenset().union(*(treatment.effects for treatment in treatments.values()))
    support: tuple[SupportEntry, ...] = ()
    faiths: Mapping[str, str] = {}
    if root.joinpath(_SUPPORT).is_file():
        documents[_SUPPORT] = source.page(_SUPPORT)
        support, faiths = support_in(documents[_SUPPORT]), faiths_in(documents[_SUPPORT])
    folders = {name: source.folder(name) for name in ("instruments", "articles", "guidance")}
    instruments = instruments_in(folders["instruments"])
    return Knowledge(
        symptoms=symptoms,
        grading=grading_in(documents["composite_grades.json"], symptoms),
        treatments=treatments,
        pathway=pathway_in(documents["pathway.yaml"], treatments),
        red_flags=red_flags_in(documents["red_flags.yaml"]),
        instruments=instruments,
        articles=articles_in(folders["articles"]),
        guidance=guidance_in(folders["guidance"]),
        faiths=faiths,
        support=support,
        policy=policy_in(documents["policy.yaml"], effects),
        drills=drills_in(documents["drills.yaml"], treatments, symptoms),
        stepped_care=stepped_care_in(documents["stepped_care.yaml"]),
        plan_headings=plan_headings_in(documents["safety_plan.yaml"]),
        answers=answers_in(documents["answers.yaml"]),
        check_in=check_in_in(documents["check_in.yaml"], symptoms, effects),
        examples=examples_in(documents["examples.yaml"]),
        studies=study_words_in(documents["studies.yaml"], treatments),
        wellbeing_form=wellbeing_form_in(documents["wellbeing_check.yaml"], instruments),
        stamps=MappingProxyType({name: one.stamp for name, one in documents.items()}),
        origins=MappingProxyType(
            {one.name: one.origin for one in chain(documents.values(), *folders.values())}
        ),
        source=source,
    )


def search_treatments(
    query: str, treatment_class: str | None = None, modality: str | None = None
) -> list[Treatment]:
    """Find treatments of the catalogue by generic name or brand, best first.

    See ``service.clinical.treatments.search`` for the order.
    """
    return search(knowledge().treatments, query, treatment_class=treatment_class, modality=modality)
