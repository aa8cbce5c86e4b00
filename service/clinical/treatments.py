"""The catalogue of treatments, and what usually follows what.

A catalogue for logging and reminders, not for prescribing: every schedule here is a default
that can be edited for each patient.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from service.clinical.reading import Document, check, frozen

Steps = list[str | int]


@dataclass(frozen=True, slots=True)
class Treatment:
    """A drug, a procedure, or a whole class of drugs whose name she does not know.

    Attributes:
        code: its name in records and rules, e.g. ``"denosumab_120"``.
        name: generic name of a drug, plain name of a procedure.
        brands: trade names; may be empty.
        kind: ``"drug"``, ``"procedure"`` or ``"class"``.
        treatment_class: e.g. ``"CDK4/6 inhibitor"``.
        modality: surgery, chemotherapy, radiation, hormonal, targeted, immunotherapy,
            bone_modifying, supportive or other.
        effects: what rules ask about, e.g. ``"myelosuppressive"``.
        symptoms: keys of symptoms worth asking about on it.
        schedule: default in the vocabulary of the API, read-only (``type`` and what belongs to
            it); ``None`` when no default is known or it depends on another treatment.
        schedule_note: what the schedule cannot say, e.g. "with food".
        label_schedule: dose and rhythm as on the label, for people to read.
        rxnorm: RxNorm ingredient code, or ``None``.
        statuses: how far each part is traced: ``schedule``, ``effects``, ``symptoms`` and
            ``rxnorm`` to "verified", "unverified", "draft" and the like.
    """

    code: str
    name: str
    brands: tuple[str, ...]
    kind: str
    treatment_class: str
    modality: str
    effects: frozenset[str]
    symptoms: tuple[str, ...]
    schedule: Mapping[str, Any] | None = field(hash=False)
    schedule_note: str | None
    label_schedule: str | None
    route: str | None
    rxnorm: str | None
    source: str
    notes: str | None
    statuses: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class PathwayStep:
    """A sentence about what may come next, and the codes of the treatments it speaks of."""

    treatments: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class PathwayFact:
    """A sentence, and the information preferences (``needs``) without which it is not shown."""

    text: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pathway:
    """What usually follows a recurrence: general information, never advice.

    Attributes:
        definition: what a local recurrence is.
        local: the steps by initial surgery (``"lumpectomy"``, ``"mastectomy"``).
        when_unknown: what to say, above both ways, when the first operation is not known.
        sites: places the source names for metastases, in the API's vocabulary.
        may_include: modalities that may be part of treatment of metastatic disease.
        weighed: what a team takes into account.
        facts: general sentences about metastatic disease.
        wording_rule: how these texts are to be written.
    """

    definition: str
    local: Mapping[str, tuple[PathwayStep, ...]]
    when_unknown: str
    sites: tuple[str, ...]
    may_include: tuple[str, ...]
    weighed: tuple[str, ...]
    facts: tuple[PathwayFact, ...]
    wording_rule: str


def treatments_in(document: Document, symptoms: Mapping[str, Any]) -> Mapping[str, Treatment]:
    """Build the catalogue by code, in the order of the file.

    Raises:
        BadKnowledge: a code stands twice, a symptom is unknown, or a dose falls outside its
            cycle.
    """
    check("treatments", document.data, document)
    catalogue: dict[str, Treatment] = {}
    for place, row in enumerate(document.data["treatments"]):
        at: Steps = ["treatments", place]
        if row["code"] in catalogue:
            raise document.refuse([*at, "code"], f"{row['code']!r} stands twice")
        for position, key in enumerate(row["symptoms"]):
            if key not in symptoms:
                raise document.refuse([*at, "symptoms", position], f"{key!r} is not a symptom")
        schedule = row["schedule"] or {}
        for position, day in enumerate(schedule.get("dose_days", ())):
            if day > schedule["cycle_days"]:
                fault = f"day {day} is outside a cycle of {schedule['cycle_days']} days"
                raise document.refuse([*at, "schedule", "dose_days", position], fault)
        catalogue[row["code"]] = _treatment(row)
    return MappingProxyType(catalogue)


def pathway_in(document: Document, treatments: Mapping[str, Treatment]) -> Pathway:
    """Build the pathway.

    Raises:
        BadKnowledge: a step names an unknown treatment, or a sentence breaks the wording rule.
    """
    data = document.data
    check("pathway", data, document)
    local, metastatic = data["local_recurrence"], data["metastatic"]
    for place, text in _sentences(data):
        for phrase in data["never_say"]:
            if phrase.casefold() in text.casefold():
                raise document.refuse(place, f"{phrase!r} is advice, and this is information")
    for position, case in enumerate(local["cases"]):
        for number, step in enumerate(case["steps"]):
            for code in step["treatments"]:
                if code not in treatments:
                    place = ["local_recurrence", "cases", position, "steps", number]
                    raise document.refuse(place, f"{code!r} is not a treatment")
    return Pathway(
        definition=local["definition"],
        local=MappingProxyType(
            {
                case["after"]: tuple(
                    PathwayStep(tuple(step["treatments"]), step["text"]) for step in case["steps"]
                )
                for case in local["cases"]
            }
        ),
        when_unknown=local["when_unknown"],
        sites=tuple(metastatic["sites"]),
        may_include=tuple(metastatic["may_include"]),
        weighed=tuple(metastatic["weighed"]),
        facts=tuple(
            PathwayFact(fact["text"], tuple(fact["needs"])) for fact in metastatic["facts"]
        ),
        wording_rule=data["wording_rule"],
    )


def search(
    treatments: Mapping[str, Treatment],
    query: str,
    *,
    treatment_class: str | None = None,
    modality: str | None = None,
) -> list[Treatment]:
    """Find treatments by generic name, brand or code, best first.

    A whole name comes before the beginning of one, that before the beginning of a later word,
    and that before any other part.  Case, hyphens and spaces at the ends do not matter.  An
    empty query finds everything, in the order of the catalogue.

    Args:
        treatments: the catalogue.
        query: what was typed.
        treatment_class: only of this class, in any case.
        modality: only of this modality.
    """
    wanted = _plain(query)
    ranked = [
        (_rank(treatment, wanted), treatment)
        for treatment in treatments.values()
        if treatment_class in (None, "")
        or treatment.treatment_class.casefold() == (treatment_class or "").casefold()
        if modality in (None, "", treatment.modality)
    ]
    found = [(rank, treatment) for rank, treatment in ranked if rank is not None]
    return [treatment for _, treatment in sorted(found, key=lambda pair: pair[0])]


def _rank(treatment: Treatment, wanted: str) -> int | None:
    names = [_plain(name) for name in (treatment.name, *treatment.brands, treatment.code)]
    # An empty query begins every name, so it ranks all alike and keeps the catalogue's order.
    matches = (
        bool(wanted) and wanted in names,
        any(name.startswith(wanted) for name in names),
        any(f" {wanted}" in name for name in names),
        any(wanted in name for name in names),
    )
    return matches.index(True) if any(matches) else None


def _plain(text: str) -> str:
    # "T-DM1", "t_dm1" and "tdm1" are one name.
    joined = text.casefold().replace("-", "").replace("_", "")
    return " ".join("".join(letter if letter.isalnum() else " " for letter in joined).split())


def _sentences(data: Mapping[str, Any]) -> Iterator[tuple[Steps, str]]:
    local = data["local_recurrence"]
    yield ["local_recurrence", "definition"], local["definition"]
    yield ["local_recurrence", "when_unknown"], local["when_unknown"]
    for position, case in enumerate(local["cases"]):
        for number, step in enumerate(case["steps"]):
            yield ["local_recurrence", "cases", position, "steps", number, "text"], step["text"]
    for number, fact in enumerate(data["metastatic"]["facts"]):
        yield ["metastatic", "facts", number, "text"], fact["text"]


def _treatment(row: Mapping[str, Any]) -> Treatment:
    rxnorm = row["rxnorm"] or {"code": None, "status": "not applicable"}
    return Treatment(
        code=row["code"],
        name=row["generic"],
        brands=tuple(row["brands"]),
        kind=row["kind"],
        treatment_class=row["class"],
        modality=row["modality"],
        effects=frozenset(row["effects"]),
        symptoms=tuple(row["symptoms"]),
        schedule=frozen(row["schedule"]),
        schedule_note=row["schedule_note"],
        label_schedule=row["label_schedule"],
        route=row["route"],
        rxnorm=rxnorm["code"],
        source=row["source"],
        notes=row["notes"],
        statuses=MappingProxyType(
            {
                "schedule": row["schedule_status"],
                "effects": row["effects_status"],
                "symptoms": row["symptoms_status"],
                "rxnorm": rxnorm["status"],
            }
        ),
    )
