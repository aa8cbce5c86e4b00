"""Routes: a clinic's own versions of rules, tried on its history before they come into force."""

from typing import Any
from uuid import UUID

from flask import Response, request

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import BadCursor, PageArgs, after, cursor_of, page, place_in
from service.api.problems import ApiBlueprint, Problem
from service.api.repeats import key_given, minds_key_itself
from service.api.versions import if_version
from service.audit.actions import log_listed
from service.care.lab import asking, drafting
from service.care.lab.runner import bytes_of
from service.care.lab.shadow_view import shadow_shown
from service.care.lab.texts import Said
from service.errors import NotAllowed, NotFound
from service.ids import derived_id, new_id
from service.rulebook import queries
from service.rulebook.schemas import (
    FindingQuery,
    LabFindingPage,
    LabRunOut,
    LabRunPage,
    RuleDraftIn,
    RuleDraftOut,
    RuleDraftPage,
    RuleDraftPatch,
    RuleDraftQuery,
    RuleReplayIn,
    RuleReplayOut,
    RuleShadowIn,
    RuleShadowOut,
    RunQuery,
)

blp = ApiBlueprint("lab", __name__, description="Trying rules on history")

_DRAFT = "/rules/drafts/<uuid:draft_id>"
_STEP = "/rules/<uuid:draft_id>"
_RUN = "/lab/runs/<uuid:run_id>"
_MOST_PLACE = 2**31


@blp.route("/rules", methods=["POST"])
@allow(Topic.RULES, Do.WRITE)
@blp.arguments(RuleDraftIn)
@blp.response(201, RuleDraftOut)
@blp.alt_response(200, schema=RuleDraftOut, description="Written already")
@blp.alt_response(409, schema=Problem, description="It must not be off, or the id is used")
def write_rule(said: dict[str, Any], *, call: Call) -> Any:
    """Begin a version of a rule of the clinic's own, as a draft; it is compiled at once."""
    what = Said(said["text"], said["off"], said["why"])
    is_new = drafting.write(call.session, call.viewer, what, id=said["id"], now=call.now)
    row = queries.draft(call.session, call.viewer.clinic_id, said["id"])
    return row, 201 if is_new else 200


@blp.route("/rules/drafts")
@allow(Topic.RULES, Do.READ)
@blp.arguments(RuleDraftQuery, location="query")
@blp.arguments(PageArgs, location="query")
@blp.response(200, RuleDraftPage)
def list_rule_drafts(which: dict[str, Any], args: dict[str, Any], *, call: Call) -> Any:
    """List the clinic's own versions of rules, in force or not, newest first."""
    rows = queries.drafts(
        call.session, call.viewer.clinic_id, limit=args["limit"], last=after(args["cursor"]),
        **which,
    )  # fmt: skip
    rows, cursor = page(rows, limit=args["limit"], position=lambda row: (row.written_at, row.id))
    return {"items": rows, "next_cursor": cursor}


@blp.route(_DRAFT)
@allow(Topic.RULES, Do.READ)
@blp.response(200, RuleDraftOut)
def read_rule_draft(draft_id: UUID, *, call: Call) -> Any:
    """Read one version of a rule of the clinic's own."""
    return queries.draft(call.session, call.viewer.clinic_id, draft_id)


@blp.route(_DRAFT, methods=["PATCH"])
@allow(Topic.RULES, Do.WRITE)
@blp.arguments(RuleDraftPatch(partial=True))
@blp.versioned
@blp.response(200, RuleDraftOut)
@blp.alt_response(409, schema=Problem, description="It is no draft, or somebody else's")
def change_rule_draft(changes: dict[str, Any], draft_id: UUID, *, call: Call) -> Any:
    """Change the text of a draft; it is compiled at once."""
    return drafting.change(
        call.session, call.viewer, draft_id, changes, if_version=if_version(), now=call.now
    )


@blp.route(f"{_STEP}/shadow", methods=["POST"])
@allow(Topic.LAB, Do.WRITE)
@blp.arguments(RuleShadowIn)
@blp.versioned
@blp.response(200, RuleDraftOut)
@blp.alt_response(409, schema=Problem, description="It is in force, or out of use")
def set_shadow(said: dict[str, Any], draft_id: UUID, *, call: Call) -> Any:
    """Let a draft be asked at every report and only noted, or end that."""
    return drafting.set_shadow(
        call.session, call.viewer, draft_id, on=said["on"], if_version=if_version(), now=call.now
    )


@blp.route(f"{_STEP}/shadow")
@allow(Topic.LAB, Do.READ)
@blp.response(200, RuleShadowOut)
def read_shadow(draft_id: UUID, *, call: Call) -> Any:
    """Read what a draft in shadow would have raised, beside the version in force."""
    row = queries.draft(call.session, call.viewer.clinic_id, draft_id)
    return shadow_shown(call.session, call.viewer, row)


@blp.route(f"{_STEP}/activate", methods=["POST"])
@allow(Topic.RULES, Do.WRITE)
@blp.versioned
@blp.response(200, RuleDraftOut)
@blp.alt_response(409, schema=Problem, description="The caller wrote it, or it is no draft")
def activate_rule(draft_id: UUID, *, call: Call) -> Any:
    """Bring a version into force that somebody else wrote; who answers alerts may."""
    return drafting.activate(
        call.session, call.viewer, draft_id, if_version=if_version(), now=call.now
    )


@blp.route(f"{_STEP}/retire", methods=["POST"])
@allow(Topic.RULES, Do.WRITE)
@blp.versioned
@blp.response(200, RuleDraftOut)
@blp.alt_response(409, schema=Problem, description="It is out of use already")
def retire_rule(draft_id: UUID, *, call: Call) -> Any:
    """Take a version out of use; the project's or the site's rule holds again."""
    return drafting.retire(
        call.session, call.viewer, draft_id, if_version=if_version(), now=call.now
    )


@blp.route(f"{_STEP}/replay", methods=["POST"])
@allow(Topic.LAB, Do.WRITE)
@minds_key_itself
@blp.arguments(RuleReplayIn)
@blp.response(201, LabRunOut)
@blp.alt_response(409, schema=Problem, description="Too many runs wait, or it is about silence")
def replay_rule(said: dict[str, Any], draft_id: UUID, *, call: Call) -> Any:
    """Ask what a version would have raised over the clinic's history.

    The scheduler answers; read the run to see how far it is.  With the same `Idempotency-Key`
    the same run is answered.
    """
    key = key_given()
    id = derived_id("lab-run", call.viewer.account_id, key) if key else new_id()
    run = asking.ask_replay(call.session, call.viewer, draft_id, id=id, now=call.now, **said)
    return asking.run_shown(call.viewer, run)


@blp.route("/lab/runs")
@allow(Topic.LAB, Do.READ)
@blp.arguments(RunQuery, location="query")
@blp.arguments(PageArgs, location="query")
@blp.response(200, LabRunPage)
def list_runs(which: dict[str, Any], args: dict[str, Any], *, call: Call) -> Any:
    """List what was asked of the clinic's history, newest first."""
    rows = queries.runs(
        call.session, call.viewer.clinic_id, limit=args["limit"], last=after(args["cursor"]),
        subject_id=which["subject"],
    )  # fmt: skip
    rows, cursor = page(rows, limit=args["limit"], position=lambda row: (row.asked_at, row.id))
    return {
        "items": [asking.run_shown(call.viewer, row) for row in rows],
        "next_cursor": cursor,
    }


@blp.route(_RUN)
@allow(Topic.LAB, Do.READ)
@blp.response(200, LabRunOut)
def read_run(run_id: UUID, *, call: Call) -> Any:
    """Read one run: how far it is, and its report once it is done."""
    return asking.run_shown(call.viewer, _run(call, run_id))


@blp.route(f"{_RUN}/report")
@allow(Topic.LAB, Do.READ)
@blp.response(200, RuleReplayOut)
def read_run_report(run_id: UUID, *, call: Call) -> Any:
    """Read the report of a finished run: its bytes are those its digest is of."""
    report = asking.run_shown(call.viewer, _run(call, run_id))["report"]
    if report is None:
        raise NotFound
    return Response(bytes_of(report), content_type="application/json")


@blp.route(f"{_RUN}/stop", methods=["POST"])
@allow(Topic.LAB, Do.WRITE)
@blp.response(200, LabRunOut)
def stop_run(run_id: UUID, *, call: Call) -> Any:
    """Let a run end where it is; one that has ended stays as it is."""
    run = asking.stop(call.session, call.viewer, run_id, now=call.now)
    return asking.run_shown(call.viewer, run)


@blp.route(f"{_RUN}/findings")
@allow(Topic.LAB, Do.READ)
@blp.arguments(FindingQuery, location="query")
@blp.arguments(PageArgs, location="query")
@blp.response(200, LabFindingPage)
def list_findings(which: dict[str, Any], args: dict[str, Any], run_id: UUID, *, call: Call) -> Any:
    """List which alerts of which patients a run found; for those who see patients."""
    run = _run(call, run_id)
    if not asking.sees_patients(call.viewer):
        raise NotAllowed
    limit = args["limit"]
    rows = queries.findings(
        call.session, run.id, limit=limit, after=_number_in(args["cursor"]), **which
    )
    more = cursor_of(rows[limit - 1].number) if len(rows) > limit else None
    log_listed(
        call.session, call.viewer, [row.patient_id for row in rows[:limit]], Topic.LAB,
        route=request.endpoint or "", request_id=call.request_id, now=call.now,
    )  # fmt: skip
    return {"items": rows[:limit], "next_cursor": more}


def _run(call: Call, run_id: UUID) -> Any:
    return queries.run(call.session, call.viewer.clinic_id, run_id)


def _number_in(cursor: str | None) -> int:
    if cursor is None:
        return 0
    place = place_in(cursor)
    if not isinstance(place, list) or len(place) != 1 or not isinstance(place[0], int):
        raise BadCursor
    if not 0 <= place[0] < _MOST_PLACE:
        raise BadCursor
    return place[0]
