"""How the viewer's queues stand, and what of it is news to a page."""

from flask import current_app

from service.dashboard.access import Visit
from service.errors import NotSignedIn
from service.live.looking import Asked, look
from service.live.watching import News, watch_of


def news_since(visit: Visit, seen_id: str | None) -> News:
    """Return what has changed since an ``id``, and the ``id`` of now; ``None`` for no earlier one.

    Raises:
        NotSignedIn: the viewer was cut off between two statements.
    """
    asked = Asked(watch_of(visit.viewer), seen_id)
    idle_since = visit.now - current_app.config["DASHBOARD_IDLE"]
    [news] = look(visit.session, [asked], now=visit.now, idle_since=idle_since)
    if news is None:
        raise NotSignedIn
    return news
