"""What became of her requests for a person."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Account, Queue, Role
from service.accounts.patient_ref import PatientRef
from service.care.places import older_than
from service.care.reply_words import KIND_WORDS, QUEUE_WORDS, clock, sentence_case, who
from service.support.models import SupportRequest, SupportStep


def replies_to_requests(
    session: Session, patient: PatientRef, *, queues: Collection[Queue], limit: int,
    last: tuple[datetime, UUID] | None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return what became of what she asked of these queues, newest first; two statements."""
    request = SupportRequest
    found = session.execute(
        sa.select(request, Account.role)
        .outerjoin(Account, Account.id == request.claimed_by)
        .where(
            request.patient_id == patient.id, request.queue.in_(queues),
            request.deleted_at.is_(None),
            older_than(last, at=request.requested_at, id=request.id),
        )
        .order_by(request.requested_at.desc(), request.id.desc())
        .limit(limit)
    ).all()  # fmt: skip
    steps: dict[UUID, list[SupportStep]] = {asked.id: [] for asked, _ in found}
    if found:
        for step in session.scalars(
            sa.select(SupportStep)
            .where(SupportStep.request_id.in_(steps))
            .order_by(SupportStep.at, SupportStep.id)
        ):
            steps[step.request_id].append(step)
    return [_reply(asked, role, steps[asked.id], patient.time_zone) for asked, role in found]


def _reply(
    request: SupportRequest, role: Role | None, steps: Sequence[SupportStep], zone: str
) -> dict[str, Any]:
    somebody = sentence_case(who(role))
    stands = {
        "received": f"It is waiting for {QUEUE_WORDS[request.queue]}.",
        "claimed": f"{somebody} is on it.",
        "contacted": f"{somebody} has been in touch.",
        "closed": "It is closed.",
    }[request.state]
    about = {"type": "support_request", "id": str(request.id)}
    is_closed = request.state == "closed"
    return {
        "id": request.id,
        "about": {"type": "support_request", "records": [about]},
        "alert_id": None,
        "can_decline": False,
        "at": request.requested_at,
        "state": request.state,
        "steps": [
            {
                "at": step.at,
                "role": step.by_role,
                "text": f"{_step_words(step)} at {clock(step.at, zone)}.",
                "reply": None,
            }
            for step in steps
        ],
        "text": f"You asked for {KIND_WORDS[request.kind]}. {stands}",
        "reply": None,
        "next": "You can ask again at any time." if is_closed else "Somebody will be in touch.",
    }


def _step_words(step: SupportStep) -> str:
    somebody = who(step.by_role)
    return {
        "received": "Received",
        "claimed": f"Taken by {somebody}",
        "assigned": "Handed on to a colleague",
        "handed_over": "Handed on to a colleague",
        "tried": f"{sentence_case(somebody)} tried to reach you",
        "contacted": f"{sentence_case(somebody)} reached you",
        "closed": f"Closed by {somebody}",
    }[step.kind]
