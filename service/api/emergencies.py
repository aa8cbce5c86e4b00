"""Routes: opening the record of another clinic's patient in an emergency, and reviewing that."""

from typing import Any
from uuid import UUID

from flask import request

from service.accounts.access import Do, Topic
from service.accounts.step_up import require_fresh_sign_in
from service.api.call import Call, allow, log_marks, log_patient
from service.api.paging import PageArgs, after, page
from service.api.problems import ApiBlueprint, Problem
from service.api.staff import clinic_of
from service.audit.actions import log_listed
from service.audit.denials import denying
from service.emergencies import actions, queries
from service.emergencies.schemas import (
    BreakGlassIn,
    BreakGlassOut,
    BreakGlassPage,
    OpenedOut,
    ReviewIn,
    ToReviewQuery,
)

blp = ApiBlueprint("emergencies", __name__, description="Emergency access to another clinic")

_BREAK_GLASS = "/patients/<pid:pid>/break-glass"


@blp.route(_BREAK_GLASS, methods=["POST"])
@allow(Topic.BREAK_GLASS, Do.WRITE, finds_patient=False)
@blp.arguments(BreakGlassIn)
@blp.response(201, OpenedOut)
@blp.alt_response(200, schema=OpenedOut, description="It is open already")
@blp.alt_response(409, schema=Problem, description="She is a patient of the caller's own clinic")
def open_record(said: dict[str, Any], *, call: Call, pid: UUID) -> Any:
    """Open the record of another clinic's patient in an emergency, to read, for an hour.

    She and the privacy officer of her clinic are told at once, and every look is in her log.
    """
    require_fresh_sign_in(call)
    with denying(call.viewer, pid):
        glass, is_new = actions.open_record(
            call.session, call.viewer, pid, reason=said["reason"], **log_marks()
        )
    return glass, 201 if is_new else 200


@blp.route(_BREAK_GLASS)
@allow(Topic.BREAK_GLASS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, BreakGlassPage)
def list_openings(args: dict[str, Any], *, call: Call) -> Any:
    """List who of another clinic has opened her record in an emergency, and why."""
    rows = queries.page_of(
        call.session, patient_id=call.patient.id, limit=args["limit"], last=after(args["cursor"])
    )
    return _page(rows, args["limit"])


@blp.route("/break-glass")
@allow(Topic.EMERGENCY_REVIEW, Do.READ)
@blp.arguments(ToReviewQuery, location="query")
@blp.arguments(PageArgs, location="query")
@blp.response(200, BreakGlassPage)
def list_emergencies(asked: dict[str, Any], args: dict[str, Any], *, call: Call) -> Any:
    """List the emergency accesses to patients of the clinic, newest first."""
    rows = queries.page_of(
        call.session, clinic_id=clinic_of(call), open_only=asked["open"] == "true",
        limit=args["limit"], last=after(args["cursor"]),
    )  # fmt: skip
    shown = [row.patient_id for row in rows[: args["limit"]]]
    log_listed(
        call.session, call.viewer, shown, Topic.EMERGENCY_REVIEW, route=request.endpoint or "",
        request_id=call.request_id, now=call.now,
    )  # fmt: skip
    return _page(rows, args["limit"])


@blp.route("/break-glass/<uuid:glass_id>/review", methods=["POST"])
@allow(Topic.EMERGENCY_REVIEW, Do.WRITE)
@blp.arguments(ReviewIn)
@blp.response(200, BreakGlassOut)
@blp.alt_response(409, schema=Problem, description="Somebody has reviewed it")
def review_emergency(said: dict[str, Any], glass_id: UUID, *, call: Call) -> Any:
    """Write down whether an emergency access was justified; the patient can read it."""
    glass = actions.to_review(call.session, call.viewer, glass_id)
    log_patient(call, glass.patient_id, Topic.EMERGENCY_REVIEW, Do.WRITE)
    actions.review(call.session, call.viewer, glass, now=call.now, **said)
    return queries.shown(queries.one(call.session, glass_id))


def _page(rows: Any, limit: int) -> dict[str, Any]:
    found, cursor = page(rows, limit=limit, position=lambda row: (row.opened_at, row.id))
    return {"items": [queries.shown(row) for row in found], "next_cursor": cursor}
