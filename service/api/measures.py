"""Routes: how well the clinic answers."""

from typing import Any
from zoneinfo import ZoneInfo

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.measures import queries
from service.measures.schemas import MeasuresOut, MeasuresQuery

blp = ApiBlueprint("measures", __name__, description="How well the clinic answers")


@blp.route("/measures")
@allow(Topic.MEASURES, Do.READ)
@blp.arguments(MeasuresQuery, location="query")
@blp.response(200, MeasuresOut)
def read_measures(args: dict[str, Any], *, call: Call) -> Any:
    """Read completion, alert rate, times to acknowledge and close, adherence, who falls behind."""
    assert call.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    clinic = people.clinic(call.session, call.viewer.clinic_id)
    return queries.measures(
        call.session, clinic.id, first=args["first"], last=args["last"],
        today=call.now.astimezone(ZoneInfo(clinic.time_zone)).date(),
    )  # fmt: skip
