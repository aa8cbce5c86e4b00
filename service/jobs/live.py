"""The look of live updates, every few seconds in each web worker: a thread of ``live.streams``."""

from collections.abc import Sequence
from datetime import datetime

from flask import Flask

from service.clock import Clock
from service.db import transaction
from service.live.looking import Asked, look
from service.live.streams import Streams
from service.live.watching import News


def streams_of(app: Flask, clock: Clock) -> Streams:
    """Return the streams of an application, each look a short transaction of its own."""

    def look_for_all(asked: Sequence[Asked], now: datetime) -> Sequence[News | None]:
        with app.app_context(), transaction() as session:
            return look(session, asked, now=now, idle_since=now - app.config["DASHBOARD_IDLE"])

    return Streams(look_for_all, clock)
