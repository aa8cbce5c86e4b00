"""Her safety plan as pages show it: her own words by heading, and the numbers to call."""

from typing import Any
from uuid import UUID

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.accounts.patient_ref import PatientRef
from service.clinical import knowledge
from service.dashboard.access import Visit
from service.wellbeing import safety_plans


def safety_plan_of(visit: Visit, patient_id: UUID) -> dict[str, Any] | None:
    """Return her plan for a page that is about something else, and log that it was seen.

    ``None`` for whom the access table does not let see it.
    """
    if not visit.frame.may(Topic.SAFETY_PLAN):
        return None
    patient = visit.log_by_id(patient_id, Topic.SAFETY_PLAN, Do.READ)
    return plan_in_words(visit, patient)


def plan_in_words(visit: Visit, patient: PatientRef) -> dict[str, Any]:
    """Return her plan; ``number`` is 0 and nothing is written where there is none yet."""
    plan = safety_plans.current_plan(visit.session, patient.id)
    phones = people.clinic(visit.session, patient.clinic_id).phones
    said = plan.sections if plan else {}
    return {
        "patient_id": patient.id,
        "number": plan.number if plan else 0,
        "made_at": plan.made_at if plan else None,
        "by_role": plan.by_role if plan else None,
        "headings": [
            {"key": one.key, "title": one.title, "hint": one.hint, "text": said.get(one.key, "")}
            for one in knowledge().plan_headings
        ],
        "crisis_line": phones.get("crisis_line"),
        "emergency_number": phones.get("emergency_number"),
        "oncology_line": phones.get("oncology_line"),
        "may_write": visit.frame.may(Topic.SAFETY_PLAN, Do.WRITE),
    }
