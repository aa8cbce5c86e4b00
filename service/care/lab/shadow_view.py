"""What rules in shadow have noted, for people: counts, and for some also of whom."""

from typing import Any

from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.care.lab.asking import sees_patients
from service.care.lab.report import SEVERITIES, coarse
from service.rulebook import queries
from service.rulebook.models import RuleDraft


def shadow_shown(session: Session, viewer: Viewer, row: RuleDraft) -> dict[str, Any]:
    """Return what a draft in shadow would have raised since, beside the version in force.

    Small numbers are hidden from those who see no patients.
    """
    counts: dict[str, int] = dict.fromkeys(
        ("alerts", "in_force", "both", "only_shadow", "only_in_force"), 0
    )
    severities: dict[str, int] = dict.fromkeys(SEVERITIES, 0)
    for found in queries.shadow_figures(session, row.id):
        counts["alerts"] += found.number if found.spoke else 0
        counts["in_force"] += found.number if found.in_force_too else 0
        both = found.spoke and found.in_force_too
        side = "both" if both else "only_shadow" if found.spoke else "only_in_force"
        counts[side] += found.number
        if found.spoke and found.severity is not None:
            severities[found.severity] += found.number
    figures: dict[str, Any] = {**counts, "by_severity": severities}
    shown = figures if sees_patients(viewer) else coarse(figures)
    return {"since": row.shadow_since, **shown}
