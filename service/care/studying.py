"""Clinical studies beside her picture: how each stands to her now, and what she does with one.

Answered from her records each time it is asked, so nothing has to be worked out again when her
journey changes.  What is kept is an index of the clinic's shown studies, compiled once for each
reading of the registry: the newest one is named by the same statement that brings her marks, so
another worker's reading is seen with the next request.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care import loading
from service.care.records import DiagnosisFacts, Records
from service.clinical import knowledge
from service.ids import derived_id
from service.journey import question_actions
from service.journey.models import Question
from service.journey.queries import questions_of
from service.records import Change
from service.studies import marking, queries, rules
from service.studies.index import Indexed, Key, Ranked, StudyIndex
from service.studies.models import Study, StudyMark
from service.studies.terms import Herself, HerTreatment, Truth, truth_of

ATTRIBUTION = "ClinicalTrials.gov"
REGISTRY = "https://clinicaltrials.gov/study/"
NOT_WANTED = "trials_not_wanted"
_KINDS = frozenset({"treatment", "diagnosis"})
# Clinics whose studies are kept; 5,000 studies are about 5 MB.
_KEPT = 16
_REASONS_SHOWN = 3
_QUESTION = "Could the study “{title}” ({nct_id}) be something for me?"
_indexes: OrderedDict[UUID, tuple[UUID | str, StudyIndex]] = OrderedDict()
_guard = Lock()


class Asked(NamedTuple):
    """Which studies, and from where.

    ``phase_1``: those of phase 1, the others, or (``None``) both; ``tab``: treatment, supportive,
    observational or (``None``) all.
    """

    phase_1: bool | None = False
    tab: str | None = None
    saved: bool = False
    limit: int = 50
    after: Key | None = None


class StudyList(NamedTuple):
    """A page of studies as they stand to her; ``after`` is the place of the next one."""

    items: list[dict[str, Any]]
    after: Key | None
    imported_at: datetime | None
    hidden_because: str | None = None


class StudyCard(NamedTuple):
    """A study for her feed: one that may fit and is neither saved nor put away, and why.

    ``town`` is where the nearest site is that takes people, ``km`` how far; ``None`` if not known.
    """

    nct_id: str
    title: str
    phases: tuple[str, ...]
    is_phase_1: bool
    town: str | None
    km: float | None
    imported_at: datetime
    reasons: list[dict[str, Any]]


def wants_studies(patient: PatientRef) -> bool:
    """Tell whether she has said that she wants to hear of studies."""
    return patient.information_preferences.get("trials") is True


def studies_for(session: Session, patient: PatientRef, asked: Asked, *, now: datetime) -> StudyList:
    """Return a page of the clinic's studies as they stand to her, best first.

    Empty, and saying why, unless she wants to hear of studies.  Five statements at most.
    """
    if not wants_studies(patient):
        return StudyList([], None, None, NOT_WANTED)
    standing = queries.standing_of(session, patient.id)
    index = _index_of(session, patient.clinic_id, standing.release)
    her = herself(loading.load(session, patient, as_of=now, kinds=_KINDS), standing.home)
    put_away = frozenset(n for n, mark in standing.marks.items() if mark.dismissed_at)
    ranked = index.ranked(her, phase_1=asked.phase_1, tab=asked.tab, without=put_away)
    if asked.saved:
        saved = {n for n, mark in standing.marks.items() if mark.saved_at}
        ranked = [one for one in ranked if one.study.nct_id in saved]
    if asked.after is not None:
        ranked = [one for one in ranked if one.key > asked.after]
    page = ranked[: asked.limit]
    rows = queries.shown_by_id(session, patient.clinic_id, [one.study.nct_id for one in page])
    items = [
        _item(one, rows[one.study.nct_id], her, standing.marks.get(one.study.nct_id))
        for one in page
        if one.study.nct_id in rows
    ]
    more = len(ranked) > asked.limit
    return StudyList(items, page[-1].key if more else None, standing.imported_at)


def new_for(
    session: Session, patient: PatientRef, records: Records, *, limit: int
) -> list[StudyCard]:
    """Return studies for her feed: what may fit, best first, phase 1 after the others.

    Her marks and the newest reading are among the records of the picture, so the database is
    asked only for the index of a reading that is not known yet: one statement, once.
    """
    offered = records.studies_offered
    if offered is None or not wants_studies(patient) or patient.care_status.has_ended:
        return []
    index = _index_of(session, patient.clinic_id, offered.release)
    her = herself(records, offered.home)
    known = frozenset(one.nct_id for one in records.studies if one.is_saved or one.is_put_away)
    found = index.fitting(her, without=known, limit=limit)
    return [_card(index, one.study, her) for one in found]


def act(
    session: Session, patient: PatientRef, nct_id: str, what: str, *, change: Change
) -> StudyMark:
    """Save a study, keep it no longer, put it away, or make a question for her visit of it.

    The question is asked once, and again only after it was taken back.

    Raises:
        NotFound: her clinic has no such study.
    """
    study = queries.study_of(session, patient.clinic_id, nct_id)
    mark = marking.mark_of(session, nct_id, change=change)
    if what == "save":
        marking.save(mark, seen=_seen_now(session, patient, study, change.now), change=change)
    elif what == "unsave":
        marking.unsave(mark, change=change)
    elif what == "dismiss":
        marking.dismiss(mark, change=change)
    elif not _is_asked(session, mark):
        id = derived_id("study-question", patient.id, nct_id, change.change_no)
        text = _QUESTION.format(title=study.title[:1_800], nct_id=nct_id)
        question = {"id": id, "text": text, "asked_at": None}
        question_actions.ask_question(session, change=change, question=question)
        marking.note_question(mark, id, change=change)
    return mark


def herself(records: Records, home: tuple[float, float] | None) -> Herself:
    """Return what matching knows of her, from her records."""
    known: DiagnosisFacts | None = records.diagnosis
    from_diagnosis: dict[str, Any] = {} if known is None else {
        "diagnosis": known.record.as_json(), "metastatic": known.metastatic,
        "recurrence": known.recurrence, "sites": tuple(known.metastatic_sites), "er": known.er,
        "pr": known.pr, "her2": known.her2, "mutations": tuple(known.mutations),
        "menopause": known.menopausal_status,
    }  # fmt: skip
    return Herself(
        today=records.today, patient=records.patient.as_json(), birth_year=records.birth_year,
        sex=records.sex, ecog=records.ecog, home=home,
        treatments=tuple(
            HerTreatment(one.code, _name_of(one), one.modality, one.line, one.record.as_json())
            for one in records.treatments
            if one.status != "planned"
        ),
        **from_diagnosis,
    )  # fmt: skip


def _index_of(session: Session, clinic_id: UUID, release: UUID | str | None) -> StudyIndex:
    if release is None:
        return StudyIndex((), knowledge().studies)
    with _guard:
        kept = _indexes.get(clinic_id)
    if kept is not None and kept[0] == release:
        return kept[1]
    index = StudyIndex(queries.shown_rows(session, clinic_id), knowledge().studies)
    with _guard:
        _indexes[clinic_id] = (release, index)
        _indexes.move_to_end(clinic_id)
        while len(_indexes) > _KEPT:
            _indexes.popitem(last=False)
    return index


def _item(one: Ranked, row: Study, her: Herself, mark: StudyMark | None) -> dict[str, Any]:
    criteria = _criteria(row, her)
    place = rules.nearest(row.sites, her.home, knowledge().studies.recruiting_site)
    seen = _digest(criteria)
    return {
        "nct_id": row.nct_id, "title": row.title, "summary": row.summary,
        "organization": row.organization, "phases": row.phases, "tab": row.tab,
        "status": row.status, "status_words": knowledge().studies.shown[row.status],
        "fit": one.fit, "criteria": criteria, "conditions": row.conditions,
        "interventions": row.interventions, "contacts": row.contacts,
        "nearest_site": None if place is None else {**place.site, "km": place.km},
        "registry_url": REGISTRY + row.nct_id, "registry_updated_on": row.registry_updated_on,
        "imported_at": row.imported_at, "source": ATTRIBUTION,
        "saved_at": mark.saved_at if mark else None,
        "question_id": mark.question_id if mark else None,
        "has_changed": bool(mark and mark.saved_at and mark.seen not in (None, seen)),
    }  # fmt: skip


def _criteria(row: Study, her: Herself) -> list[dict[str, Any]]:
    """Return the lines of a study with how each stands, those of the registry's fields first."""

    @cache
    def truth(term: str) -> Truth:
        return truth_of(term, her, knowledge().studies)

    fields = rules.registry_criteria(row.sex, row.minimum_age_days, row.maximum_age_days, her)
    judged = [("registry", text, verdict) for text, verdict in fields]
    for line in row.criteria:
        found = rules.verdict_of(line["section"], line["says"], bool(line.get("hedged")), truth)
        if line["section"] not in rules.OUTSIDE or found.verdict == rules.NOT_MET:
            judged.append((line["section"], line["text"], found))
    return [
        {
            "section": section, "text": text, "verdict": found.verdict,
            "because": {"text": found.because, "records": list(found.records)}
            if found.because
            else None,
        }
        for section, text, found in judged
    ]  # fmt: skip


def _card(index: StudyIndex, study: Indexed, her: Herself) -> StudyCard:
    town, km = index.nearest(study, her) or (None, None)
    reasons = [
        {"text": one.because, "records": list(one.records)} for one in index.reasons(study, her)
    ]
    return StudyCard(
        study.nct_id, study.title, study.phases, study.is_phase_1, town, km, study.imported_at,
        reasons[:_REASONS_SHOWN],
    )  # fmt: skip


def _seen_now(session: Session, patient: PatientRef, study: Study, now: datetime) -> str:
    # Where she lives is no criterion.
    records = loading.load(session, patient, as_of=now, kinds=_KINDS)
    return _digest(_criteria(study, herself(records, None)))


def _digest(criteria: Sequence[Mapping[str, Any]]) -> str:
    stands = "\n".join(f"{one['verdict']} {one['text']}" for one in criteria)
    return hashlib.sha256(stands.encode()).hexdigest()


def _is_asked(session: Session, mark: StudyMark) -> bool:
    if mark.question_id is None:
        return False
    asked = questions_of(mark.patient_id).where(Question.id == mark.question_id)
    return session.scalars(asked).one_or_none() is not None


def _name_of(treatment: Any) -> str:
    known = knowledge().treatments.get(treatment.code or "")
    return known.name if known else treatment.name
