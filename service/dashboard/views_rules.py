"""The rules in force, to be read."""

from collections.abc import Mapping

from flask import Response

from service.accounts.access import Do, Topic
from service.accounts.models import Queue
from service.alerts.models import Severity
from service.care.lab.texts import NEVER_OFF
from service.care.rules.outcome import QUEUES, SEVERITIES
from service.care.rules_in_force import InForce, held_in
from service.care.rules_shown import (
    REVIEW_WORDS,
    chosen,
    rule_shown,
    rules_shown,
    switched_off,
)  # fmt: skip
from service.dashboard import forms
from service.dashboard.access import Visit, allow
from service.dashboard.formatting import QUEUE_WORDS, SEVERITY_WORDS
from service.dashboard.pages import page
from service.dashboard.routing import Route
from service.ids import new_id
from service.rulebook.queries import drafts

LEVEL_WORDS: Mapping[str, str] = {
    "none": "Nothing", "self_care": "What she can do herself", "call_today": "Call today",
    "call_now": "Call now", "emergency": "Call the ambulance", "crisis": "Call the crisis line",
}  # fmt: skip
ORIGIN_WORDS: Mapping[str, str] = {
    "waymark": "Waymark's", "site": "this site's", "clinic": "your clinic's own",
}  # fmt: skip
STATUS_WORDS: Mapping[str, str] = {
    "draft": "Draft", "shadow": "In shadow", "active": "In force", "retired": "Out of use",
}  # fmt: skip
_VERSIONS = 50
QUEUE_CHOICES = {queue: QUEUE_WORDS[Queue(queue)] for queue in QUEUES}
SEVERITY_CHOICES = {severity: SEVERITY_WORDS[Severity(severity)] for severity in SEVERITIES}


@allow(Topic.RULES, Do.READ)
def show_rules(*, visit: Visit) -> Response:
    """List the rules in force."""
    held = held_by(visit)
    which = {
        "queue": _choice("queue", QUEUE_CHOICES),
        "severity": _choice("severity", SEVERITY_CHOICES),
        "review": _choice("review", REVIEW_WORDS),
        "origin": _choice("origin", ORIGIN_WORDS),
    }
    return page(
        "rules", rules=chosen(held, **which), which=which, queues=QUEUE_CHOICES,
        severities=SEVERITY_CHOICES, reviews=REVIEW_WORDS, unsigned=len(_unsigned(held)),
        total=len(rules_shown(held)), origins=ORIGIN_WORDS, broken=held.broken,
        switched_off=switched_off(held),
    )  # fmt: skip


@allow(Topic.RULES, Do.READ)
def show_rule(*, visit: Visit, rule_id: str) -> Response:
    """Show one rule: what it asks, what follows, where it comes from."""
    held = held_by(visit)
    versions = drafts(visit.session, visit.viewer.clinic_id, rule=rule_id, limit=_VERSIONS)
    return page(
        "rule", rule=rule_shown(held, rule_id), queues=QUEUE_CHOICES, severities=SEVERITY_CHOICES,
        level_words=LEVEL_WORDS, origins=ORIGIN_WORDS, versions=versions[:_VERSIONS],
        statuses=STATUS_WORDS, may_write=visit.frame.may(Topic.LAB, Do.WRITE),
        never_off=rule_id.startswith(NEVER_OFF), key=str(new_id()),
    )  # fmt: skip


def held_by(visit: Visit) -> InForce:
    """Return what holds in the clinic of whoever looks; staff have one."""
    assert visit.viewer.clinic_id is not None  # noqa: S101 - tells mypy, not a check
    return held_in(visit.session, visit.viewer.clinic_id)


def _unsigned(held: InForce) -> list[str]:
    return [id for id, rule in rules_shown(held).items() if rule["review"]["status"] != "reviewed"]


def _choice(name: str, choices: Mapping[str, str]) -> str | None:
    given = forms.asked(name)
    return given if given in choices else None


ROUTES: tuple[Route, ...] = (
    Route("/rules", "rules", show_rules),
    Route("/rules/<rule_id>", "rule", show_rule),
)
