"""The heard loop: for each thing she reported, who saw it, when, and what happens next."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef
from service.accounts.models import Queue, Role
from service.alerts import queries as alerts
from service.alerts.models import Alert, AlertReason, AlertState, AlertStep, Severity
from service.support.models import SupportRequest, SupportStep

_ROLE_WORDS: Mapping[Role | None, str] = {
    Role.NURSE: "the nurse", Role.PHYSICIAN: "the oncologist",
    Role.SOCIAL_WORKER: "the social worker", Role.CHAPLAIN: "the chaplain",
    Role.COORDINATOR: "the care coordinator", Role.ADMINISTRATOR: "the clinic",
}  # fmt: skip
QUEUE_WORDS: Mapping[Queue, str] = {
    Queue.NURSING: "the nurses", Queue.SOCIAL_WORK: "the social workers",
    Queue.CHAPLAINCY: "the chaplains", Queue.COORDINATION: "the care coordinators",
}  # fmt: skip
KIND_WORDS: Mapping[str, str] = {
    "social_worker": "a social worker", "chaplain": "a chaplain",
    "support_group": "a support group", "nurse": "a nurse", "bereavement": "support",
}  # fmt: skip
_NEXT: Mapping[AlertState, str] = {
    AlertState.OPEN: "If you feel worse, do not wait for an answer here: call.",
    AlertState.ACKNOWLEDGED: "They decide what to do next and will be in touch if needed.",
    AlertState.IN_PROGRESS: "They are working on it.",
    AlertState.CLOSED: "Nothing more is planned for this. Report again if it comes back.",
}
# What an alert went through that is hers to know; who was reminded and escalated to is not.
_TOLD_STEPS = ("acknowledged", "contact_attempt", "closed", "reopened")


def replies_to(session: Session, patient: PatientRef, *, limit: int = 50) -> list[dict[str, Any]]:
    """Return what became of what she reported and asked for, newest first."""
    items = [*_of_alerts(session, patient, limit), *_of_requests(session, patient, limit)]
    items.sort(key=lambda item: item["at"], reverse=True)
    return items[:limit]


def _of_alerts(session: Session, patient: PatientRef, limit: int) -> list[dict[str, Any]]:
    found = alerts.alerts_of(session, patient.id, limit=limit)
    steps: dict[UUID, list[AlertStep]] = {alert.id: [] for alert in found}
    if found:
        for step in session.scalars(
            sa.select(AlertStep)
            .where(AlertStep.alert_id.in_(steps), AlertStep.kind.in_(_TOLD_STEPS))
            .order_by(AlertStep.at, AlertStep.id)
        ):
            steps[step.alert_id].append(step)
    reasons = alerts.reasons_of(session, list(steps))
    return [
        _alert_reply(alert, steps[alert.id], reasons[alert.id], patient.time_zone)
        for alert in found
        if alert.severity is not Severity.INFO
    ]


def _alert_reply(
    alert: Alert, steps: Sequence[AlertStep], reasons: Sequence[AlertReason], zone: str
) -> dict[str, Any]:
    queue = QUEUE_WORDS[alert.queue]
    received = {"at": alert.opened_at, "role": None, "text": f"Received for {queue}."}
    told = [{"at": one.at, "role": one.by_role, "text": _step_words(one, zone)} for one in steps]
    waiting = alert.state is AlertState.OPEN or not told
    return {
        "about": {
            "type": "alert",
            "records": _each_once(record for reason in reasons for record in reason.records),
        },
        "at": alert.raised_at,
        "state": alert.state.value,
        "steps": [received, *told],
        "text": f"Received. It is waiting for {queue}." if waiting else told[-1]["text"],
        "reply": alert.reply_to_patient,
        "next": _NEXT[alert.state],
    }


def _step_words(step: AlertStep, zone: str) -> str:
    who, when = _who(step.by_role), _clock(step.at, zone)
    if step.kind == "contact_attempt":
        tried = "reached you" if step.detail.get("reached") else "tried to reach you"
        return f"{_sentence_case(who)} {tried} at {when}."
    return {
        "acknowledged": f"Seen by {who} at {when}.",
        "reopened": f"Taken up again at {when}.",
        "closed": f"Closed by {who} at {when}.",
    }[step.kind]


def _of_requests(session: Session, patient: PatientRef, limit: int) -> list[dict[str, Any]]:
    requests = session.scalars(
        sa.select(SupportRequest)
        .where(SupportRequest.patient_id == patient.id, SupportRequest.deleted_at.is_(None))
        .order_by(SupportRequest.change_no.desc())
        .limit(limit)
    ).all()
    steps: dict[UUID, list[SupportStep]] = {request.id: [] for request in requests}
    if requests:
        for step in session.scalars(
            sa.select(SupportStep)
            .where(SupportStep.request_id.in_(steps))
            .order_by(SupportStep.at, SupportStep.id)
        ):
            steps[step.request_id].append(step)
    return [_request_reply(request, steps[request.id], patient.time_zone) for request in requests]


def _request_reply(
    request: SupportRequest, steps: Sequence[SupportStep], zone: str
) -> dict[str, Any]:
    who = _sentence_case(_who(steps[-1].by_role if steps else None))
    stands = {
        "received": f"It is waiting for {QUEUE_WORDS[request.queue]}.",
        "claimed": f"{who} is on it.",
        "contacted": f"{who} has been in touch.",
        "closed": "It is closed.",
    }[request.state]
    about = {"type": "support_request", "id": str(request.id)}
    is_closed = request.state == "closed"
    return {
        "about": {"type": "support_request", "records": [about]},
        "at": request.requested_at,
        "state": request.state,
        "steps": [
            {
                "at": step.at,
                "role": step.by_role,
                "text": f"{_sentence_case(step.kind)} at {_clock(step.at, zone)}.",
            }
            for step in steps
        ],
        "text": f"You asked for {KIND_WORDS[request.kind]}. {stands}",
        "reply": None,
        "next": "You can ask again at any time." if is_closed else "Somebody will be in touch.",
    }


def _each_once(records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({(record["type"], record["id"]): record for record in records}.values())


def _who(role: Role | None) -> str:
    return _ROLE_WORDS.get(role, "the care team")


def _clock(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M} on {local.day} {local:%B}"


def _sentence_case(words: str) -> str:
    return words[:1].upper() + words[1:]
