"""Routes: what helps when it gets unbearable."""

from typing import Any

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.api.versions import if_version
from service.clinical import knowledge
from service.wellbeing import safety_plans
from service.wellbeing.models import SafetyPlan
from service.wellbeing.safety_plan_schemas import PlanVersions, SafetyPlanIn, SafetyPlanOut

blp = ApiBlueprint("safety-plans", __name__, description="What helps when it gets unbearable")


@blp.route("/patients/<pid:pid>/safety-plan")
@allow(Topic.SAFETY_PLAN, Do.READ)
@blp.response(200, SafetyPlanOut)
def read_safety_plan(*, call: Call) -> Any:
    """Read her safety plan, with the headings and the numbers to call."""
    return _shown(call, safety_plans.current_plan(call.session, call.patient.id))


@blp.route("/patients/<pid:pid>/safety-plan", methods=["PUT"])
@allow(Topic.SAFETY_PLAN, Do.WRITE)
@blp.arguments(SafetyPlanIn)
@blp.versioned
@blp.response(200, SafetyPlanOut)
def write_safety_plan(body: dict[str, Any], *, call: Call) -> Any:
    """Write her safety plan; `If-Match` names the number of the one that was read."""
    plan = safety_plans.write_plan(
        call.session, call.viewer, call.patient.id, sections=body["sections"],
        headings=knowledge().plan_headings, if_number=if_version(), now=call.now,
    )  # fmt: skip
    return _shown(call, plan)


@blp.route("/patients/<pid:pid>/safety-plan/history")
@allow(Topic.SAFETY_PLAN, Do.READ)
@blp.response(200, PlanVersions)
def read_safety_plan_history(*, call: Call) -> Any:
    """Read every version of her safety plan, the newest first."""
    return {"items": safety_plans.plans_of(call.session, call.patient.id)}


def _shown(call: Call, plan: SafetyPlan | None) -> dict[str, Any]:
    phones = people.clinic(call.session, call.patient.clinic_id).phones
    return {
        "number": plan.number if plan else 0,
        "sections": plan.sections if plan else {},
        "made_at": plan.made_at if plan else None,
        "by_role": plan.by_role if plan else None,
        "headings": knowledge().plan_headings,
        "crisis_line": phones.get("crisis_line"),
        "emergency_number": phones.get("emergency_number"),
    }
