"""What became of the alerts her reports raised: who has them, by when she is contacted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Clinic, Queue
from service.accounts.patient_ref import PatientRef
from service.alerts.models import Alert, AlertReason, AlertState, AlertStep, Severity
from service.alerts.rules import can_be_declined
from service.care.places import older_than
from service.care.reply_words import QUEUE_WORDS, by_when, clock, day, each_once, sentence_case, who

# A report of this long has an item of its own, unless an alert speaks for it.
RECENT = timedelta(days=30)
# What an alert went through that is hers to know; who was reminded and escalated to is not.
TOLD_STEPS = ("acknowledged", "contact_attempt", "closed", "snoozed", "declined", "reopened")
_NOTHING_MORE = "Nothing more is planned for this. Report again if it comes back."
_WHEN_CLOSED: Mapping[str | None, str] = {
    "snoozed": "Nothing more is planned while it stays as it is. If it gets worse, report it: "
    "they are told at once.",
    "declined": "Nobody will contact you about this. If you change your mind, ask for somebody "
    "or report again.",
    "not_shared": "You no longer share with your care team, so nobody there sees this. If you need "
    "help, call them.",
}


@dataclass(frozen=True, slots=True)
class Raised:
    """What her recent alerts rest on (``records``, by id), and when they were open (``spans``).

    A span is not over while its end is ``None``.
    """

    records: frozenset[str]
    spans: tuple[tuple[datetime, datetime | None], ...]

    def was_open(self, at: datetime) -> bool:
        """Tell whether somebody had an alert of hers at a moment, or was to take it."""
        return any(start <= at and (end is None or at <= end) for start, end in self.spans)


def replies_to_alerts(
    session: Session, patient: PatientRef, *, now: datetime, queues: Collection[Queue],
    limit: int, last: tuple[datetime, UUID] | None,
) -> tuple[list[dict[str, Any]], Raised]:  # fmt: skip
    """Return what became of her alerts of some queues, newest first, and what all recent rest on.

    Three statements.  What is merely noted for the team is none of these: the report behind it
    has an item of its own.
    """
    found = session.execute(
        sa.select(Alert, Clinic.phones)
        .join(Clinic, Clinic.id == Alert.clinic_id)
        .where(
            Alert.patient_id == patient.id, Alert.severity != Severity.INFO,
            Alert.queue.in_(queues), Alert.is_drill.is_(False),
            older_than(last, at=Alert.raised_at, id=Alert.id),
        )
        .order_by(Alert.raised_at.desc(), Alert.id.desc())
        .limit(limit)
    ).all()  # fmt: skip
    ids = [alert.id for alert, _ in found]
    steps: dict[UUID, list[AlertStep]] = {id: [] for id in ids}
    if ids:
        for step in session.scalars(
            sa.select(AlertStep)
            .where(AlertStep.alert_id.in_(ids), AlertStep.kind.in_(TOLD_STEPS))
            .order_by(AlertStep.at, AlertStep.id)
        ):
            steps[step.alert_id].append(step)
    reasons, raised = _reasons(session, patient.id, ids, since=now - RECENT)
    replies = [
        _reply(alert, steps[alert.id], reasons[alert.id], phones, patient.time_zone, now)
        for alert, phones in found
    ]
    return replies, raised


def _reasons(
    session: Session, patient_id: UUID, ids: Sequence[UUID], *, since: datetime
) -> tuple[dict[UUID, list[AlertReason]], Raised]:
    """Return the reasons of the alerts shown, and of those open at any time since a moment."""
    by_alert: dict[UUID, list[AlertReason]] = {id: [] for id in ids}
    records: set[str] = set()
    spans: dict[UUID, tuple[datetime, datetime | None]] = {}
    is_recent = sa.or_(Alert.state != AlertState.CLOSED, Alert.closed_at >= since)
    for reason, opened_at, closed_at in session.execute(
        sa.select(AlertReason, Alert.opened_at, Alert.closed_at)
        .join(Alert, Alert.id == AlertReason.alert_id)
        .where(
            AlertReason.patient_id == patient_id, Alert.severity != Severity.INFO,
            sa.or_(Alert.id.in_(ids), is_recent),
        )
        .order_by(AlertReason.added_at.desc(), AlertReason.id)
    ):  # fmt: skip
        if reason.alert_id in by_alert:
            by_alert[reason.alert_id].append(reason)
        records |= {str(record["id"]) for record in reason.records}
        spans[reason.alert_id] = (opened_at, closed_at)
    return by_alert, Raised(frozenset(records), tuple(spans.values()))


def _reply(
    alert: Alert, steps: Sequence[AlertStep], reasons: Sequence[AlertReason],
    phones: Mapping[str, str], zone: str, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    queue = QUEUE_WORDS[alert.queue]
    told = [_step(one, zone) for one in steps]
    waiting = alert.state is AlertState.OPEN or not told
    received = {
        "at": alert.opened_at, "role": None, "text": f"Received for {queue}.", "reply": None,
    }  # fmt: skip
    said = [one["reply"] for one in told if one["reply"]]
    return {
        "id": alert.id,
        "about": {
            "type": "alert",
            "records": each_once(record for reason in reasons for record in reason.records),
        },
        "alert_id": alert.id,
        "can_decline": can_be_declined(alert, reasons),
        "at": alert.raised_at,
        "state": alert.state.value,
        "steps": [received, *told],
        "text": f"Received. It is waiting for {queue}." if waiting else told[-1]["text"],
        "reply": said[-1] if said else alert.reply_to_patient,
        "next": _next(alert, phones, zone, now),
    }


def _next(alert: Alert, phones: Mapping[str, str], zone: str, now: datetime) -> str:
    """Say what happens next; nothing is promised that was promised before and not kept."""
    call = f"call {phones['crisis_line' if alert.needs_named_contact else 'oncology_line']}"
    if alert.state is AlertState.CLOSED:
        return _WHEN_CLOSED.get(alert.outcome, _NOTHING_MORE)
    is_open = alert.state is AlertState.OPEN
    promised = alert.contact_by if not alert.has_been_contacted else None
    due = alert.acknowledge_by if is_open else promised
    if due is not None and due < now:
        return f"They are late. If you need help now, {call}."
    if is_open:
        return f"If you feel worse, do not wait for an answer here: {call}."
    if promised is not None:
        return f"They will contact you {by_when(promised, now=now, zone=zone)}."
    if alert.state is AlertState.ACKNOWLEDGED:
        return "They decide what to do next and will be in touch if needed."
    return "They are working on it."


def _step(step: AlertStep, zone: str) -> dict[str, Any]:
    return {
        "at": step.at, "role": step.by_role, "text": _step_words(step, zone),
        "reply": step.detail.get("reply"),
    }  # fmt: skip


def _step_words(step: AlertStep, zone: str) -> str:
    # Notes and reasons of the staff stay among them: only who, when and what she is told.
    somebody, when = who(step.by_role), clock(step.at, zone)
    if step.kind == "contact_attempt":
        tried = "reached you" if step.detail.get("reached") else "tried to reach you"
        return f"{sentence_case(somebody)} {tried} at {when}."
    if step.kind == "snoozed":
        until = day(datetime.fromisoformat(step.detail["until"]), zone)
        return (
            f"{sentence_case(somebody)} knows about it. Until {until} they are told again only if "
            "it gets worse."
        )
    if step.detail.get("outcome") == "not_shared":
        return f"Closed at {when}: you no longer share with your care team."
    return {
        "acknowledged": f"Seen by {somebody} at {when}.",
        "declined": f"You said at {when} that you need nobody for this.",
        "reopened": f"Taken up again at {when}.",
        "closed": f"Closed by {somebody} at {when}.",
    }[step.kind]
