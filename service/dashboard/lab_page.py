"""What the pages of the laboratory are made of: a version, its words, its difference, its tries."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.accounts.models import Role
from service.care import alert_view
from service.care.lab import asking
from service.care.lab.refusals import RuleUnusable
from service.care.lab.shadow_view import shadow_shown
from service.care.lab.texts import NEVER_OFF, read_rule, text_of
from service.care.rules import Rule
from service.care.rules_in_force import InForce
from service.care.rules_shown import rule_words
from service.content.rules import changes
from service.dashboard import charts
from service.dashboard.access import Visit
from service.rulebook import queries
from service.rulebook.models import LabRun, RuleDraft

STATE_WORDS: Mapping[str, str] = {
    "waiting": "Waits for its turn", "running": "Under way", "done": "Done",
    "failed": "Failed", "stopped": "Stopped",
}  # fmt: skip
SIDE_WORDS: Mapping[str, str] = {
    "": "All", "draft": "Only the draft", "in_force": "Only what is in force", "both": "Both",
    "missed": "What would have been missed",
}  # fmt: skip
_CLINICIANS = frozenset({Role.NURSE, Role.PHYSICIAN, Role.SOCIAL_WORKER})
_RUNS, _VERSIONS = 10, 50


def of_draft(visit: Visit, held: InForce, row: RuleDraft) -> dict[str, Any]:
    """Return everything the page of one version shows."""
    viewer = visit.viewer
    ours = held.rules.by_id.get(row.rule)
    rule, fault = tried(row)
    asked = rule or ours
    runs = queries.runs(visit.session, row.clinic_id, limit=_RUNS, subject_id=row.id)[:_RUNS]
    versions = queries.drafts(visit.session, row.clinic_id, limit=_VERSIONS, rule=row.rule)
    writes = visit.frame.may(Topic.LAB, Do.WRITE)
    is_mine = row.written_by == viewer.account_id
    stands = row.status in {"draft", "shadow"}
    is_clinician = writes and viewer.role in _CLINICIANS
    return {
        "draft": row, "rule": rule and rule_words(rule), "fault": fault,
        "lines": difference(ours, row, rule), "ours": ours, "versions": versions[:_VERSIONS],
        "runs": [asking.run_shown(viewer, run) for run in runs],
        "shadow": shadow_shown(visit.session, viewer, row) if row.shadow_since else None,
        "may_write": writes, "is_mine": is_mine,
        "edits": writes and is_mine and row.status == "draft",
        "may_activate": is_clinician and not is_mine and stands, "stands": stands,
        "may_retire": (is_clinician or (is_mine and stands and writes)) and row.status != "retired",
        "is_silence": asked is not None and "silence" in asked.reads,
        "who": people_of(visit, versions), "never_off": row.rule.startswith(NEVER_OFF),
    }  # fmt: skip


def people_of(visit: Visit, rows: Sequence[RuleDraft]) -> Any:
    """Return what names whoever wrote, activated or retired one of these versions."""
    ids = {id for row in rows for id in (row.written_by, row.activated_by, row.retired_by) if id}
    names = people.names_of(visit.session, ids)
    return lambda id: alert_view.person(names, id)


def tried(row: RuleDraft) -> tuple[Rule | None, str | None]:
    """Return the rule a version says, or what is wrong with it; neither if it switches off."""
    if row.is_off:
        return None, None
    try:
        return read_rule(row.text, version=row.rule_version), None
    except RuleUnusable as bad:
        return None, bad.errors[0][1]


def difference(ours: Rule | None, row: RuleDraft, rule: Rule | None) -> Sequence[Any]:
    """Return line by line what a version changes in the rule in force; nothing without one.

    Both are written out in one way first, so that only what they say differs; numbers of versions
    always do.
    """
    if ours is None or rule is None or row.status == "active":
        return []
    return changes(text_of(ours, numbered=False), text_of(rule, numbered=False))


def charts_of(report: Mapping[str, Any]) -> list[Markup]:
    """Draw alerts a week, once as it would have been and once as it was, on one scale."""
    weeks = report["weeks"]
    known = [week[side] for week in weeks for side in ("draft", "in_force") if week[side]]
    if len(weeks) < 2 or not known:
        return []
    most = max(known)
    return [
        _chart(weeks, side, title, most)
        for side, title in (("in_force", "Alerts a week, the rule in force"),
                            ("draft", "Alerts a week, the version tried"))
    ]  # fmt: skip


def _chart(weeks: Sequence[Mapping[str, Any]], side: str, title: str, most: int) -> Markup:
    days = [date.fromisoformat(week["week"]) for week in weeks]
    values = [week[side] for week in weeks]
    shown = [value for value in values if value is not None]
    least, top = (min(shown), max(shown)) if shown else (0, 0)
    half = [(most / 2, f"{most / 2:g}")] if most > 1 else []
    return charts.draw(
        charts.Chart(
            id=f"weeks-{side.replace('_', '-')}", title=title, first=days[0], last=days[-1],
            points=list(zip(days, values, strict=True)), marks=[], least=0, most=most,
            levels=[(0, "0"), *half, (most, str(most))],
            description=f"From {least} to {top} alerts a week.",
        )
    )  # fmt: skip


def run_of(visit: Visit, run: LabRun) -> dict[str, Any]:
    """Return what the page of one run shows."""
    shown = asking.run_shown(visit.viewer, run)
    report = shown["report"]
    return {
        "run": shown, "charts": charts_of(report) if report and run.kind == "replay" else [],
        "sees": asking.sees_patients(visit.viewer), "states": STATE_WORDS, "sides": SIDE_WORDS,
        "may_write": visit.frame.may(Topic.LAB, Do.WRITE),
    }  # fmt: skip
