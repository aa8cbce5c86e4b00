"""The heard loop: for each thing she reported, who saw it, when, and what happens next."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef
from service.accounts.models import Queue, Role
from service.alerts import queries as alerts
from service.alerts.models import Alert, AlertState, AlertStep
from service.support.models import SupportRequest, SupportStep

_ROLE_WORDS: Mapping[Role, str] = {
    Role.NURSE: "the nurse", Role.PHYSICIAN: "the oncologist",
    Role.SOCIAL_WORKER: "the social worker", Role.CHAPLAIN: "the chaplain",
    Role.COORDINATOR: "the care coordinator", Role.ADMINISTRATOR: "the clinic",
}  # fmt: skip
_QUEUE_WORDS: Mapping[Queue, str] = {
    Queue.NURSING: "the nurses", Queue.SOCIAL_WORK: "the social workers",
    Queue.CHAPLAINCY: "the chaplains", Queue.COORDINATION: "the care coordinators",
}  # fmt: skip
_KIND_WORDS: Mapping[str, str] = {
    "social_worker": "a social worker", "chaplain": "a chaplain",
    "support_group": "a support group", "nurse": "a nurse", "bereavement": "support",
}  # fmt: skip
_NEXT: Mapping[AlertState, str] = {
    AlertState.OPEN: "If you feel worse, do not wait for an answer here: call.",
    AlertState.ACKNOWLEDGED: "They decide what to do next and will be in touch if needed.",
    AlertState.IN_PROGRESS: "They are working on it.",
    AlertState.CLOSED: "Nothing more is planned for this. Report again if it comes back.",
}


def replies_to(session: Session, patient: PatientRef, *, limit: int = 50) -> list[dict[str, Any]]:
    """Return what became of what she reported and asked for, newest first."""
    items = [*_of_alerts(session, patient, limit), *_of_requests(session, patient, limit)]
    items.sort(key=lambda item: item["at"], reverse=True)
    return items[:limit]


def _of_alerts(session: Session, patient: PatientRef, limit: int) -> list[dict[str, Any]]:
    found = alerts.alerts_of(session, patient.id, limit=limit)
    steps: dict[Any, list[AlertStep]] = {alert.id: [] for alert in found}
    if found:
        for step in session.scalars(
            sa.select(AlertStep)
            .where(
                AlertStep.alert_id.in_(steps),
                AlertStep.kind.in_(("acknowledged", "contact_attempt", "closed", "reopened")),
            )
            .order_by(AlertStep.at, AlertStep.id)
        ):
            steps[step.alert_id].append(step)
    reasons = alerts.reasons_of(session, list(steps))
    return [
        {
            "about": {
                "type": "alert",
                "records": [record for reason in reasons[alert.id] for record in reason.records],
            },
            "at": alert.raised_at,
            "state": alert.state.value,
            "steps": _alert_steps(alert, steps[alert.id], patient.time_zone),
            "text": _sentence(alert, steps[alert.id], patient.time_zone),
            "reply": alert.reply_to_patient,
            "next": _NEXT[alert.state],
        }
        for alert in found
        if alert.severity.value != "info"
    ]


def _alert_steps(alert: Alert, steps: Sequence[AlertStep], zone: str) -> list[dict[str, Any]]:
    received = {
        "at": alert.opened_at,
        "role": None,
        "text": f"Received for {_QUEUE_WORDS[alert.queue]}.",
    }
    return [
        received,
        *({"at": s.at, "role": s.by_role, "text": _step_words(s, zone)} for s in steps),
    ]


def _step_words(step: AlertStep, zone: str) -> str:
    who = _who(step.by_role)
    when = _clock(step.at, zone)
    if step.kind == "acknowledged":
        return f"Seen by {who} at {when}."
    if step.kind == "contact_attempt":
        return f"{_sentence_case(who)} {'reached you' if step.detail.get('reached') else 'tried to reach you'} at {when}."
    if step.kind == "reopened":
        return f"Taken up again at {when}."
    return f"Closed by {who} at {when}."


def _sentence(alert: Alert, steps: Sequence[AlertStep], zone: str) -> str:
    if alert.state is AlertState.OPEN or not steps:
        return f"Received. It is waiting for {_QUEUE_WORDS[alert.queue]}."
    return _step_words(steps[-1], zone)


def _of_requests(session: Session, patient: PatientRef, limit: int) -> list[dict[str, Any]]:
    requests = session.scalars(
        sa.select(SupportRequest)
        .where(SupportRequest.patient_id == patient.id, SupportRequest.deleted_at.is_(None))
        .order_by(SupportRequest.change_no.desc())
        .limit(limit)
    ).all()
    steps: dict[Any, list[SupportStep]] = {request.id: [] for request in requests}
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
    last = steps[-1] if steps else None
    asked = _KIND_WORDS[request.kind]
    words = {
        "received": f"You asked for {asked}. It is waiting for {_QUEUE_WORDS[request.queue]}.",
        "claimed": f"You asked for {asked}. {_sentence_case(_who(last.by_role if last else None))} is on it.",
        "contacted": f"You asked for {asked}. {_sentence_case(_who(last.by_role if last else None))} has been in touch.",
        "closed": f"Your request for {asked} is closed.",
    }[request.state]
    return {
        "about": {
            "type": "support_request",
            "records": [{"type": "support_request", "id": str(request.id)}],
        },
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
        "text": words,
        "reply": None,
        "next": "Somebody will be in touch."
        if request.state != "closed"
        else "You can ask again at any time.",
    }


def _who(role: Role | None) -> str:
    return _ROLE_WORDS.get(role, "the care team") if role else "the care team"


def _clock(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M} on {local.day} {local:%B}"


def _sentence_case(words: str) -> str:
    return words[:1].upper() + words[1:]
