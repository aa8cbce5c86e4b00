"""Routes of silence: who has not been heard of, and days on which nobody expects it."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import request

from service.accounts.access import Do, Topic, readable_topics
from service.api.call import Call, allow
from service.api.paging import BadCursor, PageArgs, cursor_of, place_in
from service.api.problems import ApiBlueprint
from service.api.versions import if_version
from service.audit.actions import log_listed
from service.care import away, welfare
from service.care.schemas import WelfarePage
from service.journey import queries
from service.journey.models import AwayPeriod
from service.journey.schemas import AwayIn, AwayOut, AwayPage, AwayPatch
from service.panel.welfare import HIGHEST_SCORE
from service.records import find

blp = ApiBlueprint("away", __name__, description="Days on which she is not expected to report")


@blp.route("/welfare-checks")
@allow(Topic.PANEL, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, WelfarePage)
def list_welfare_checks(args: dict[str, Any], *, call: Call) -> Any:
    """List patients who have missed check-ins by their own rhythm, the most worrying first.

    What the caller's role may not see of a patient is null.
    """
    assert call.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    items, last = welfare.checks(
        call.session, call.viewer.clinic_id, today=call.now.date(), limit=args["limit"],
        last=_worry(args["cursor"]),
    )  # fmt: skip
    topics = readable_topics(call.viewer, None)
    log_listed(
        call.session, call.viewer, (one.summary.patient_id for one in items), Topic.PANEL,
        route=request.endpoint or "", request_id=call.request_id, now=call.now,
    )  # fmt: skip
    cursor = None if last is None else cursor_of(last[0], str(last[1]))
    return {"items": [welfare.as_json(one, topics) for one in items], "next_cursor": cursor}


_PERIOD = "/patients/<pid:pid>/away/<uuid:away_id>"


@blp.route("/patients/<pid:pid>/away", methods=["POST"])
@allow(Topic.AWAY, Do.WRITE)
@blp.arguments(AwayIn)
@blp.response(201, AwayOut)
@blp.alt_response(200, schema=AwayOut, description="On file already")
def note_away(period: dict[str, Any], *, call: Call) -> Any:
    """Say that she is in hospital, on holiday or away for another reason.

    While nobody knows until when, it counts until she reports again, four weeks at most.
    """
    is_new = away.note_away(call.session, call.patient, change=call.change, period=period)
    return find(call.session, AwayPeriod, call.patient.id, period["id"]), 201 if is_new else 200


@blp.route("/patients/<pid:pid>/away")
@allow(Topic.AWAY, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, AwayPage)
def list_away(args: dict[str, Any], *, call: Call) -> Any:
    """List absences, those that begin last first."""
    starts, id = AwayPeriod.starts_on, AwayPeriod.id
    statement = queries.away_periods(call.patient.id)
    last = _position(args["cursor"])
    if last is not None:
        earlier = sa.or_(starts < last[0], sa.and_(starts == last[0], id < last[1]))
        statement = statement.where(earlier)
    found = call.session.scalars(
        statement.order_by(starts.desc(), id.desc()).limit(args["limit"] + 1)
    ).all()
    rows, cursor = found[: args["limit"]], None
    if len(found) > len(rows):
        cursor = cursor_of(rows[-1].starts_on.isoformat(), str(rows[-1].id))
    return {"items": rows, "next_cursor": cursor}


@blp.route(_PERIOD, methods=["PATCH"])
@allow(Topic.AWAY, Do.WRITE)
@blp.arguments(AwayPatch)
@blp.versioned
@blp.response(200, AwayOut)
def change_away(changes: dict[str, Any], away_id: UUID, *, call: Call) -> Any:
    """Change an absence: until when, and why."""
    return away.change_away(
        call.session, call.patient, change=call.change, id=away_id, changes=changes,
        if_version=if_version(),
    )  # fmt: skip


@blp.route(_PERIOD, methods=["DELETE"])
@allow(Topic.AWAY, Do.WRITE)
@blp.versioned
@blp.response(204)
def take_out_away(away_id: UUID, *, call: Call) -> None:
    """Take out an absence that was entered by mistake."""
    away.take_out_away(
        call.session, call.patient, change=call.change, id=away_id, if_version=if_version()
    )


def _position(cursor: str | None) -> tuple[date, UUID] | None:
    if cursor is None:
        return None
    try:
        day, id = place_in(cursor)
        return date.fromisoformat(day), UUID(str(id))
    except (ValueError, TypeError):
        raise BadCursor from None


def _worry(cursor: str | None) -> tuple[int, UUID] | None:
    if cursor is None:
        return None
    try:
        score, id = place_in(cursor)
        if not 0 <= int(score) <= HIGHEST_SCORE:
            raise BadCursor
        return int(score), UUID(str(id))
    except (ValueError, TypeError, OverflowError):
        raise BadCursor from None
