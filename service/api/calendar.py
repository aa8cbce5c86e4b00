"""Routes of her calendar: its private address, the feed behind it, and single appointments."""

import logging
import re
from typing import Any
from uuid import UUID

from flask import Response, current_app, g, request

from service.accounts.access import Do, Topic
from service.api.call import Call, allow, public
from service.api.problems import ApiBlueprint
from service.care.calendar import event_entry, feed
from service.care.icalendar_text import CONTENT_TYPE, calendar_text
from service.db import transaction
from service.journey import actions, queries
from service.journey.models import Event
from service.journey.schemas import CalendarLinkOut, CalendarLinkState
from service.records import find

blp = ApiBlueprint("calendar", __name__, description="Her calendar in any calendar app")

_ICALENDAR = {"type": "string", "description": "iCalendar (RFC 5545)"}
_CACHE_CONTROL = "private, max-age=900"
_TOKEN = re.compile(r"(/calendar/)[^/\s]+")


@blp.route("/patients/<pid:pid>/calendar-link", methods=["POST"])
@allow(Topic.CALENDAR, Do.WRITE)
@blp.response(201, CalendarLinkOut)
def issue_link(*, call: Call) -> Any:
    """Make a private address for her calendar; the one before leads nowhere from now on."""
    token = actions.issue_calendar_link(call.session, change=call.change)
    root = f"{current_app.config['PUBLIC_URL']}{current_app.config['OPENAPI_URL_PREFIX']}"
    return {"url": f"{root}/calendar/{token}.ics", "created_at": call.now}


@blp.route("/patients/<pid:pid>/calendar-link")
@allow(Topic.CALENDAR, Do.READ)
@blp.response(200, CalendarLinkState)
def read_link(*, call: Call) -> Any:
    """Read whether her calendar has an address; the address itself is shown once, when made."""
    link = queries.calendar_link_of(call.session, call.patient.id)
    return {"in_force": link is not None, "created_at": link and link.created_at}


@blp.route("/patients/<pid:pid>/calendar-link", methods=["DELETE"])
@allow(Topic.CALENDAR, Do.WRITE)
@blp.response(204)
def revoke_link(*, call: Call) -> None:
    """Let the address of her calendar lead nowhere, if there is one."""
    actions.revoke_calendar_link(call.session, change=call.change)


@blp.route("/calendar/<token>.ics")
@public
@blp.response(200, _ICALENDAR, content_type="text/calendar")
def read_calendar(token: str) -> Any:
    """Read the calendar behind a private address: for calendar apps, nobody signs in."""
    with transaction() as session:
        text = feed(session, token, now=g.now)
    answer = _calendar(text)
    answer.headers["Cache-Control"] = _CACHE_CONTROL
    answer.add_etag()
    return answer.make_conditional(request)


@blp.route("/patients/<pid:pid>/events/<uuid:event_id>.ics")
@allow(Topic.EVENTS, Do.READ)
@blp.response(200, _ICALENDAR, content_type="text/calendar")
def read_event_file(event_id: UUID, *, call: Call) -> Any:
    """Read one event as a file that calendar apps open."""
    event = find(call.session, Event, call.patient.id, event_id)
    answer = _calendar(calendar_text([event_entry(event)], now=call.now))
    answer.headers["Content-Disposition"] = "attachment; filename=event.ics"
    return answer


def hide_token(record: logging.LogRecord) -> bool:
    """Take the tokens of calendars out of what is logged: a path names one, a crash the path."""
    record.msg, record.args = _TOKEN.sub(r"\1…", record.getMessage()), ()
    return True


def _calendar(text: bytes) -> Response:
    return Response(text, content_type=CONTENT_TYPE)
