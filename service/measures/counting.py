"""Counting one week of one clinic: four questions to the database, however many patients."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.consent_texts import CARE_TEAM
from service.accounts.models import CareStatus, Patient
from service.accounts.sharing import consented_to
from service.alerts.models import Alert, AlertHold, AlertReason, AlertStep, Severity
from service.journey.models import AwayPeriod
from service.measures import rules
from service.symptoms.models import SymptomReport
from service.treatments.models import Dose

_ROWS_AT_ONCE = 2_000
# Closed by nobody of the team, so that closing them took nobody any time.
_NOT_ANSWERED = frozenset({"deceased", "declined", "drill_ended", "heard_again", "not_shared"})


class Week(NamedTuple):
    """One week of one clinic: Monday to Sunday on its own clock."""

    clinic_id: UUID
    monday: date
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, clinic_id: UUID, monday: date, time_zone: str) -> "Week":
        """Return the week that begins on a Monday."""
        starts, ends = (
            datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)
            for day in (monday, monday + timedelta(days=7))
        )
        return cls(clinic_id, monday, starts, ends)


def count(session: Session, week: Week, *, now: datetime) -> dict[str, Any]:
    """Return the figures of a week as far as they are known now."""
    return {
        **_reporting(session, week),
        **_alerts(session, week, now),
        **_held_back(session, week),
        "doses": _doses(session, week, now),
    }


def _reporting(session: Session, week: Week) -> dict[str, Any]:
    """Count who was expected to report and who did, and by group."""
    reports = (
        sa.select(sa.func.count())
        .where(
            SymptomReport.patient_id == Patient.id, SymptomReport.at >= week.starts_at,
            SymptomReport.at < week.ends_at, SymptomReport.deleted_at.is_(None),
        )
        .scalar_subquery()
    )  # fmt: skip
    away = sa.exists().where(
        AwayPeriod.patient_id == Patient.id,
        AwayPeriod.deleted_at.is_(None),
        AwayPeriod.starts_on <= week.monday,
        sa.or_(AwayPeriod.ends_on.is_(None), AwayPeriod.ends_on >= week.monday + timedelta(days=6)),
    )
    expected = (
        sa.select(
            Patient.birth_year, Patient.locale, Patient.joined_at, reports.label("reports"),
            away.label("away"),
        )
        .where(
            Patient.clinic_id == week.clinic_id, Patient.joined_at < week.ends_at,
            Patient.is_drill.is_(False), consented_to(CARE_TEAM),
            Patient.care_status.in_((CareStatus.ACTIVE, CareStatus.HOSPICE)),
        )
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )  # fmt: skip
    total: dict[str, Any] = {"patients": 0, "reported": 0, "reports": 0, "groups": {}}
    for row in session.execute(expected):
        if row.away and not row.reports:
            continue
        reported = int(row.reports > 0)
        total["patients"] += 1
        total["reported"] += reported
        total["reports"] += row.reports
        for kind, name in (
            ("age", rules.age_band(row.birth_year, week.monday.year)),
            ("language", row.locale.partition("-")[0]),
            ("time_with_us", rules.time_with_us(row.joined_at, week.ends_at)),
        ):
            pair = total["groups"].setdefault(kind, {}).setdefault(name, [0, 0])
            pair[0] += 1
            pair[1] += reported
    return total


def _alerts(session: Session, week: Week, now: datetime) -> dict[str, Any]:
    """Count the alerts opened in the week by queue and severity, drills apart."""
    taken = (
        sa.select(sa.func.min(AlertStep.at))
        .where(AlertStep.alert_id == Alert.id, AlertStep.kind == "acknowledged")
        .scalar_subquery()
    )
    due = (
        sa.select(sa.func.min(AlertReason.acknowledge_by))
        .where(AlertReason.alert_id == Alert.id)
        .scalar_subquery()
    )
    opened = (
        sa.select(
            Alert.queue, Alert.severity, Alert.opened_at, Alert.closed_at, Alert.outcome,
            Alert.is_drill, taken.label("taken_at"), due.label("due_at"),
        )
        .where(
            Alert.clinic_id == week.clinic_id, Alert.opened_at >= week.starts_at,
            Alert.opened_at < week.ends_at,
        )
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )  # fmt: skip
    found: dict[str, Any] = {"alerts": {}, "drills": {}, "declined": 0}
    for row in session.execute(opened):
        kind = "drills" if row.is_drill else "alerts"
        name = f"{row.queue.value}.{row.severity.value}"
        _note_alert(found[kind].setdefault(name, _no_alerts()), row, now)
        found["declined"] += row.outcome == "declined" and not row.is_drill
    return found


def _no_alerts() -> dict[str, Any]:
    return {
        "opened": 0, "due": 0, "in_time": 0, "taken": rules.no_times(),
        "closed": rules.no_times(), "open": 0,
    }  # fmt: skip


def _note_alert(cell: dict[str, Any], row: Any, now: datetime) -> None:
    cell["opened"] += 1
    if row.severity is Severity.INFO:
        return
    was_answered = row.outcome not in _NOT_ANSWERED
    # One that was over before anybody had to have it says nothing about how fast people are.
    is_due = row.due_at is not None and (row.taken_at or row.due_at <= (row.closed_at or now))
    if is_due:
        cell["due"] += 1
        cell["in_time"] += row.taken_at is not None and row.taken_at <= row.due_at
    if row.taken_at is not None:
        cell["taken"][rules.class_of(row.taken_at - row.opened_at)] += 1
    if row.closed_at is None:
        cell["open"] += 1
    elif was_answered:
        cell["closed"][rules.class_of(row.closed_at - row.opened_at)] += 1


def _held_back(session: Session, week: Week) -> dict[str, int]:
    row = session.execute(
        sa.select(
            sa.func.count().label("snoozed"),
            sa.func.coalesce(sa.func.sum(AlertHold.suppressed), 0).label("suppressed"),
        )
        .join(Alert, Alert.id == AlertHold.alert_id)
        .where(
            AlertHold.clinic_id == week.clinic_id, AlertHold.started_at >= week.starts_at,
            AlertHold.started_at < week.ends_at, Alert.is_drill.is_(False),
        )
    ).one()  # fmt: skip
    return {"snoozed": row.snoozed, "suppressed": int(row.suppressed)}


def _doses(session: Session, week: Week, now: datetime) -> Mapping[str, Any]:
    """Count the doses due in the week by what became of them, the missed ones by reason."""
    rows = session.execute(
        sa.select(Dose.status, Dose.reason, sa.func.count().label("number"))
        .join(Patient, Patient.id == Dose.patient_id)
        .where(
            Patient.clinic_id == week.clinic_id, Patient.is_drill.is_(False),
            consented_to(CARE_TEAM),
            Dose.due_at >= week.starts_at, Dose.due_at < min(week.ends_at, now),
            Dose.deleted_at.is_(None),
        )
        .group_by(Dose.status, Dose.reason)
    )  # fmt: skip
    doses: dict[str, Any] = {"taken": 0, "missed": 0, "held": 0, "expected": 0, "reasons": {}}
    for row in rows:
        doses[row.status] += row.number
        if row.status == "missed":
            doses["reasons"][row.reason or "not_said"] = row.number
    return doses
