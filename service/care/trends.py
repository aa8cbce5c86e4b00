"""Lines over time, with what happened to her treatment beside them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Topic
from service.accounts.patient_ref import PatientRef
from service.clinical import knowledge
from service.errors import Rejected
from service.symptoms import queries as symptoms
from service.symptoms.models import Measurement
from service.symptoms.rules import CAREGIVER
from service.symptoms.units import MEASUREMENTS
from service.treatments.models import DosagePeriod, Treatment
from service.wellbeing.models import WellbeingCheck

DEFAULT_SPAN = timedelta(days=90)
_MOST_POINTS = 400
_MOST_PERIODS = 500
_OF_WELLBEING = ("distress", "mood")
_UNITS = {
    "temperature": "°C",
    "weight": "kg",
    "glucose": "mg/dL",
    "anc": "/mm³",
    "calcium": "mg/dL",
}

Course = tuple[Treatment, Sequence[DosagePeriod]]
"""A treatment and its dosage periods in the order of time."""


class MeasureUnknown(Rejected):
    """There is no such symptom or measure."""

    slug = "measure-unknown"
    title = "There is no such symptom or measure."


def topic_of(measure: str) -> Topic:
    """Return what a line is about: who may see how she feels is not who may see her symptoms."""
    if measure in _OF_WELLBEING:
        return Topic.WELLBEING
    return Topic.MEASUREMENTS if measure in MEASUREMENTS else Topic.SYMPTOMS


def trend(
    session: Session,
    patient: PatientRef,
    measure: str,
    *,
    since: date | None,
    until: date | None,
    now: datetime,
) -> dict[str, Any]:
    """Return points and marks of one measure between two of her days, oldest first.

    Args:
        session: any.
        patient: whose.
        measure: a symptom (its grade, 0 to 3; severity for symptoms only present or absent),
            ``distress``, ``mood`` or the code of a measurement.  ``points`` are what she said,
            ``family_points`` what her family reported about it.
        since: first day; 90 days before the last by default.
        until: last day; her today by default.
        now: the moment of asking.

    Raises:
        MeasureUnknown: no such symptom or measure.
    """
    last = until or patient.local_date(now)
    first = since or last - DEFAULT_SPAN
    family_points: list[dict[str, Any]] = []
    span = (_start(first, patient), _start(last + timedelta(days=1), patient))
    if measure in knowledge().symptoms:
        points, family_points = _symptom(session, patient, measure, *span)
        unit, least, most = "grade", 0, 3
    elif measure in _OF_WELLBEING:
        most = 10 if measure == "distress" else 5
        points, unit, least = _wellbeing(session, patient, measure, *span), "points", 0
    elif measure in MEASUREMENTS:
        points, unit = _measured(session, patient, measure, *span), _UNITS[measure]
        values = [point["value"] for point in points]
        least, most = min(values, default=0), max(values, default=0)
    else:
        raise MeasureUnknown(errors=[("/measure", "There is no such symptom or measure.")])
    return {
        "measure": measure, "unit": unit, "least": least, "most": most, "points": points,
        "family_points": family_points, "marks": marks_of(session, patient, first, last),
    }  # fmt: skip


def marks_of(
    session: Session, patient: PatientRef, first: date, last: date
) -> list[dict[str, Any]]:
    """Return what happened to her treatments between two days, oldest first; see ``marks_in``."""
    return marks_in(courses_of(session, patient.id, last), first, last)


def marks_in(courses: Iterable[Course], first: date, last: date) -> list[dict[str, Any]]:
    """Return what happened in some courses between two days, oldest first.

    Each mark is ``started``, ``ended``, ``held``, ``resumed``, ``dose_changed`` or
    ``schedule_changed``.
    """
    marks: list[dict[str, Any]] = []
    for treatment, periods in courses:
        if treatment.status == "planned":
            continue
        name = name_of(treatment)
        happened = [(treatment.started_on, "started", "started")]
        if treatment.ended_on is not None:
            happened.append((treatment.ended_on, "ended", "ended"))
        for before, after in pairwise(periods):
            on = date.fromisoformat(after.starts_at[:10])
            happened += [(on, kind, words) for kind, words in _changes(before, after)]
        marks += [
            {"on": on, "kind": kind, "text": f"{name} {words}", "treatment_id": treatment.id}
            for on, kind, words in happened
            if first <= on <= last
        ]
    return sorted(marks, key=lambda mark: (str(mark["on"]), str(mark["text"])))


def courses_of(session: Session, patient_id: UUID, last: date) -> list[Course]:
    """Return her treatments, the latest started first, with what was to be taken until a day.

    One statement; of a very long history the latest courses only.
    """
    rows = session.execute(_with_periods(patient_id, last)).all()
    return [
        (treatment, [row.DosagePeriod for row in found if row.DosagePeriod is not None])
        for treatment, found in groupby(rows, key=lambda row: row.Treatment)
    ]


def name_of(treatment: Treatment) -> str:
    """Return what people call a treatment."""
    known = knowledge().treatments.get(treatment.code or "")
    return known.name if known else treatment.name or ""


def _with_periods(patient_id: UUID, last: date) -> sa.Select[Treatment, DosagePeriod]:
    """Select her treatments, each with what was to be taken of it until a day."""
    period = DosagePeriod
    return (
        sa.select(Treatment, period)
        .outerjoin(
            period,
            sa.and_(
                period.patient_id == patient_id, period.treatment_id == Treatment.id,
                period.starts_at < (last + timedelta(days=1)).isoformat(),
            ),
        )
        .where(Treatment.patient_id == patient_id, Treatment.deleted_at.is_(None))
        .order_by(Treatment.started_on.desc(), Treatment.id, period.starts_at)
        .limit(_MOST_PERIODS)
    )  # fmt: skip


def _changes(before: DosagePeriod, after: DosagePeriod) -> Iterator[tuple[str, str]]:
    was_on = before.status == "active" and before.ends_at == after.starts_at
    if was_on and after.status == "held":
        yield "held", "held"
    if not was_on and after.status == "active":
        yield "resumed", "resumed"
    if after.dose != before.dose:
        yield "dose_changed", f"dose changed to {after.dose}" if after.dose else "dose changed"
    if (after.schedule, after.day_one) != (before.schedule, before.day_one):
        yield "schedule_changed", "schedule changed"


def _start(day: date, patient: PatientRef) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(patient.time_zone)).astimezone(UTC)


def _symptom(
    session: Session, patient: PatientRef, symptom: str, start: datetime, end: datetime
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    graded = symptom in knowledge().grading.profile_of
    hers: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    for row in symptoms.reports_between(session, patient.id, since=start, until=end):
        for answer in row.answers:
            if answer["symptom"] == symptom:
                value = answer["grade"] if graded else answer.get("presence")
                points = theirs if row.reported_by == CAREGIVER else hers
                points.append({"at": row.at, "id": row.id, "value": _number(value)})
    return hers, theirs


def _wellbeing(
    session: Session, patient: PatientRef, name: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    column = getattr(WellbeingCheck, name)
    rows = session.execute(
        sa.select(WellbeingCheck.id, WellbeingCheck.at, column.label("value"))
        .where(
            WellbeingCheck.patient_id == patient.id, WellbeingCheck.deleted_at.is_(None),
            WellbeingCheck.at >= start, WellbeingCheck.at < end, column.is_not(None),
        )
        .order_by(WellbeingCheck.at.desc()).limit(_MOST_POINTS)
    ).all()  # fmt: skip
    return [{"at": row.at, "id": row.id, "value": row.value} for row in rows[::-1]]


def _measured(
    session: Session, patient: PatientRef, code: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    rows = session.execute(
        sa.select(Measurement.id, Measurement.at, Measurement.standard_value)
        .where(
            Measurement.patient_id == patient.id, Measurement.deleted_at.is_(None),
            Measurement.code == code, Measurement.at >= start, Measurement.at < end,
        )
        .order_by(Measurement.at.desc()).limit(_MOST_POINTS)
    ).all()  # fmt: skip
    return [{"at": row.at, "id": row.id, "value": row.standard_value} for row in rows[::-1]]


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
