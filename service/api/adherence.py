"""The route of adherence."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.records import find
from service.treatments.adherence_queries import adherence_to, days_asked
from service.treatments.adherence_schemas import AdherenceOut, AdherenceQuery
from service.treatments.models import Treatment

blp = ApiBlueprint("adherence", __name__, description="How a course of treatment was kept to")


@blp.route("/patients/<pid:pid>/treatments/<uuid:treatment_id>/adherence")
@allow(Topic.TREATMENTS, Do.READ)
@blp.arguments(AdherenceQuery, location="query")
@blp.response(200, AdherenceOut)
def read_adherence(args: dict[str, Any], treatment_id: UUID, *, call: Call) -> Any:
    """Read what became of a treatment's doses, for the course and for each cycle."""
    treatment = find(call.session, Treatment, call.patient.id, treatment_id)
    first, last = days_asked(
        call.patient, treatment, since=args["since"], until=args["until"], now=call.now
    )
    found = adherence_to(
        call.session, call.patient, treatment, first=first, last=last, now=call.now
    )
    return {
        "treatment_id": treatment_id, "since": first, "until": last, **asdict(found.course),
        "cycles": [
            {
                "number": cycle.number, "starts_on": cycle.starts_on, "ends_on": cycle.ends_on,
                **asdict(cycle.figures),
            }
            for cycle in found.cycles
        ],
    }  # fmt: skip
