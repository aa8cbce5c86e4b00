"""The rules in force as people read them: what is asked, what follows, how far it is signed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from service.care.rules import Rule, vocabulary
from service.care.rules.outcome import SEVERITIES, Outcome
from service.care.rules.phrasing import counted_span
from service.care.rules.words import Sentence, condition_words
from service.care.rules_in_force import InForce, origin_of, shipped
from service.clinical import knowledge
from service.clinical.articles import FALLBACK_LANGUAGE
from service.clinical.spans import Span
from service.errors import NotFound

REVIEW_WORDS: Mapping[str, str] = {
    "draft": "draft: not signed by a clinician",
    "unverified": "not traced to a source, not signed by a clinician",
    "project choice": "the project's own choice, not signed by a clinician",
    "verified": "traced to its source, not signed by a clinician",
    "reviewed": "reviewed and signed by a clinician",
}


@lru_cache(maxsize=64)
def rules_shown(held: InForce) -> Mapping[str, Mapping[str, Any]]:
    """Return every rule in force in a clinic by id, in the order of the files."""
    return {
        rule.id: rule_words(rule) | {"origin": origin_of(rule), "own": _own(held, rule.id)}
        for rule in held.rules.by_id.values()
    }


def chosen(
    held: InForce, *, queue: str | None = None, severity: str | None = None,
    review: str | None = None, origin: str | None = None,
) -> Sequence[Mapping[str, Any]]:  # fmt: skip
    """Return the rules that lead to a queue, in a severity, with a sign-off, of an origin.

    ``None`` is any.
    """
    return [
        rule
        for rule in rules_shown(held).values()
        if (queue is None or queue in rule["queues"])
        and (severity is None or severity in rule["severities"])
        and (review is None or review == rule["review"]["status"])
        and (origin is None or origin == rule["origin"])
    ]


def rule_shown(held: InForce, rule_id: str) -> Mapping[str, Any]:
    """Return one rule.

    Raises:
        NotFound: none of this id is in force.
    """
    found = rules_shown(held).get(rule_id)
    if found is None:
        raise NotFound
    return found


def switched_off(held: InForce) -> list[Mapping[str, Any]]:
    """Return the rules of ours that a clinic has switched off, with which version of its own."""
    ours = shipped().rules.by_id
    return [
        {"id": rule, "about": ours[rule].about if rule in ours else rule, "own": _own(held, rule)}
        for rule, row in held.own.items()
        if row.is_off
    ]


def _own(held: InForce, rule: str) -> Mapping[str, Any] | None:
    """Return what is known of a clinic's own version; ``ours`` is that of the project today."""
    row, ours = held.own.get(rule), shipped().rules.by_id.get(rule)
    return row and {
        "draft_id": row.id, "version": row.rule_version, "based_on": row.based_on,
        "ours": ours and ours.version, "since": row.activated_at,
        "is_outdated": bool(ours and row.based_on is not None and ours.version > row.based_on),
    }  # fmt: skip


def rule_words(rule: Rule) -> dict[str, Any]:
    """Return one rule as people read it, in force or not."""
    alerts = [case.outcome.alert for case in rule.cases if case.outcome.alert is not None]
    severities = [one for one in SEVERITIES if any(alert.severity == one for alert in alerts)]
    queues = list(dict.fromkeys(alert.queue for alert in alerts))
    written = rule.data["then"].get("cases", [{}])
    return {
        "id": rule.id,
        "version": rule.version,
        "about": rule.about,
        "severity": severities[0] if severities else None,
        "queue": queues[0] if queues else None,
        "severities": severities,
        "queues": queues,
        "when": _sentence(rule.data["when"]),
        "unless": _sentence(rule.data.get("unless")),
        "cases": [
            {"when": _sentence(row.get("when"))} | _outcome(case.outcome)
            for row, case in zip(written, rule.cases, strict=True)
        ],
        "source": rule.source.strip(),
        "status": rule.status.strip(),
        "note": (rule.data.get("note") or "").strip() or None,
        "review": dict(rule.review) | {"words": REVIEW_WORDS[rule.review["status"]]},
        "file": rule.file,
        "origin": rule.origin,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    alert, guidance = outcome.alert, outcome.guidance
    known = knowledge()
    ladder = known.policy.escalation[alert.severity] if alert else None
    acknowledge = (alert.acknowledge_within if alert else None) or (
        ladder.acknowledge_within if ladder else None
    )
    return {
        "severity": alert and alert.severity,
        "queue": alert and alert.queue,
        "high": bool(alert and alert.high),
        "acknowledge_within": _span(acknowledge),
        "contact_within": _span(alert.contact_within if alert else None),
        "patient_can_snooze": bool(alert and alert.patient_can_snooze),
        "also_tell": list(alert.also_tell) if alert else [],
        "named_contact_required": bool(alert and alert.named_contact_required),
        "guidance": guidance
        and {
            "level": guidance.level,
            "text": guidance.text,
            "title": known.guidance[guidance.text, FALLBACK_LANGUAGE].title,
        },
        "content": [
            {"slug": slug, "title": known.articles[slug, FALLBACK_LANGUAGE].title}
            for slug in outcome.content
        ],
        "reminders": [asdict(reminder) for reminder in outcome.reminders],
        "ask": list(dict.fromkeys([*outcome.ask, *([outcome.next] if outcome.next else [])])),
    }


def _sentence(condition: Mapping[str, Any] | None) -> Sentence | None:
    return None if condition is None else condition_words(condition, vocabulary())


def _span(span: Span | None) -> str | None:
    return None if span is None else counted_span(span)
