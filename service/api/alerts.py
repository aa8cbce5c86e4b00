"""Routes of the care team's answer: alerts and requests for a person."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import request

from service.accounts.access import Do, Topic
from service.alerts import queries
from service.alerts.queries import Position
from service.alerts.rules import RANKS
from service.alerts.schemas import (
    AcknowledgeIn,
    AlertDetail,
    AlertPage,
    AlertQuery,
    AlertSnoozeIn,
    AssignIn,
    CloseIn,
    ContactIn,
    Declined,
    DeclineIn,
    HandedOver,
    HandOverIn,
    ReopenIn,
)  # fmt: skip
from service.api.call import Call, allow, log_patient
from service.api.paging import (
    BadCursor,
    PageArgs,
    after,
    cursor_of,
    moment_in,
    newest_first,
    page,
    place_in,
)  # fmt: skip
from service.api.problems import ApiBlueprint, Problem
from service.audit.actions import log_listed
from service.care import alert_view, answering
from service.support import actions as support
from service.support import queries as support_queries
from service.support.models import SupportRequest
from service.support.schemas import (
    ClaimIn,
    RequestAssignIn,
    RequestCloseIn,
    RequestContactIn,
    RequestQuery,
    SupportRequestOut,
    SupportRequestPage,
)  # fmt: skip
from service.wire import moment_text

blp = ApiBlueprint("alerts", __name__, description="What waits for a person, and the answer")


class AlertListArgs(AlertQuery, PageArgs):
    """Which alerts, how many, and from where."""


class RequestListArgs(RequestQuery, PageArgs):
    """Which requests, how many, and from where."""


@blp.route("/alerts")
@allow(Topic.ALERTS, Do.READ)
@blp.arguments(AlertListArgs, location="query")
@blp.response(200, AlertPage)
def list_alerts(args: dict[str, Any], *, call: Call) -> Any:
    """List alerts of one's queues, most urgent first, then by the clock that runs."""
    found = queries.queue_page(
        call.session, call.viewer, queues=[args["queue"]] if args["queue"] else None,
        state=args["state"], patient_id=args["patient"], assignee_id=args["assignee"],
        limit=args["limit"], last=_position(args["cursor"]),
    )  # fmt: skip
    rows = found[: args["limit"]]
    cursor = None
    if len(found) > len(rows):
        last = rows[-1]
        due = last.due_at and moment_text(last.due_at)
        cursor = cursor_of(last.rank, due, str(last.id))
    _log_listed(call, [row.patient_id for row in rows], Topic.ALERTS)
    return {"items": alert_view.shown(call.session, rows), "next_cursor": cursor}


@blp.route("/alerts/<uuid:alert_id>")
@allow(Topic.ALERTS, Do.READ)
@blp.response(200, AlertDetail)
def read_alert(alert_id: UUID, *, call: Call) -> Any:
    """Read one alert with every step of answering it."""
    alert = queries.alert_for(call.session, call.viewer, alert_id)
    log_patient(call, alert.patient_id, Topic.ALERTS, Do.READ)
    return alert_view.in_full(call.session, alert)


@blp.route("/alerts/<uuid:alert_id>/acknowledge", methods=["POST"])
@allow(Topic.ALERTS, Do.WRITE)
@blp.arguments(AcknowledgeIn)
@blp.response(200, AlertDetail)
@blp.alt_response(409, schema=Problem, description="A colleague was first")
def acknowledge(body: dict[str, Any], alert_id: UUID, *, call: Call) -> Any:
    """Take an alert, and say something to the patient about it."""
    alert = answering.acknowledge(call.session, call.viewer, alert_id, now=call.now, **body)
    return _shown(call, alert)


@blp.route("/alerts/<uuid:alert_id>/assign", methods=["POST"])
@allow(Topic.ALERTS, Do.WRITE)
@blp.arguments(AssignIn)
@blp.response(200, AlertDetail)
@blp.alt_response(409, schema=Problem, description="Closed already, or the colleague is away")
def assign(body: dict[str, Any], alert_id: UUID, *, call: Call) -> Any:
    """Hand an alert to a colleague, or take over a colleague's."""
    alert = answering.assign(
        call.session, call.viewer, alert_id, assignee_id=body["assignee"], now=call.now
    )
    return _shown(call, alert)


@blp.route("/alerts/<uuid:alert_id>/contact-attempts", methods=["POST"])
@allow(Topic.ALERTS, Do.WRITE)
@blp.arguments(ContactIn)
@blp.response(201, AlertDetail)
def record_contact(body: dict[str, Any], alert_id: UUID, *, call: Call) -> Any:
    """Note an attempt to reach the patient."""
    alert = answering.record_contact(call.session, call.viewer, alert_id, now=call.now, **body)
    return _shown(call, alert)


@blp.route("/alerts/<uuid:alert_id>/close", methods=["POST"])
@allow(Topic.ALERTS, Do.WRITE)
@blp.arguments(CloseIn)
@blp.response(200, AlertDetail)
@blp.alt_response(409, schema=Problem, description="Closed already, or a contact is missing")
def close(body: dict[str, Any], alert_id: UUID, *, call: Call) -> Any:
    """Close an alert and tell the patient what came of it."""
    alert = answering.close(call.session, call.viewer, alert_id, now=call.now, **body)
    return _shown(call, alert)


@blp.route("/alerts/<uuid:alert_id>/reopen", methods=["POST"])
@allow(Topic.ALERTS, Do.WRITE)
@blp.arguments(ReopenIn)
@blp.response(200, AlertDetail)
def reopen(_body: dict[str, Any], alert_id: UUID, *, call: Call) -> Any:
    """Open a closed alert again."""
    alert = answering.reopen(call.session, call.viewer, alert_id, now=call.now)
    return _shown(call, alert)


@blp.route("/alerts/<uuid:alert_id>/snooze", methods=["POST"])
@allow(Topic.ALERTS, Do.WRITE)
@blp.arguments(AlertSnoozeIn)
@blp.response(200, AlertDetail)
@blp.alt_response(409, schema=Problem, description="Closed already, or never to be snoozed")
def snooze(body: dict[str, Any], alert_id: UUID, *, call: Call) -> Any:
    """Close an alert and hold back its repeats until they are worse."""
    return _shown(call, answering.snooze(call.session, call.viewer, alert_id, now=call.now, **body))


@blp.route("/alerts/<uuid:alert_id>/snooze", methods=["DELETE"])
@allow(Topic.ALERTS, Do.WRITE)
@blp.response(200, AlertDetail)
@blp.alt_response(409, schema=Problem, description="Nothing of it is snoozed")
def lift_snooze(alert_id: UUID, *, call: Call) -> Any:
    """Hold nothing of a snoozed alert back any more."""
    return _shown(call, answering.lift_snooze(call.session, call.viewer, alert_id, now=call.now))


@blp.route("/alerts/hand-over", methods=["POST"])
@allow(Topic.ALERTS, Do.WRITE)
@blp.arguments(HandOverIn)
@blp.response(200, HandedOver)
@blp.alt_response(409, schema=Problem, description="The colleague is away, or works elsewhere")
def hand_over(body: dict[str, Any], *, call: Call) -> Any:
    """Hand everything one has in hand to a colleague, 200 alerts and requests at a time."""
    patients = answering.patients_in_hand(call.session, call.viewer, body["queue"])
    count = answering.hand_over(call.session, call.viewer, now=call.now, **body)
    _log_listed(call, patients if count else (), Topic.ALERTS, Do.WRITE)
    return {"handed_over": count, "more": count == answering.HANDED_AT_ONCE}


@blp.route("/patients/<pid:pid>/alerts/<uuid:alert_id>/decline", methods=["POST"])
@allow(Topic.REPLIES, Do.WRITE)
@blp.arguments(DeclineIn)
@blp.response(200, Declined)
@blp.alt_response(409, schema=Problem, description="Closed already, or somebody has to look")
def decline(body: dict[str, Any], alert_id: UUID, *, call: Call) -> Any:
    """Say of an alert about oneself that one needs nobody."""
    return answering.decline(call.session, call.patient, alert_id, change=call.change, **body)


@blp.route("/support-requests")
@allow(Topic.REQUESTS, Do.READ)
@blp.arguments(RequestListArgs, location="query")
@blp.response(200, SupportRequestPage)
def list_requests(args: dict[str, Any], *, call: Call) -> Any:
    """List what patients ask of one's queues, newest first."""
    rows = call.session.scalars(
        newest_first(
            support_queries.requests_for(call.viewer, args["queue"]),
            at=SupportRequest.requested_at, id=SupportRequest.id, limit=args["limit"],
            last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.requested_at, row.id))
    _log_listed(call, [row.patient_id for row in items], Topic.REQUESTS)
    return {"items": items, "next_cursor": cursor}


@blp.route("/support-requests/<uuid:request_id>/claim", methods=["POST"])
@allow(Topic.REQUESTS, Do.WRITE)
@blp.arguments(ClaimIn)
@blp.response(200, SupportRequestOut)
def claim_request(_body: dict[str, Any], request_id: UUID, *, call: Call) -> Any:
    """Take a request."""
    return _logged(call, support.claim(call.session, call.viewer, request_id, now=call.now))


@blp.route("/support-requests/<uuid:request_id>/assign", methods=["POST"])
@allow(Topic.REQUESTS, Do.WRITE)
@blp.arguments(RequestAssignIn)
@blp.response(200, SupportRequestOut)
@blp.alt_response(409, schema=Problem, description="It is closed, or the colleague is away")
def assign_request(body: dict[str, Any], request_id: UUID, *, call: Call) -> Any:
    """Hand a request to a colleague, who is told."""
    asked = support.assign(
        call.session, call.viewer, request_id, assignee_id=body["assignee"], now=call.now
    )
    return _logged(call, asked)


@blp.route("/support-requests/<uuid:request_id>/contact-attempts", methods=["POST"])
@allow(Topic.REQUESTS, Do.WRITE)
@blp.arguments(RequestContactIn)
@blp.response(201, SupportRequestOut)
def contact_about_request(body: dict[str, Any], request_id: UUID, *, call: Call) -> Any:
    """Note an attempt to reach the patient about her request."""
    return _logged(
        call,
        support.record_contact(call.session, call.viewer, request_id, now=call.now, **body),
    )


@blp.route("/support-requests/<uuid:request_id>/close", methods=["POST"])
@allow(Topic.REQUESTS, Do.WRITE)
@blp.arguments(RequestCloseIn)
@blp.response(200, SupportRequestOut)
def close_request(body: dict[str, Any], request_id: UUID, *, call: Call) -> Any:
    """Close a request."""
    return _logged(call, support.close(call.session, call.viewer, request_id, now=call.now, **body))


def _log_listed(call: Call, patients: Iterable[UUID], topic: Topic, do: Do = Do.READ) -> None:
    log_listed(
        call.session, call.viewer, patients, topic, do=do,
        route=request.endpoint or "", request_id=call.request_id, now=call.now,
    )  # fmt: skip


def _logged(call: Call, asked: SupportRequest) -> SupportRequest:
    log_patient(call, asked.patient_id, Topic.REQUESTS, Do.WRITE)
    return asked


def _shown(call: Call, alert: Any) -> Any:
    call.session.flush()
    log_patient(call, alert.patient_id, Topic.ALERTS, Do.WRITE)
    return alert_view.in_full(call.session, alert)


def _position(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    try:
        rank, due, id = place_in(cursor)
        if rank not in RANKS:
            raise BadCursor
        return int(rank), None if due is None else moment_in(due), UUID(str(id))
    except (ValueError, TypeError):
        raise BadCursor from None
