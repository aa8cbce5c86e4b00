"""What a page that is open listens to: names of the queues that have changed, by a stream."""

from functools import partial

from flask import Response, current_app, jsonify, request

from service.accounts.access import Do, Topic
from service.dashboard.access import Visit, allow
from service.dashboard.routing import Route
from service.dashboard.session import is_refresh, wants_stream
from service.errors import NotFound, NotSignedIn
from service.live import streams
from service.live.looking import Asked, look
from service.live.watching import watch_of


@allow(Topic.ALERTS, Do.READ)
def watch_changes(*, visit: Visit) -> Response:
    """Tell the names of the viewer's queues that have changed: by a stream, or at once.

    Answers 503 where there is no room for a stream.

    Raises:
        NotFound: it was not a page's script that asked.
    """
    if not is_refresh():
        raise NotFound
    watch = watch_of(visit.viewer)
    asked = Asked(watch, request.headers.get("Last-Event-ID"))
    idle_since = visit.now - current_app.config["DASHBOARD_IDLE"]
    [news] = look(visit.session, [asked], now=visit.now, idle_since=idle_since)
    if news is None:
        raise NotSignedIn  # cut off between two statements
    if not wants_stream():
        return jsonify(news._asdict())
    held: streams.Streams = current_app.extensions["streams"]
    stream = held.open(watch, news)
    if stream is None:
        return Response(status=503, headers={"Retry-After": streams.RETRY_AFTER})
    answer = Response(stream.lines(), mimetype=streams.MIMETYPE, headers=streams.HEADERS)
    answer.call_on_close(partial(held.close, stream))
    return answer


ROUTES = (Route("/changes", "changes", watch_changes),)
