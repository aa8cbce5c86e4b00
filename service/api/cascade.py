"""Routes: from screen or request to follow-up."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import request

from service.accounts.access import Do, Topic
from service.api.call import Call, allow, log_patient
from service.api.paging import BadCursor, PageArgs, cursor_of, moment_in, place_in
from service.api.problems import ApiBlueprint, Problem
from service.api.versions import if_version
from service.audit.actions import log_listed
from service.care import cascade_view
from service.support import cascade_actions as actions
from service.support import cascade_queries as queries
from service.support.cascade_schemas import (
    AssessIn,
    CascadeChart,
    CascadeDetail,
    CascadePage,
    CascadeQuery,
    ChartQuery,
    EndIn,
    FollowUpIn,
    OfferIn,
)  # fmt: skip
from service.support.models import Cascade

blp = ApiBlueprint("cascade", __name__, description="From screen or request to follow-up")

_FIRST = "A colleague was first, or it has ended"


class CascadeListArgs(CascadeQuery, PageArgs):
    """Which cascades, how many, and from where."""


@blp.route("/cascade")
@allow(Topic.REQUESTS, Do.READ)
@blp.arguments(CascadeListArgs, location="query")
@blp.response(200, CascadePage)
def list_cascades(args: dict[str, Any], *, call: Call) -> Any:
    """List the needs on their way: follow-ups that are due first, then who waits longest."""
    today = _today(call)
    found = queries.page_of(
        call.session, call.viewer, queue=args["queue"], stage=args["stage"],
        patient_id=args["patient"], today=today, limit=args["limit"],
        last=_position(args["cursor"]),
    )  # fmt: skip
    rows = found[: args["limit"]]
    cursor = _cursor(rows[-1][0], today) if len(found) > len(rows) else None
    log_listed(
        call.session, call.viewer, (row.patient_id for row, _ in rows), Topic.REQUESTS,
        route=request.endpoint or "", request_id=call.request_id, now=call.now,
    )  # fmt: skip
    return {"items": cascade_view.shown(call.session, rows), "next_cursor": cursor}


@blp.route("/cascade/chart")
@allow(Topic.REQUESTS, Do.READ)
@blp.arguments(ChartQuery, location="query")
@blp.response(200, CascadeChart)
def read_chart(args: dict[str, Any], *, call: Call) -> Any:
    """Count how far people come, and where they drop out."""
    return cascade_view.chart(call.session, call.viewer, today=_today(call), **args)


@blp.route("/cascade/<uuid:cascade_id>")
@allow(Topic.REQUESTS, Do.READ)
@blp.response(200, CascadeDetail)
def read_cascade(cascade_id: UUID, *, call: Call) -> Any:
    """Read one need with every step."""
    cascade = queries.cascade_for(call.session, call.viewer, cascade_id)
    log_patient(call, cascade.patient_id, Topic.REQUESTS, Do.READ)
    return cascade_view.in_full(call.session, cascade)


@blp.route("/cascade/<uuid:cascade_id>/offer", methods=["POST"])
@allow(Topic.REQUESTS, Do.WRITE)
@blp.arguments(OfferIn)
@blp.versioned
@blp.response(200, CascadeDetail)
@blp.alt_response(409, schema=Problem, description=_FIRST)
def offer(body: dict[str, Any], cascade_id: UUID, *, call: Call) -> Any:
    """Note that help was offered to her."""
    return _done(call, actions.offer, cascade_id, body)


@blp.route("/cascade/<uuid:cascade_id>/assess", methods=["POST"])
@allow(Topic.REQUESTS, Do.WRITE)
@blp.arguments(AssessIn)
@blp.versioned
@blp.response(200, CascadeDetail)
@blp.alt_response(409, schema=Problem, description=_FIRST)
def assess(body: dict[str, Any], cascade_id: UUID, *, call: Call) -> Any:
    """Note what she needs."""
    return _done(call, actions.assess, cascade_id, body)


@blp.route("/cascade/<uuid:cascade_id>/follow-up", methods=["POST"])
@allow(Topic.REQUESTS, Do.WRITE)
@blp.arguments(FollowUpIn)
@blp.versioned
@blp.response(200, CascadeDetail)
@blp.alt_response(409, schema=Problem, description=_FIRST)
def follow_up(body: dict[str, Any], cascade_id: UUID, *, call: Call) -> Any:
    """Note that somebody looked after her again."""
    return _done(call, actions.follow_up, cascade_id, body)


@blp.route("/cascade/<uuid:cascade_id>/end", methods=["POST"])
@allow(Topic.REQUESTS, Do.WRITE)
@blp.arguments(EndIn)
@blp.versioned
@blp.response(200, CascadeDetail)
@blp.alt_response(409, schema=Problem, description="It has ended already")
def end(body: dict[str, Any], cascade_id: UUID, *, call: Call) -> Any:
    """End it, and say how."""
    return _done(call, actions.end, cascade_id, body)


def _done(call: Call, act: Any, cascade_id: UUID, body: dict[str, Any]) -> Any:
    cascade: Cascade = act(
        call.session, call.viewer, cascade_id, if_version=if_version(), now=call.now, **body
    )
    log_patient(call, cascade.patient_id, Topic.REQUESTS, Do.WRITE)
    return cascade_view.in_full(call.session, cascade)


def _today(call: Call) -> date:
    assert call.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    return actions.clinic_day(call.session, call.viewer.clinic_id, call.now)


def _cursor(last: Cascade, today: date) -> str:
    is_due = last.follow_up_on is not None and last.follow_up_on <= today
    day = last.follow_up_on.isoformat() if is_due and last.follow_up_on else None
    return cursor_of(day, last.opened_at.isoformat(), str(last.id))


def _position(cursor: str | None) -> queries.Position | None:
    if cursor is None:
        return None
    try:
        day, opened_at, id = place_in(cursor)
        due_on = None if day is None else date.fromisoformat(day)
        return due_on, moment_in(opened_at), UUID(str(id))
    except (ValueError, TypeError):
        raise BadCursor from None
