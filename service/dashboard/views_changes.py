"""What a page that is open listens to: names of the queues that have changed, by a stream."""

from functools import partial

from flask import Response, current_app, jsonify, request

from service.accounts.access import Do, Topic
from service.dashboard.access import Visit, allow
from service.dashboard.news import news_since
from service.dashboard.routing import Route
from service.dashboard.session import is_refresh, wants_stream
from service.errors import NotFound
from service.live import streams
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
    news = news_since(visit, request.headers.get("Last-Event-ID"))
    if not wants_stream():
        return jsonify(news._asdict())
    held: streams.Streams = current_app.extensions["streams"]
    stream = held.open(watch_of(visit.viewer), news)
    if stream is None:
        return Response(status=503, headers={"Retry-After": streams.RETRY_AFTER})
    answer = Response(stream.lines(), mimetype=streams.MIMETYPE, headers=streams.HEADERS)
    answer.call_on_close(partial(held.close, stream))
    return answer


ROUTES = (Route("/changes", "changes", watch_changes),)
