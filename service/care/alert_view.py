"""Alerts as they are shown: with the names of the people in them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.models import Patient
from service.alerts import queries as alerts
from service.alerts.models import Alert, AlertReason

_PLAIN = (
    "id", "severity", "priority", "queue", "state", "opened_at", "raised_at", "due_at",
    "acknowledge_by", "contact_by", "unanswered_since", "is_drill", "escalated_at",
    "acknowledged_at", "needs_named_contact", "closed_at", "outcome", "action", "contact_made",
    "note", "reply_to_patient", "safety_plan", "version",
)  # fmt: skip


def shown(session: Session, found: Sequence[Alert]) -> list[dict[str, Any]]:
    """Return alerts with patient, reasons and names: three statements however many they are."""
    reasons = alerts.reasons_of(session, [alert.id for alert in found])
    names = people.names_of(
        session,
        {
            id
            for alert in found
            for id in (alert.escalated_to, alert.acknowledged_by, alert.assignee_id)
            if id is not None
        },
    )
    patients = _patients(session, {alert.patient_id for alert in found})
    return [
        {
            **{name: getattr(alert, name) for name in _PLAIN},
            "patient": {"id": alert.patient_id, "display_name": patients[alert.patient_id]},
            "reasons": reasons[alert.id],
            "rules": _rules(reasons[alert.id]),
            "escalated_to": person(names, alert.escalated_to),
            "acknowledged_by": person(names, alert.acknowledged_by),
            "assignee": person(names, alert.assignee_id),
        }
        for alert in found
    ]


def in_full(session: Session, alert: Alert) -> dict[str, Any]:
    """Return one alert with every step of answering it."""
    steps = alerts.steps_of(session, alert.id)
    names = people.names_of(session, {step.by for step in steps if step.by is not None})
    history = [
        {
            "at": step.at,
            "kind": step.kind,
            "by": person(names, step.by),
            "detail": step.detail,
        }
        for step in steps
    ]
    snoozed_until, suppressed = alerts.snoozed(session, alert)
    return shown(session, [alert])[0] | {
        "snoozed_until": snoozed_until,
        "suppressed": suppressed,
        "history": history,
        "contact_attempts": [step for step in history if step["kind"] == "contact_attempt"],
    }


def person(names: Mapping[UUID, Any], id: UUID | None) -> dict[str, Any] | None:
    """Return somebody by name and role, ``None`` for nobody."""
    if id is None or id not in names:
        return None
    row = names[id]
    return {"id": id, "display_name": row.display_name, "role": row.role.value}


def _rules(reasons: Sequence[AlertReason]) -> list[str]:
    return list(dict.fromkeys(reason.rule for reason in reasons))


def _patients(session: Session, ids: set[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    rows = session.execute(sa.select(Patient.id, Patient.display_name).where(Patient.id.in_(ids)))
    return {row.id: row.display_name for row in rows}
