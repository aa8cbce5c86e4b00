"""Routes of events: appointments, scans, results, milestones."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, newest_first, page
from service.api.problems import ApiBlueprint
from service.api.stretches import bounds
from service.api.versions import if_version
from service.journey import actions, queries
from service.journey.models import Event
from service.journey.schemas import EventFilter, EventIn, EventOut, EventPage, EventPatch
from service.records import find

blp = ApiBlueprint("events", __name__, description="What happens along the way")

_EVENT = "/patients/<pid:pid>/events/<uuid:event_id>"


@blp.route("/patients/<pid:pid>/events", methods=["POST"])
@allow(Topic.EVENTS, Do.WRITE)
@blp.arguments(EventIn)
@blp.response(201, EventOut)
@blp.alt_response(200, schema=EventOut, description="On file already")
def note_event(event: dict[str, Any], *, call: Call) -> Any:
    """Note an appointment, a scan, a result or a milestone."""
    is_new = actions.note_event(call.session, change=call.change, event=event)
    return find(call.session, Event, call.patient.id, event["id"]), 201 if is_new else 200


@blp.route("/patients/<pid:pid>/events")
@allow(Topic.EVENTS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.arguments(EventFilter, location="query")
@blp.response(200, EventPage)
def list_events(args: dict[str, Any], which: dict[str, Any], *, call: Call) -> Any:
    """List events, what lies furthest ahead first."""
    since, before = bounds(which["since"], which["until"], ZoneInfo(call.patient.time_zone))
    rows = call.session.scalars(
        newest_first(
            queries.events_of(call.patient.id, kind=which["kind"], since=since, before=before),
            at=Event.starts_at, id=Event.id, limit=args["limit"], last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.starts_at, row.id))
    return {"items": items, "next_cursor": cursor}


@blp.route(_EVENT)
@allow(Topic.EVENTS, Do.READ)
@blp.response(200, EventOut)
def read_event(event_id: UUID, *, call: Call) -> Any:
    """Read one event."""
    return find(call.session, Event, call.patient.id, event_id)


@blp.route(_EVENT, methods=["PATCH"])
@allow(Topic.EVENTS, Do.WRITE)
@blp.arguments(EventPatch)
@blp.versioned
@blp.response(200, EventOut)
def change_event(changes: dict[str, Any], event_id: UUID, *, call: Call) -> Any:
    """Change an event: when, where, what it is called."""
    return actions.change_event(
        call.session, change=call.change, id=event_id, changes=changes, if_version=if_version()
    )


@blp.route(_EVENT, methods=["DELETE"])
@allow(Topic.EVENTS, Do.WRITE)
@blp.versioned
@blp.response(204)
def take_out_event(event_id: UUID, *, call: Call) -> None:
    """Take out an event that was called off or entered by mistake."""
    actions.take_out_event(call.session, change=call.change, id=event_id, if_version=if_version())
