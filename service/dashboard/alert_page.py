"""What the page of one alert is made of."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.accounts import queries as people
from service.accounts.access import Viewer
from service.accounts.models import Role
from service.alerts.models import Alert, AlertHold, AlertReason, AlertState
from service.alerts.rules import rank_of
from service.care import alert_view
from service.care.rules import RuleSet
from service.care.rules_in_force import in_force
from service.dashboard.access import Visit
from service.dashboard.formatting import (
    OUTCOME_WORDS,
    ROLE_WORDS,
    WAY_WORDS,
    Words,
    plain,
    record_words,
    value_words,
)  # fmt: skip
from service.wire import moment_text

# Rules about silence alone: nobody knows how she is.
_WELFARE = frozenset({"SYM-MISS"})
# Rules whose repeats are never held back: a sign that cannot wait, a life in danger.
_NEVER_SNOOZED = ("EM-", "SI-")
_STEPS: Mapping[str, str] = {
    "opened": "Opened", "joined": "Something new came in", "acknowledged": "Taken",
    "assigned": "Handed to", "contact_attempt": "Tried to reach her", "closed": "Closed",
    "reopened": "Opened again", "reminded": "Nobody had answered: reminded",
    "escalated": "Nobody had answered: told", "contact_overdue": "Contact overdue: told",
    "record_corrected": "She corrected a report behind this",
    "record_deleted": "She took back a report behind this",
    "snoozed": "Snoozed", "declined": "She said that she needs nobody",
    "handed_over": "Handed over to", "taken_over": "Taken over from",
    "nobody_left": "Nobody had answered, and everybody there is had been told",
    "heard_again": "She reported the same again",
    "not_shared": "She no longer shares her record: this stays until somebody has closed it",
}  # fmt: skip


def rows(visit: Visit, alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """Return alerts as rows of a list, in their order."""
    shown = alert_view.shown(visit.session, alerts)
    return [_with_clock(one, alert) for one, alert in zip(shown, alerts, strict=True)]


def in_full(visit: Visit, alert: Alert) -> dict[str, Any]:
    """Return one alert as its page shows it: reasons, the most pressing first, and history."""
    shown = alert_view.in_full(visit.session, alert)
    named = {_named(step) for step in shown["history"]} - {None}
    names = people.names_of(visit.session, {id for id in named if id is not None})
    holder = shown["assignee"] or shown["acknowledged_by"]
    clinic = people.clinic(visit.session, alert.clinic_id)
    rules = in_force(visit.session, clinic.id, clinic.rules_release).rules
    return _with_clock(shown, alert) | {
        "reasons": [_reason(reason, rules) for reason in _pressing_first(shown["reasons"])],
        "history": [_step(step, names, visit.frame.words) for step in shown["history"]],
        "holder": holder,
        "colleague": holder if colleague_with(alert, visit.viewer) else None,
        "why_no_snooze": why_no_snooze(alert, shown["rules"]),
        "holds": _holds(visit, alert),
        "safety_plan": alert.safety_plan,
    }


def colleague_with(alert: Alert, viewer: Viewer) -> UUID | None:
    """Return the colleague who has taken an alert, or was handed one taken; else ``None``."""
    if alert.state not in (AlertState.ACKNOWLEDGED, AlertState.IN_PROGRESS):
        return None
    holder = alert.assignee_id or alert.acknowledged_by
    return None if holder == viewer.account_id else holder


def why_no_snooze(alert: Alert, rules: Sequence[str]) -> str | None:
    """Return why an alert cannot be snoozed, in words; ``None`` if it can."""
    if alert.needs_named_contact:
        return "An alert about suicidal thoughts is never snoozed."
    if any(rule.startswith(_NEVER_SNOOZED) for rule in rules):
        return "One of its reasons is an emergency sign, and those are never snoozed."
    return None


def seen_mark(alert: Alert) -> str:
    """Return what a form carries to say which state of the alert its reader has seen.

    When it was last raised, and who had it.
    """
    holder = alert.assignee_id or alert.acknowledged_by
    return f"{moment_text(alert.raised_at)} {holder.hex if holder else ''}".strip()


def parts_of(seen: str) -> tuple[str, str]:
    """Return when an alert was last raised and who had it, from a mark."""
    raised, _space, holder = seen.partition(" ")
    return raised, holder


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
        "is_drill": alert.is_drill,
        "unanswered_since": alert.unanswered_since,
        "is_welfare": bool(shown["rules"]) and set(shown["rules"]) <= _WELFARE,
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


def _reason(reason: AlertReason, rules: RuleSet) -> dict[str, Any]:
    rule = rules.by_id.get(reason.rule)
    return {
        "about": rule.about if rule else reason.rule,
        "rule": reason.rule,
        "version": reason.rule_version,
        "severity": reason.severity,
        "text": reason.text,
        "values": [value_words(name, value) for name, value in reason.given.items()],
        "records": [
            {"what": _record_words(record), "at": datetime.fromisoformat(record["at"])}
            for record in reason.records
        ],
        "added_at": reason.added_at,
        "acknowledge_by": reason.acknowledge_by if reason.acknowledged_at is None else None,
        "contact_by": reason.contact_by,
        "was_taken": reason.acknowledged_at is not None,
    }


def _record_words(record: Mapping[str, Any]) -> str:
    words = record_words(record["type"])
    return f"{words} by her family" if "reported_by" in record else words


def _holds(visit: Visit, alert: Alert) -> list[dict[str, Any]]:
    """Return what of the alert is snoozed just now: until when, and why."""
    rows = visit.session.scalars(
        sa.select(AlertHold).where(
            AlertHold.patient_id == alert.patient_id, AlertHold.queue == alert.queue,
            AlertHold.ended_at.is_(None), AlertHold.until > visit.now,
        ).order_by(AlertHold.until)
    )  # fmt: skip
    # All the reasons of an alert are snoozed together: their last day says it for all.
    return list({row.reason: {"until": row.until, "reason": row.reason} for row in rows}.values())


def _step(step: Mapping[str, Any], names: Mapping[UUID, Any], words: Words) -> dict[str, Any]:
    detail, named = step["detail"], _named(step)
    said = _STEPS.get(step["kind"], plain(step["kind"]))
    if detail.get("reached"):
        said = "Reached her"
    if named is not None and named in names:
        said = f"{said} {names[named].display_name}"
    elif "to" in detail:
        said = "Nobody had answered, and nobody was there to be told"
    return {"at": step["at"], "by": step["by"], "words": said, "lines": _lines(detail, words)}


def _lines(detail: Mapping[str, Any], words: Words) -> list[str]:
    lines = []
    if detail.get("until"):
        until = words.local(datetime.fromisoformat(detail["until"]))
        lines.append(f"Until {words.day(until.date())}, {until:%H:%M}.")
    if "how" in detail:
        reached = "she was reached" if detail["reached"] else "she was not reached"
        lines.append(f"{WAY_WORDS.get(detail['how'], detail['how'])}: {reached}.")
    if "outcome" in detail:
        lines.append(f"{OUTCOME_WORDS.get(detail['outcome'], detail['outcome'])}.")
    lines += [detail[name] for name in ("action", "reason", "note") if detail.get(name)]
    if detail.get("reply"):
        lines.append(f"Reply to her: {detail['reply']}")
    return lines


def _named(step: Mapping[str, Any]) -> UUID | None:
    somebody = step["detail"].get("to") or step["detail"].get("from")
    return UUID(somebody) if somebody else None
