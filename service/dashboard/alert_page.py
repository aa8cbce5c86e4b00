"""What the page of one alert is made of."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from service.accounts import queries as people
from service.accounts.models import Role
from service.alerts.models import Alert, AlertReason, AlertState
from service.alerts.rules import rank_of
from service.care import alert_view
from service.care.rules import rule_set
from service.dashboard.access import Visit
from service.dashboard.formatting import (
    OUTCOME_WORDS,
    ROLE_WORDS,
    WAY_WORDS,
    plain,
    record_words,
    value_words,
)  # fmt: skip
from service.wire import moment_text

_STEPS: Mapping[str, str] = {
    "opened": "Opened", "joined": "Something new came in", "acknowledged": "Taken",
    "assigned": "Handed to", "contact_attempt": "Tried to reach her", "closed": "Closed",
    "reopened": "Opened again", "reminded": "Nobody had answered: reminded",
    "escalated": "Nobody had answered: told", "contact_overdue": "Contact overdue: told",
    "record_corrected": "She corrected a report behind this",
    "record_deleted": "She took back a report behind this",
}  # fmt: skip


def rows(visit: Visit, alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """Return alerts as rows of a list, in their order."""
    shown = alert_view.shown(visit.session, alerts)
    return [_with_clock(one, alert) for one, alert in zip(shown, alerts, strict=True)]


def in_full(visit: Visit, alert: Alert) -> dict[str, Any]:
    """Return one alert as its page shows it: reasons, the most pressing first, and history."""
    shown = alert_view.in_full(visit.session, alert)
    told = {_told(step) for step in shown["history"]} - {None}
    names = people.names_of(visit.session, {id for id in told if id is not None})
    return _with_clock(shown, alert) | {
        "reasons": [_reason(reason) for reason in _pressing_first(shown["reasons"])],
        "history": [_step(step, names) for step in shown["history"]],
    }


def seen_mark(alert: Alert) -> str:
    """Return what a form carries to say which state of the alert its reader has seen."""
    return moment_text(alert.raised_at)


def person_words(person: Mapping[str, Any] | None, viewer_id: UUID) -> str:
    """Return somebody by name and role; the viewer is "you"."""
    if person is None:
        return "the clock"
    if person["id"] == viewer_id:
        return "you"
    return f"{person['display_name']} ({ROLE_WORDS[Role(person['role'])]})"


def _with_clock(shown: dict[str, Any], alert: Alert) -> dict[str, Any]:
    """Add which clock runs: until somebody takes it, then until she is contacted."""
    due, waits_for = None, ""
    if alert.state is AlertState.OPEN:
        due, waits_for = _take_by(alert, shown["reasons"]), "to take it"
    elif alert.state is not AlertState.CLOSED and not alert.has_been_contacted:
        due, waits_for = alert.contact_by, "to contact her"
    return shown | {
        "reasons": _pressing_first(shown["reasons"]),
        "due": due,
        "waits_for": waits_for,
        "seen": seen_mark(alert),
        "was_reached": alert.has_been_contacted,
    }


def _take_by(alert: Alert, reasons: Sequence[AlertReason]) -> datetime | None:
    """Return the deadline of what is most severe: an old mild reason must not hide its clock."""
    deadlines = [
        reason.acknowledge_by
        for reason in reasons
        if reason.severity is alert.severity
        and reason.acknowledged_at is None
        and reason.acknowledge_by is not None
    ]
    return min(deadlines, default=alert.acknowledge_by)


def _pressing_first(reasons: Sequence[AlertReason]) -> list[AlertReason]:
    newest = sorted(reasons, key=lambda reason: reason.added_at, reverse=True)
    return sorted(newest, key=lambda reason: rank_of(reason.severity, reason.priority))


def _reason(reason: AlertReason) -> dict[str, Any]:
    rule = rule_set().by_id.get(reason.rule)
    return {
        "about": rule.about if rule else reason.rule,
        "rule": reason.rule,
        "version": reason.rule_version,
        "severity": reason.severity,
        "text": reason.text,
        "values": [value_words(name, value) for name, value in reason.given.items()],
        "records": [
            {"what": record_words(record["type"]), "at": datetime.fromisoformat(record["at"])}
            for record in reason.records
        ],
        "added_at": reason.added_at,
        "acknowledge_by": reason.acknowledge_by if reason.acknowledged_at is None else None,
        "contact_by": reason.contact_by,
        "was_taken": reason.acknowledged_at is not None,
    }


def _step(step: Mapping[str, Any], names: Mapping[UUID, Any]) -> dict[str, Any]:
    detail, told = step["detail"], _told(step)
    words = _STEPS.get(step["kind"], plain(step["kind"]))
    if detail.get("reached"):
        words = "Reached her"
    if told is not None and told in names:
        words = f"{words} {names[told].display_name}"
    elif "to" in detail:
        words = "Nobody had answered, and nobody was there to be told"
    return {"at": step["at"], "by": step["by"], "words": words, "lines": _lines(detail)}


def _lines(detail: Mapping[str, Any]) -> list[str]:
    lines = []
    if "how" in detail:
        reached = "she was reached" if detail["reached"] else "she was not reached"
        lines.append(f"{WAY_WORDS.get(detail['how'], detail['how'])}: {reached}.")
    if "outcome" in detail:
        lines.append(f"{OUTCOME_WORDS.get(detail['outcome'], detail['outcome'])}.")
    lines += [detail[name] for name in ("action", "note") if detail.get(name)]
    if detail.get("reply"):
        lines.append(f"Reply to her: {detail['reply']}")
    return lines


def _told(step: Mapping[str, Any]) -> UUID | None:
    to = step["detail"].get("to")
    return UUID(to) if to else None
