"""Lines over time, with what happened to her treatment beside them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef, Topic
from service.clinical import knowledge
from service.errors import Rejected
from service.symptoms import queries as symptoms
from service.symptoms.models import Measurement
from service.symptoms.units import MEASUREMENTS
from service.treatments.models import Treatment
from service.wellbeing.models import WellbeingCheck

DEFAULT_SPAN = timedelta(days=90)
_MOST_POINTS = 400
_OF_WELLBEING = ("distress", "mood")
_UNITS = {
    "temperature": "°C",
    "weight": "kg",
    "glucose": "mg/dL",
    "anc": "/mm³",
    "calcium": "mg/dL",
}


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
            ``distress``, ``mood`` or the code of a measurement.
        since: first day; 90 days before the last by default.
        until: last day; her today by default.
        now: the moment of asking.

    Raises:
        MeasureUnknown: no such symptom or measure.
    """
    last = until or patient.local_date(now)
    first = since or last - DEFAULT_SPAN
    span = (_start(first, patient), _start(last + timedelta(days=1), patient))
    if measure in knowledge().symptoms:
        points, unit, least, most = _symptom(session, patient, measure, *span), "grade", 0, 3
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
        "marks": marks_of(session, patient, first, last),
    }  # fmt: skip


def marks_of(
    session: Session, patient: PatientRef, first: date, last: date
) -> list[dict[str, Any]]:
    """Return starts and ends of treatments between two days, oldest first."""
    rows: Sequence[Treatment] = session.scalars(
        sa.select(Treatment)
        .where(
            Treatment.patient_id == patient.id,
            Treatment.deleted_at.is_(None),
            Treatment.status != "planned",
            Treatment.started_on <= last,
        )
        .order_by(Treatment.started_on)
        .limit(200)
    ).all()
    marks = []
    for row in rows:
        known = knowledge().treatments.get(row.code or "")
        name = known.name if known else row.name or ""
        if first <= row.started_on:
            marks.append({"on": row.started_on, "kind": "started", "text": f"{name} started"})
        if row.ended_on is not None and first <= row.ended_on <= last:
            marks.append({"on": row.ended_on, "kind": "ended", "text": f"{name} ended"})
    return sorted(marks, key=lambda mark: (str(mark["on"]), str(mark["text"])))


def _start(day: date, patient: PatientRef) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(patient.time_zone)).astimezone(UTC)


def _symptom(
    session: Session, patient: PatientRef, symptom: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    graded = symptom in knowledge().grading.profile_of
    points = []
    for row in symptoms.reports_between(session, patient.id, since=start, until=end):
        for answer in row.answers:
            if answer["symptom"] == symptom:
                value = answer["grade"] if graded else answer.get("presence")
                points.append({"at": row.at, "id": row.id, "value": _number(value)})
    return points


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
