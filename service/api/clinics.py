"""Routes: the clinic itself, its hours and numbers."""

from typing import Any
from uuid import UUID

from service.accounts import queries
from service.accounts.access import Do, Topic
from service.accounts.clinic_actions import change_clinic
from service.accounts.staff_schemas import ClinicFullOut, ClinicIn, ClinicsOut, kept_holidays
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint, Problem
from service.api.staff import clinic_of
from service.api.versions import if_version
from service.errors import NotFound

blp = ApiBlueprint("clinics", __name__, description="The clinic: hours, holidays, numbers")


@blp.route("/clinics")
@allow(Topic.CLINIC, Do.READ)
@blp.response(200, ClinicsOut)
def list_clinics(*, call: Call) -> Any:
    """List the clinics one works for: one's own."""
    return {"items": [queries.clinic(call.session, clinic_of(call))]}


@blp.route("/clinics/<uuid:clinic_id>", methods=["PATCH"])
@allow(Topic.CLINIC, Do.WRITE)
@blp.versioned
@blp.arguments(ClinicIn)
@blp.response(200, ClinicFullOut)
@blp.alt_response(409, schema=Problem, description="Another clinic has this name")
def change_own_clinic(changes: dict[str, Any], clinic_id: UUID, *, call: Call) -> Any:
    """Change the clinic's name, zone, hours, holidays or numbers.

    Clocks that run are not rewritten: what comes in from now on goes by the new hours.
    """
    if clinic_id != clinic_of(call):
        raise NotFound
    if "holidays" in changes:
        changes["holidays"] = kept_holidays(changes["holidays"])
    return change_clinic(call.session, clinic_id, changes, if_version=if_version())
