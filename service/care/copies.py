"""The plain copies a picture is made of, from rows of the one shape that ``loading`` fetches.

Each row is an id, a moment and the columns of the shape in order.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from service.care.records import (
    DiagnosisFacts,
    DoseFacts,
    MeasurementFacts,
    OfferedFacts,
    ReportFacts,
    ResponseFacts,
    StudyFacts,
    TreatmentFacts,
    WellbeingFacts,
)
from service.clinical import knowledge
from service.symptoms.rules import CAREGIVER


def report(row: Sequence[Any]) -> ReportFacts:
    """Return a symptom report."""
    id, at, reported_by, *_, temperature, stools, glucose, answers, flags, _, _ = row
    return ReportFacts(
        id=id, at=at, answers=answers, temperature_c=temperature,
        stools_over_baseline=_whole(stools), glucose_mg_dl=glucose, red_flags=flags,
        by_family=reported_by == CAREGIVER,
    )  # fmt: skip


def treatment(as_of: datetime, row: Sequence[Any]) -> TreatmentFacts:
    """Return a treatment as it was known at a moment."""
    # What she is on counts for a report that comes late, even if it was entered after it: its
    # own days say when she was on it.
    id, at, code, name, modality, status, site, _, line, *_, started_on, ended_on = row
    return TreatmentFacts(
        id=id, at=min(at, as_of), code=code, name=name or code, modality=modality,
        status=status, body_site=site, line=_whole(line), started_on=started_on,
        ended_on=ended_on,
    )  # fmt: skip


def diagnosis(as_of: datetime, row: Sequence[Any]) -> DiagnosisFacts:
    """Return where she stands as it was known at a moment."""
    id, at, recurrence, er, pr, her2, menopause, surgery, stage_iv, _, _, *rest = row
    sites, mutations, diagnosed_on, recurred_on = rest
    return DiagnosisFacts(
        id=id, at=min(at, as_of), recurrence=recurrence, stage_iv_at_diagnosis=_true(stage_iv),
        metastatic_sites=sites, er=er, pr=pr, her2=her2, mutations=mutations,
        menopausal_status=menopause, initial_surgery=surgery, diagnosed_on=diagnosed_on,
        recurred_on=recurred_on,
    )  # fmt: skip


def measurement(row: Sequence[Any]) -> MeasurementFacts:
    """Return a measurement."""
    id, at, code, unit, _, _, _, _, value, *_ = row
    return MeasurementFacts(id=id, at=at, code=code, unit=unit, value=value)


def check(row: Sequence[Any]) -> WellbeingFacts:
    """Return a wellbeing check."""
    id, at, _, _, _, _, _, _, distress, mood, safe_now, topics, wanted, *_ = row
    return WellbeingFacts(
        id=id, at=at, distress=_whole(distress), mood=_whole(mood), topics=topics,
        contact_wanted=wanted, safe_now=_true(safe_now),
    )  # fmt: skip


def response(row: Sequence[Any]) -> ResponseFacts:
    """Return answers to a questionnaire."""
    id, at, questionnaire, status, _, _, _, _, total, _, _, answers, *_ = row
    return ResponseFacts(
        id=id, at=at, questionnaire=questionnaire, answers=answers, status=status,
        total=_whole(total),
    )  # fmt: skip


def dose(as_of: datetime, row: Sequence[Any]) -> DoseFacts:
    """Return what became of a dose; one answered before its time counts as of now."""
    id, at, code, name, status, reason, treatment_id, *_ = row
    known = knowledge().treatments.get(code) if code else None
    return DoseFacts(
        id=id, at=min(at, as_of), treatment_id=UUID(treatment_id), code=code,
        name=known.name if known else name, status=status, reason=reason,
    )  # fmt: skip


def study(row: Sequence[Any]) -> StudyFacts:
    """Return what she did with a study."""
    id, at, nct_id, _, _, _, _, _, saved, put_away, *_ = row
    return StudyFacts(id, at, nct_id, is_saved=bool(saved), is_put_away=bool(put_away))


def offered(row: Sequence[Any]) -> OfferedFacts:
    """Return which studies there are for her."""
    id, at, *_, home, _, _, _ = row
    return OfferedFacts(id, at, (home["lat"], home["lon"]) if home else None)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _true(value: float | None) -> bool | None:
    return None if value is None else bool(value)
