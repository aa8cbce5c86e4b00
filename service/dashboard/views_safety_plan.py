"""Her safety plan: read, written with her, printed."""

from flask import Response, make_response, redirect, request

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.clinical import knowledge
from service.dashboard import forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.dashboard.safety_plan_page import plan_in_words
from service.errors import Outdated
from service.wellbeing import safety_plans

_MOST = 4_000
_NEWER = (
    "Somebody has written a newer plan since you opened this page. Read it, then add what you "
    "have written below."
)
_EMPTY = "Write at least one thing."
_TOO_LONG = "Please write less than 4,000 characters under each heading."


@allow(Topic.SAFETY_PLAN, Do.READ)
def show_plan(*, visit: Visit) -> Response:
    """Show her safety plan, and the form to write it with her."""
    return _plan_page(visit)


@allow(Topic.SAFETY_PLAN, Do.WRITE)
def write_plan(*, visit: Visit) -> Response:
    """Write her safety plan; the one before is kept."""
    patient = people.lock_patient(visit.session, visit.patient.id)
    sections = {
        one.key: forms.text_of(one.key, most=_MOST + 1) for one in knowledge().plan_headings
    }
    if any(len(text) > _MOST for text in sections.values()):
        return _plan_page(visit, status=422, refusal=_TOO_LONG)
    seen = forms.text_of("seen")
    try:
        safety_plans.write_plan(
            visit.session, visit.viewer, patient.id, sections=sections,
            headings=knowledge().plan_headings, now=visit.now,
            if_number=int(seen) if seen.isascii() and seen.isdigit() else None,
        )  # fmt: skip
    except Outdated:
        return _plan_page(visit, status=409, refusal=_NEWER)
    except safety_plans.PlanUnusable:
        return _plan_page(visit, status=422, refusal=_EMPTY)
    return make_response(redirect(f"/patients/{patient.id}/safety-plan?saved=yes", 303))


def _plan_page(visit: Visit, *, status: int = 200, refusal: str | None = None) -> Response:
    return page(
        "safety_plan", status=status, patient=visit.patient,
        plan=plan_in_words(visit, visit.patient),
        refusal=refusal, typed=forms.typed() if refusal else {},
        saved=bool(request.args.get("saved")), may_see_patient=visit.frame.may(Topic.PROFILE),
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    Route("/patients/<uuid:patient_id>/safety-plan", "safety_plan", show_plan),
    Route("/patients/<uuid:patient_id>/safety-plan", "write_safety_plan", write_plan, POST),
)
