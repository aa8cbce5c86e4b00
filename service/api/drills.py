"""Routes: cases made up to see whether somebody answers."""

from typing import Any
from uuid import UUID

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, page
from service.api.problems import ApiBlueprint, Problem
from service.care import drill_score, drills
from service.care.drill_schemas import DrillEndIn, DrillIn, DrillOut, DrillPage, Scenarios
from service.clinical import knowledge

blp = ApiBlueprint("drills", __name__, description="Cases made up to see whether somebody answers")


@blp.route("/drills/scenarios")
@allow(Topic.DRILLS, Do.READ)
@blp.response(200, Scenarios)
def list_scenarios(*, call: Call) -> Any:
    """List the cases that can be made up."""
    return {"items": list(knowledge().drills.values())}


@blp.route("/drills")
@allow(Topic.DRILLS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, DrillPage)
def list_drills(args: dict[str, Any], *, call: Call) -> Any:
    """List the clinic's drills and what came of them, the latest first."""
    assert call.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    found = drill_score.drills_page(
        call.session, call.viewer.clinic_id, limit=args["limit"], last=after(args["cursor"])
    )
    rows, cursor = page(found, limit=args["limit"], position=lambda row: (row.started_at, row.id))
    return {"items": drill_score.scored(call.session, rows, now=call.now), "next_cursor": cursor}


@blp.route("/drills", methods=["POST"])
@allow(Topic.DRILLS, Do.WRITE)
@blp.arguments(DrillIn)
@blp.response(201, DrillOut)
@blp.alt_response(409, schema=Problem, description="Too many run at once")
def start_drill(body: dict[str, Any], *, call: Call) -> Any:
    """Let a made-up patient report what the case says."""
    drill = drills.start(call.session, call.viewer, scenario=body["scenario"], now=call.now)
    call.session.flush()
    return drill_score.scored(call.session, [drill], now=call.now)[0]


@blp.route("/drills/<uuid:drill_id>/end", methods=["POST"])
@allow(Topic.DRILLS, Do.WRITE)
@blp.arguments(DrillEndIn)
@blp.response(200, DrillOut)
@blp.alt_response(409, schema=Problem, description="It has ended")
def end_drill(_body: dict[str, Any], drill_id: UUID, *, call: Call) -> Any:
    """End a drill; what is still open of it tells nobody any more."""
    drill = drills.end(call.session, call.viewer, drill_id, now=call.now)
    call.session.flush()
    return drill_score.scored(call.session, [drill], now=call.now)[0]
