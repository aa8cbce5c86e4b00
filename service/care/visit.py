"""The two-minute page before a visit: what got worse, what was done, what she is on, how she is.

In its simplest true form: every line stands on records and says which.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef
from service.alerts import queries as alerts
from service.alerts.models import AlertReason
from service.care.loading import load
from service.care.records import Records
from service.care.rules import rule_set
from service.clinical import knowledge
from service.symptoms import queries as symptoms
from service.treatments.models import Dose, Treatment
from service.wellbeing.models import WellbeingCheck

_DEFAULT_SPAN = timedelta(days=42)
_MOST_SYMPTOMS = 6
# Of the doses missed for one reason, how many the line names.
_DOSES_NAMED = 10
_GRADE_WORDS = ("none", "mild", "moderate", "severe")


def visit_summary(
    session: Session, patient: PatientRef, *, since: date | None, now: datetime
) -> dict[str, Any]:
    """Return what a clinician has to know before seeing her, from a day on."""
    until = patient.local_date(now)
    first = since or until - _DEFAULT_SPAN
    start = datetime.combine(first, time.min, ZoneInfo(patient.time_zone)).astimezone(UTC)
    reports = symptoms.reports_between(session, patient.id, since=start, until=now)
    records = load(session, patient, as_of=now)
    sections = [
        ("Symptoms at their worst", _worst_symptoms(reports)),
        ("Alerts and what was done", _alerts(session, patient, start)),
        ("Treatments", _treatments(records)),
        ("Doses missed", _doses(session, patient, start, now)),
        ("How she is", _wellbeing(session, patient, start, now)),
    ]
    return {
        "patient": patient.display_name, "since": first, "until": until,
        "sections": [{"title": title, "lines": lines} for title, lines in sections],
    }  # fmt: skip


def _worst_symptoms(reports: Sequence[Any]) -> list[dict[str, Any]]:
    """Return each symptom's worst and latest grade, the worst first."""
    worst: dict[str, tuple[int, Any]] = {}
    latest: dict[str, int] = {}
    for row in reports:
        for answer in row.answers:
            grade = answer["grade"]
            if grade is None:
                continue
            latest[answer["symptom"]] = grade
            if grade > worst.get(answer["symptom"], (0, None))[0]:
                worst[answer["symptom"]] = (grade, row)
    ranked = sorted(worst.items(), key=lambda one: (-one[1][0], one[0]))[:_MOST_SYMPTOMS]
    return [
        _line(
            f"{_name(symptom)}: {_GRADE_WORDS[grade]} on {_day(row.at)}, "
            f"last {_GRADE_WORDS[latest[symptom]]}.",
            ("symptom_report", row.id, row.at),
        )
        for symptom, (grade, row) in ranked
    ]


def _alerts(session: Session, patient: PatientRef, start: datetime) -> list[dict[str, Any]]:
    found = [one for one in alerts.alerts_of(session, patient.id) if one.raised_at >= start]
    reasons = alerts.reasons_of(session, [one.id for one in found])
    lines = []
    for alert in found:
        texts = "; ".join(_reason(reason) for reason in reasons[alert.id])
        done = alert.action or alert.state.value.replace("_", " ")
        lines.append(
            _line(
                f"{alert.severity.value.capitalize()}, {_day(alert.raised_at)}: {texts} — {done}.",
                *(
                    (record["type"], record["id"], record["at"])
                    for reason in reasons[alert.id]
                    for record in reason.records
                ),
            )
        )
    return lines


def _reason(reason: AlertReason) -> str:
    rule = rule_set().by_id.get(reason.rule)
    return f"{rule.about} ({reason.text})" if rule else reason.text


def _treatments(records: Records) -> list[dict[str, Any]]:
    lines = []
    for one in records.treatments:
        known = knowledge().treatments.get(one.code or "")
        name = known.name if known else one.name
        ended = f", ended {one.ended_on}" if one.ended_on else ""
        lines.append(
            _line(
                f"{name}: {one.status} since {one.started_on}{ended}.",
                ("treatment", one.id, one.at),
            )
        )
    return lines


def _doses(
    session: Session, patient: PatientRef, start: datetime, now: datetime
) -> list[dict[str, Any]]:
    """Return how many doses were missed of each treatment and why, the latest missed first."""
    missed: dict[UUID, list[Any]] = {}
    for row in session.execute(_missed(patient.id, start, now)):
        missed.setdefault(row.treatment_id, []).append(row)
    lines = []
    for rows in missed.values():
        known = knowledge().treatments.get(rows[0].code or "")
        name = known.name if known else rows[0].name
        numbers = {row.reason: row.number for row in rows}
        why = ", ".join(f"{_why(reason)} {number}" for reason, number in numbers.items())
        number = sum(numbers.values())
        last = date.fromisoformat(rows[0].local_at[:10])
        lines.append(
            _line(
                f"{name}: {number} {'dose' if number == 1 else 'doses'} missed ({why}), "
                f"{'' if number == 1 else 'the last '}on {_day(last)}.",
                *(("dose", row.id, row.due_at) for row in rows),
            )
        )
    return lines


def _missed(patient_id: UUID, start: datetime, now: datetime) -> sa.Select[Any]:
    """Select the latest doses missed for each reason, and how many there are of each."""
    each = (Dose.treatment_id, Dose.reason)
    newest = Dose.due_at.desc()
    doses = (
        sa.select(
            Dose.id, Dose.due_at, Dose.local_at, Dose.reason, Dose.treatment_id,
            Treatment.code, Treatment.name,
            sa.func.count().over(partition_by=each).label("number"),
            sa.func.row_number().over(partition_by=each, order_by=newest).label("place"),
        )
        .join(Treatment, Treatment.id == Dose.treatment_id)
        .where(
            Dose.patient_id == patient_id, Dose.due_at >= start, Dose.due_at <= now,
            Dose.status == "missed", Dose.deleted_at.is_(None), Treatment.deleted_at.is_(None),
        )
        .subquery()
    )  # fmt: skip
    return (
        sa.select(doses)
        .where(doses.c.place <= _DOSES_NAMED)
        .order_by(doses.c.due_at.desc(), doses.c.id)
    )


def _why(reason: str | None) -> str:
    return reason.replace("_", " ") if reason else "no reason given"


def _wellbeing(
    session: Session, patient: PatientRef, start: datetime, now: datetime
) -> list[dict[str, Any]]:
    rows = session.scalars(
        sa.select(WellbeingCheck)
        .where(
            WellbeingCheck.patient_id == patient.id, WellbeingCheck.deleted_at.is_(None),
            WellbeingCheck.at >= start, WellbeingCheck.at <= now,
        )
        .order_by(WellbeingCheck.at.desc()).limit(10)
    ).all()  # fmt: skip
    return [
        _line(
            f"{_day(row.at)}: distress {row.distress if row.distress is not None else 'not said'}"
            f" of 10{'; weighs on her: ' + ', '.join(row.topics) if row.topics else ''}.",
            ("wellbeing_check", row.id, row.at),
        )
        for row in rows
    ]


def _line(text: str, *records: tuple[str, Any, Any]) -> dict[str, Any]:
    return {
        "text": text,
        "records": [
            {"type": kind, "id": str(id), "at": at if isinstance(at, str) else at.isoformat()}
            for kind, id, at in records
        ],
    }


def _name(symptom: str) -> str:
    return knowledge().symptoms[symptom].term


def _day(at: date) -> str:
    return f"{at.day} {at:%B}"
