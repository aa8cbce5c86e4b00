"""A patient's whole history, once: what came, when it counted, and when it no longer did.

One statement a kind of record, however long her history.  Every change of her record has a number
(``docs/decisions/0002``), so what a rule could see at a change is known exactly, except:

* a treatment is stored as it is today.  Before its facts last changed it is taken to have gone
  on, or to have been planned if it was entered before its first day; see ``as_it_was``.
* what she did with a study is known as it is now, from the change that first marked it.
* of a questionnaire or a dose that was answered in several steps, only the last step is known.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.care.records import (
    DiagnosisFacts,
    DoseFacts,
    MeasurementFacts,
    ReportFacts,
    ResponseFacts,
    StudyFacts,
    TreatmentFacts,
    WellbeingFacts,
)
from service.clinical import knowledge
from service.journey.models import Diagnosis
from service.studies.models import StudyMark
from service.symptoms.models import Measurement, SymptomReport
from service.symptoms.rules import CAREGIVER
from service.treatments.models import Dose, Treatment
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck

FOREVER = float("inf")


class Stored(NamedTuple):
    """A record as it stood from one change of hers until another.

    Attributes:
        kind: as ``care.loading`` names it.
        type: as a rule's evidence names it.
        since: number of the change that brought it.
        until: number of the change after which it was no longer so.
        at: the moment rules run on when it comes.
        came_at: when it came.
        place: where it stands in its list: moment and number.
        facts: what a rule sees of it.
        is_guess: the facts are those of a later state; see ``as_it_was``.
    """

    kind: str
    type: str
    since: float
    until: float
    at: datetime
    came_at: datetime
    place: tuple[datetime, float]
    facts: Any
    is_guess: bool = False


def history(
    session: Session, patient_id: UUID, kinds: frozenset[str], *, as_of: datetime
) -> list[Stored]:
    """Return what came of these kinds until a moment, in the order in which it came."""
    found = [
        stored
        for kind in sorted(kinds)
        for row in session.execute(_STATEMENTS[kind], {"patient_id": patient_id}).all()
        for stored in _MAKERS[kind](row)
        if stored.came_at <= as_of
    ]
    found.sort(key=lambda one: (one.since, one.kind, one.place, str(one.facts.id)))
    return _with_earlier_treatments(found)


def _report(row: Any) -> Iterator[Stored]:
    # A correction takes the place of what it corrects with its own number, see ``Walk``.
    until = row.change_no if row.deleted_at is not None else FOREVER
    facts = ReportFacts(
        id=row.id, at=row.at, answers=row.answers, temperature_c=row.temperature_c,
        stools_over_baseline=row.stools_over_baseline, glucose_mg_dl=row.glucose_mg_dl,
        red_flags=row.red_flags, by_family=row.reported_by == CAREGIVER,
    )  # fmt: skip
    if row.corrected_no is not None:
        until = min(until, row.corrected_no)
    yield _stored("report", "symptom_report", row, facts, until=until)


def _measurement(row: Any) -> Iterator[Stored]:
    facts = MeasurementFacts(row.id, row.at, row.code, row.standard_value, row.unit)
    yield _stored("measurement", "measurement", row, facts)


def _check(row: Any) -> Iterator[Stored]:
    facts = WellbeingFacts(
        id=row.id, at=row.at, distress=row.distress, mood=row.mood, topics=row.topics,
        contact_wanted=row.contact_wanted, safe_now=row.safe_now,
    )  # fmt: skip
    yield _stored("check", "wellbeing_check", row, facts)


def _response(row: Any) -> Iterator[Stored]:
    facts = ResponseFacts(
        id=row.id, at=row.at, questionnaire=row.questionnaire, answers=row.answers,
        status=row.status, total=row.total,
    )  # fmt: skip
    stored = _stored("response", "questionnaire_response", row, facts)
    if row.version > 1 and row.deleted_at is None:
        # It counts as it is from the change that made it so, which was when it was last said.
        number = float(row.change_no)
        stored = stored._replace(since=number, came_at=row.at, place=(row.at, number))
    yield stored


def _dose(row: Any) -> Iterator[Stored]:
    known = knowledge().treatments.get(row.code) if row.code else None
    facts = DoseFacts(
        id=row.id, at=row.due_at, treatment_id=row.treatment_id, code=row.code,
        name=known.name if known else row.name, status=row.status, reason=row.reason,
    )  # fmt: skip
    said = row.taken_at or row.answered_at
    yield Stored(
        "dose", "dose", row.change_no, FOREVER, min(said, row.answered_at), row.answered_at,
        (row.due_at, row.change_no), facts,
    )  # fmt: skip


def _treatment(row: Any) -> Iterator[Stored]:
    until = float(row.change_no) if row.deleted_at is not None else FOREVER
    facts = TreatmentFacts(
        id=row.id, at=row.facts_changed_at, code=row.code, name=row.name or row.code,
        modality=row.modality, status=row.status, body_site=row.body_site, line=row.line,
        started_on=row.started_on, ended_on=row.ended_on,
    )  # fmt: skip
    stored = Stored(
        "treatment", "treatment", row.created_change_no, until, row.facts_changed_at,
        row.received_at, (row.facts_changed_at, row.change_no), facts,
    )  # fmt: skip
    if row.facts_changed_at <= row.received_at:
        yield stored
    else:
        # When it changed is a moment, not a number: put among the others by whoever has them all.
        place = (row.received_at, float(row.created_change_no))
        yield stored._replace(at=row.received_at, place=place, is_guess=True)
        if row.deleted_at is None:
            yield stored._replace(since=FOREVER, came_at=row.facts_changed_at)


def _diagnosis(row: Any) -> Iterator[Stored]:
    facts = DiagnosisFacts(
        id=row.id, at=row.received_at, recurrence=row.recurrence,
        stage_iv_at_diagnosis=row.stage_iv_at_diagnosis, metastatic_sites=row.metastatic_sites,
        er=row.er, pr=row.pr, her2=row.her2, mutations=row.mutations,
        menopausal_status=row.menopausal_status, initial_surgery=row.initial_surgery,
        diagnosed_on=row.diagnosed_on, recurred_on=row.recurred_on,
    )  # fmt: skip
    yield Stored(
        "diagnosis", "diagnosis", row.created_change_no, FOREVER, row.received_at,
        row.received_at, (row.received_at, row.created_change_no), facts,
    )  # fmt: skip


def _study(row: Any) -> Iterator[Stored]:
    at = row.saved_at or row.dismissed_at or row.received_at
    facts = StudyFacts(
        row.id, at, row.nct_id, row.saved_at is not None, row.dismissed_at is not None
    )
    yield Stored(
        "study", "study", row.created_change_no, FOREVER, at, row.received_at,
        (at, row.change_no), facts,
    )  # fmt: skip


def _stored(kind: str, type: str, row: Any, facts: Any, *, until: float | None = None) -> Stored:
    if until is None:
        until = row.change_no if row.deleted_at is not None else FOREVER
    return Stored(
        kind, type, row.created_change_no, until, row.at, row.received_at,
        (row.at, row.created_change_no), facts,
    )  # fmt: skip


def _with_earlier_treatments(found: list[Stored]) -> list[Stored]:
    """Give the later state of each treatment that changed its number among the changes."""
    changed = [one for one in found if one.since == FOREVER]
    if not changed:
        return found
    known = [one for one in found if one.since < FOREVER]
    numbered = []
    for place, one in enumerate(changed):
        number = one.place[1]
        later = [other.since for other in known if other.came_at > one.came_at]
        if later and number >= min(later):
            # Touched again since, by a note: it stands after what had come by then.
            by_then = [other.since for other in known if other.came_at <= one.came_at]
            number = max(by_then) + (place + 1) / (len(changed) + 1)
        numbered.append(one._replace(since=number, at=one.came_at, place=(one.came_at, number)))
    ends = {one.facts.id: one.since for one in numbered}
    earlier = [
        one._replace(until=min(one.until, ends[one.facts.id])) if one.facts.id in ends else one
        for one in known
    ]
    return sorted([*earlier, *numbered], key=lambda one: (one.since, one.kind, one.place))


def as_it_was(facts: TreatmentFacts, *, recorded_at: datetime, zone: ZoneInfo) -> TreatmentFacts:
    """Return a treatment as it is taken to have stood before its facts last changed.

    What was over on the day it was entered was entered as over; else its end came with the change.
    """
    entered_on = recorded_at.astimezone(zone).date()
    if facts.ended_on is not None and facts.ended_on < entered_on:
        return facts._replace(at=recorded_at)
    begun = facts.started_on is None or facts.started_on <= entered_on
    status = facts.status if facts.status == "planned" else "active" if begun else "planned"
    return facts._replace(at=recorded_at, status=status, ended_on=None)


def _of_patient(model: Any, *extra: Any) -> sa.Select[Any]:
    table = model.__table__
    mine = table.c.patient_id == sa.bindparam("patient_id", type_=sa.Uuid())
    return sa.select(table, *extra).where(mine)


def _statements() -> dict[str, sa.Select[Any]]:
    report, later = SymptomReport.__table__, sa.alias(SymptomReport.__table__)
    dose, treatment = Dose.__table__, Treatment.__table__
    corrected = (
        sa.select(later.c.created_change_no)
        .where(later.c.id == report.c.corrected_by)
        .scalar_subquery()
    )
    return {
        "report": _of_patient(SymptomReport, corrected.label("corrected_no")),
        "measurement": _of_patient(Measurement),
        "check": _of_patient(WellbeingCheck),
        "response": _of_patient(QuestionnaireResponse),
        "treatment": _of_patient(Treatment),
        "diagnosis": _of_patient(Diagnosis),
        "study": _of_patient(StudyMark),
        "dose": _of_patient(Dose, treatment.c.code, treatment.c.name).where(
            treatment.c.id == dose.c.treatment_id, treatment.c.deleted_at.is_(None),
            dose.c.deleted_at.is_(None), dose.c.status != "expected",
            dose.c.answered_at.is_not(None),
        ),
    }  # fmt: skip


_STATEMENTS = _statements()
_MAKERS: Mapping[str, Callable[[Any], Iterator[Stored]]] = {
    "report": _report, "measurement": _measurement, "check": _check, "response": _response,
    "dose": _dose, "study": _study, "treatment": _treatment, "diagnosis": _diagnosis,
}  # fmt: skip
