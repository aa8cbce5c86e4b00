"""Routes: who answers for what, in which order, when; and who is away."""

from typing import Any
from uuid import UUID

from service.accounts import absence_actions as absences
from service.accounts import roster_actions as actions
from service.accounts import roster_lists as queries
from service.accounts.access import Do, Topic
from service.accounts.staff_schemas import (
    AbsenceIn,
    AbsenceOut,
    AbsencesOut,
    RosterIn,
    RosterOut,
    RosterPatch,
    RosterQuery,
    RostersOut,
)  # fmt: skip
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint, Problem
from service.api.staff import clinic_of
from service.api.versions import if_version

blp = ApiBlueprint("rosters", __name__, description="Who answers, and who is away")


@blp.route("/rosters")
@allow(Topic.ROSTER, Do.READ)
@blp.arguments(RosterQuery, location="query")
@blp.response(200, RostersOut)
def list_rosters(args: dict[str, Any], *, call: Call) -> Any:
    """List rosters, each in its order, and who is on duty now."""
    duty = args["duty"]
    duties = actions.DUTIES if duty is None else (duty,)
    return {
        "items": queries.entries_of(call.session, clinic_of(call), duty),
        "on_duty_now": queries.on_duty_now(call.session, clinic_of(call), duties, now=call.now),
    }


@blp.route("/rosters", methods=["POST"])
@allow(Topic.ROSTER, Do.WRITE)
@blp.arguments(RosterIn)
@blp.response(201, RosterOut)
def add_to_roster(body: dict[str, Any], *, call: Call) -> Any:
    """Put somebody on a roster, for always or for a shift."""
    duty, position = body.pop("duty"), body.pop("position", None)
    return actions.add_entry(
        call.session, clinic_of(call), duty=duty, values=body, position=position
    )


@blp.route("/rosters/<uuid:entry_id>", methods=["PATCH"])
@allow(Topic.ROSTER, Do.WRITE)
@blp.versioned
@blp.arguments(RosterPatch)
@blp.response(200, RosterOut)
def change_roster(changes: dict[str, Any], entry_id: UUID, *, call: Call) -> Any:
    """Change a shift, whose it is, or its place; the others move."""
    return actions.change_entry(
        call.session, clinic_of(call), entry_id, changes, if_version=if_version()
    )


@blp.route("/rosters/<uuid:entry_id>", methods=["DELETE"])
@allow(Topic.ROSTER, Do.WRITE)
@blp.versioned
@blp.response(204)
def take_off_roster(entry_id: UUID, *, call: Call) -> None:
    """Take an entry off its roster."""
    actions.remove_entry(call.session, clinic_of(call), entry_id, if_version=if_version())


@blp.route("/absences")
@allow(Topic.ROSTER, Do.READ)
@blp.response(200, AbsencesOut)
def list_absences(*, call: Call) -> Any:
    """List absences that are not over."""
    return {"items": queries.absences_of(call.session, clinic_of(call), now=call.now)}


@blp.route("/absences", methods=["POST"])
@allow(Topic.ROSTER, Do.WRITE)
@blp.arguments(AbsenceIn)
@blp.response(201, AbsenceOut)
def add_absence(body: dict[str, Any], *, call: Call) -> Any:
    """Note that somebody is away, and who stands in."""
    return absences.add_absence(
        call.session, clinic_of(call), entered_by=call.viewer.account_id, now=call.now, **body
    )


@blp.route("/absences/<uuid:absence_id>", methods=["DELETE"])
@allow(Topic.ROSTER, Do.WRITE)
@blp.response(204)
@blp.alt_response(409, schema=Problem, description="It is over")
def end_absence(absence_id: UUID, *, call: Call) -> None:
    """Take back an absence that is ahead, or end the one that runs."""
    absences.end_absence(call.session, clinic_of(call), absence_id, now=call.now)
