"""Routes of live updates: a stream of names of what has changed, or the same asked for once.

Who takes ``text/event-stream`` gets a stream, where there is room for one; everybody else an
answer at once.  What has changed is read by its own route, where access and consent are asked.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Response, current_app, request

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint, Problem, problem
from service.errors import NotSignedIn
from service.live import streams
from service.live.looking import Asked, look
from service.live.schemas import ChangesOut
from service.live.watching import watch_of

blp = ApiBlueprint("changes", __name__, description="Live updates: what has changed")

_LAST_EVENT_ID: Mapping[str, Any] = {
    "in": "header",
    "name": "Last-Event-ID",
    "required": False,
    "description": "The `id` told last.  Left out, nothing is told to have changed.",
    "schema": {"type": "string"},
    "example": "41.5f0c21aa",
}
_EVENTS: Mapping[str, Any] = {
    "schema": {"type": "string"},
    "content_type": streams.MIMETYPE,
    "example": 'retry: 2000\nid: 41.5f0c21aa\ndata: {"changed":["doses","replies"]}\n\n',
}
_NO_ROOM: Mapping[str, Any] = {
    "schema": Problem,
    "description": "No room for a stream: ask without one",
}


@blp.route("/patients/me/changes")
@allow(Topic.SYNC, Do.READ, of_caller=True)
@blp.doc(parameters=[_LAST_EVENT_ID])
@blp.response(200, ChangesOut)
@blp.alt_response(200, **_EVENTS)
@blp.alt_response(503, **_NO_ROOM)
def watch_own_changes(*, call: Call) -> Any:
    """Watch one's own record: names of what has changed, by server-sent events or at once.

    With `Accept: text/event-stream` a stream, of at most a minute. The names are the tables of
    `GET /patients/me/sync`, and `record` for the rest: replies, profile, consents and so on.
    """
    return _answer(call)


@blp.route("/alerts/changes")
@allow(Topic.ALERTS, Do.READ)
@blp.doc(parameters=[_LAST_EVENT_ID])
@blp.response(200, ChangesOut)
@blp.alt_response(200, **_EVENTS)
@blp.alt_response(503, **_NO_ROOM)
def watch_queues(*, call: Call) -> Any:
    """Watch the queues of one's role: names of those that have changed.

    With `Accept: text/event-stream` a stream, of at most a minute.
    """
    return _answer(call)


def _answer(call: Call) -> Any:
    watch = watch_of(call.viewer)
    asked = Asked(watch, request.headers.get("Last-Event-ID"))
    idle_since = call.now - current_app.config["DASHBOARD_IDLE"]
    [news] = look(call.session, [asked], now=call.now, idle_since=idle_since)
    if news is None:
        raise NotSignedIn  # cut off between two statements
    if streams.MIMETYPE not in request.accept_mimetypes.values():
        return news._asdict()
    held: streams.Streams = current_app.extensions["streams"]
    stream = held.open(watch, news)
    if stream is None:
        refusal = problem(503, "no-stream", "There is no room for a stream. Ask without one.")
        refusal.headers["Retry-After"] = streams.RETRY_AFTER
        return refusal
    answer = Response(stream.lines(), mimetype=streams.MIMETYPE, headers=streams.HEADERS)
    answer.call_on_close(partial(held.close, stream))
    return answer
