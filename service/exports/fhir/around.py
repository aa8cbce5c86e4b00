"""What stands around her care: appointments, messages, consents, alerts, and who looked."""

from typing import Any

from service.exports.csv_rows import text
from service.exports.fhir.values import (
    Context,
    Resource,
    account,
    concept,
    is_buried,
    moment,
    notes,
    period,
)  # fmt: skip
from service.exports.reading import Row

_AT_A_TIME = frozenset({"appointment", "scan", "other"})
_REMINDER = {"suggested": "draft", "active": "active", "declined": "revoked", "ended": "completed"}
_MESSAGE = {"pending": "preparation", "sent": "completed", "dead": "stopped"}
_REQUEST = {
    "received": "requested", "claimed": "accepted", "contacted": "in-progress",
    "closed": "completed",
}  # fmt: skip
_ACTION = {"read": "R", "write": "U"}
_CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_IN_ERROR = "entered-in-error"


def appointment(row: Row, context: Context) -> Resource | None:
    """An event at a time.  A result or a milestone is no appointment: ``None``."""
    if row["kind"] not in _AT_A_TIME:
        return None
    at = moment(row["starts_at"])
    found: Resource = {
        "resourceType": "Appointment",
        "status": _IN_ERROR if is_buried(row) else "booked",
        "description": row["title"],
        # R4 wants both or neither; how long it takes is not known.
        "start": at,
        "end": at,
        "participant": [{"actor": context.her, "status": "accepted"}],
    }
    return found | ({"comment": row["notes"]} if row["notes"] else {})


def reminder(row: Row, context: Context) -> Resource:
    """What she is to be reminded of."""
    return {
        "resourceType": "CommunicationRequest",
        "status": _IN_ERROR if is_buried(row) else _REMINDER.get(row["status"], "unknown"),
        "category": [concept("reminder", row["kind"])],
        "subject": context.her,
        "recipient": [context.her],
        "payload": [{"contentString": row["title"]}],
        "authoredOn": moment(row["received_at"]),
    }


def message(row: Row, context: Context) -> Resource:
    """A message about her, to her or somebody else."""
    found: Resource = {
        "resourceType": "Communication",
        "status": _MESSAGE.get(row["state"], "not-done"),
        "category": [concept("message", row["kind"])],
        "medium": [concept("channel", row["channel"])],
        "subject": context.her,
        "recipient": [account(row["recipient_id"])],
        "payload": [{"contentString": row["title"]}],
    }
    return found | ({"sent": moment(row["sent_at"])} if row["sent_at"] is not None else {})


def question(row: Row, context: Context) -> Resource:
    """A question of hers for the next visit, with its answer."""
    said = [row["text"], *([row["answer"]] if row["answer"] else [])]
    return _said(row, context, "question", said, row["asked_at"])


def note(row: Row, context: Context) -> Resource:
    """A note of her care team."""
    return _said(row, context, "care-note", [row["text"]], row["written_at"])


def consent(row: Row, context: Context) -> Resource:
    """What she said to one purpose."""
    status = "active" if row["given"] else "rejected"
    if row["superseded_at"] is not None:
        status = "inactive"
    policy = f"urn:waymark:consent-text:{row['purpose']}:{row['text_version']}"
    return _consent(context, status, row["purpose"], row["at"], policy)


def grant(row: Row, context: Context) -> Resource:
    """What she lets one of her family see."""
    status = "active" if row["revoked_at"] is None else "inactive"
    found = _consent(context, status, "family", row["granted_at"], "urn:waymark:grant")
    role = concept("role", "caregiver")
    found["provision"] = {"actor": [{"role": role, "reference": account(row["account_id"])}]}
    if row["until"] is not None:
        found["provision"]["period"] = period(None, row["until"])
    return found


def alert(row: Row, context: Context) -> Resource:
    """What her care team was alerted to."""
    return {
        "resourceType": "Flag",
        "status": "inactive" if row["closed_at"] is not None else "active",
        "category": [concept("queue", row["queue"])],
        "code": concept("severity", row["severity"]),
        "subject": context.her,
        "period": period(row["opened_at"], row["closed_at"]),
    }


def support_request(row: Row, context: Context) -> Resource:
    """Whom she asked for."""
    found: Resource = {
        "resourceType": "Task",
        "status": _IN_ERROR if is_buried(row) else _REQUEST.get(row["state"], "requested"),
        "intent": "proposal",
        "code": concept("support-request", row["kind"]),
        "for": context.her,
        "authoredOn": moment(row["requested_at"]),
    }
    return found | ({"note": notes(row["message"])} if row["message"] else {})


def look(row: Row, context: Context) -> Resource:
    """One look at her record, or change of it."""
    found: Resource = {
        "resourceType": "AuditEvent",
        "type": {"system": "urn:waymark:topic", "code": row["topic"]},
        "recorded": moment(row["at"]),
        "agent": [
            {
                "who": account(row["account_id"]),
                "role": [concept("role", row["role"])],
                "requestor": True,
            }
        ],
        "source": {"observer": {"display": "Waymark"}},
        "entity": [{"what": context.her}],
    }
    action = text(row["action"])
    return found | ({"action": _ACTION[action]} if action in _ACTION else {})


def _said(row: Row, context: Context, kind: str, said: list[str], at: Any) -> Resource:
    return {
        "resourceType": "Communication",
        "status": _IN_ERROR if is_buried(row) else "completed",
        "category": [concept("said", kind)],
        "subject": context.her,
        "payload": [{"contentString": one} for one in said],
        "sent": moment(at),
        "sender": account(row["entered_by"]),
    }


def _consent(context: Context, status: str, purpose: str, at: Any, policy: str) -> Resource:
    return {
        "resourceType": "Consent",
        "status": status,
        "scope": {"coding": [{"system": _CONSENT_SCOPE, "code": "patient-privacy"}]},
        "category": [concept("purpose", purpose)],
        "patient": context.her,
        "dateTime": moment(at),
        "policyRule": {"coding": [{"system": "urn:ietf:rfc:3986", "code": policy}]},
    }
