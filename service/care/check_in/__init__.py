"""Today's check-in: the short form she is asked to fill in, made anew from her picture.

What is asked, in the order of how much it matters, at most twelve symptoms:

1. what a rule asks for,
2. what was there last time (grade 1 or more, or present), the worst first,
3. what her treatments can bring,
4. a few others whose turn has come.

Of each kind, what has not been answered for longest comes first, so what is cut today comes
before what was answered today the next time.  Beside the symptoms stand the warning signs, always,
and what her treatments make worth measuring.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Role
from service.accounts.patient_ref import PatientRef
from service.care.check_in.form import asked_items, questionnaires_due, red_flags_for
from service.care.check_in.last import answered_on, same_as_last
from service.care.guidance import team_notice
from service.care.picture import Picture
from service.care.respond import picture_of
from service.care.rules_in_force import rules_of
from service.clinical import knowledge

_ASKING = frozenset({"ask"})


def check_in_for(
    session: Session, viewer: Viewer, patient: PatientRef, *, now: datetime
) -> dict[str, Any]:
    """Return today's form; nothing is asked of somebody whose care has ended.

    One statement beside those that say who is calling, however long her history.
    """
    plan = knowledge().check_in
    today = patient.local_date(now)
    form: dict[str, Any] = {
        "day": today, "version": plan.version, "items": [], "measures": [], "red_flags": [],
        "questionnaires": [], "ask_safe_now": False, "same_as_last": None,
        "answered_today": False, "team_notice": team_notice(session, patient),
    }  # fmt: skip
    if patient.care_status.has_ended:
        return form
    picture = picture_of(session, patient, now=now)
    findings = rules_of(session, patient).evaluate(picture, purposes=_ASKING)
    items = asked_items(picture, findings, plan, wants=patient.information_preferences)
    form |= {
        "items": items,
        "measures": _measures(picture),
        "red_flags": red_flags_for(picture),
        "same_as_last": same_as_last(picture, items, plan),
        "answered_today": answered_on(picture, today),
    }
    if viewer.role is not Role.CAREGIVER:
        # How she feels is asked of nobody in her place.
        asked = {word for finding in findings for word in finding.outcome.ask}
        form |= {
            "questionnaires": questionnaires_due(findings),
            "ask_safe_now": "safe_now" in asked,
        }
    return form


def _measures(picture: Picture) -> list[dict[str, Any]]:
    """Return what is worth measuring, and the treatment that makes it so."""
    found: dict[str, dict[str, Any]] = {}
    for effect, measure in knowledge().check_in.measures.items():
        for course in picture.courses.get(f"effect:{effect}", ()):
            days = picture.windows.effect_days.get(effect, picture.windows.treatment_days)
            if course.counts(within_days=days, planned=False):
                because = {"text": f"You are {course.words}.", "records": [course.record.as_json()]}
                found.setdefault(measure, {"measure": measure, "because": because})
    return list(found.values())
