"""The application factory: settings in, a ready Flask application out."""

import gc

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.middleware.proxy_fix import ProxyFix

from service import api, dashboard, sealing
from service.accounts.passwords import Passwords
from service.accounts.tokens import TokenSigner
from service.care.rules import go_by
from service.clock import Clock, ShiftedClock, SystemClock
from service.config import Config
from service.db import db, engine_options
from service.jobs.live import streams_of
from service.tables import metadata


def settle_down() -> None:
    """Let the garbage collector pass over what was built at the start, and look less often.

    Rules, catalogue and routes live as long as the process; going through them again and again
    took a tenth of a worker's time.  For server processes, once, after ``create_app``.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class NoSessions(SessionInterface):
    """Flask's own sessions, which nothing here uses: devices and cookies are rows of ours."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """Return a session that cannot be written to."""
        return self.make_null_session(app)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep nothing."""


def create_app(config: Config, clock: Clock | None = None) -> Flask:
    """Build the application: the HTTP edge and the dashboard over one database.

    Args:
        config: every setting; nothing else is read from the environment.
        clock: where "now" comes from, the machine's by default.  Tests pass one that stands still.

    Raises:
        BadKnowledge: a file of clinical knowledge is missing or wrong.
        BadRule: a rule names something that does not exist.
    """
    app = Flask("service", static_folder=None)
    app.session_interface = NoSessions()
    app.config.from_object(config)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(config.SQLALCHEMY_DATABASE_URI)
    db.init_app(app)
    sealing.hold(sealing.ring_from(config.master_keys))
    assert db.metadata is metadata  # noqa: S101 - importing the tables is what counts
    # Rules that do not hold together stop the start, not the first report.
    go_by(config.KNOWLEDGE_DIR)
    app.extensions["tokens"] = TokenSigner(config.SECRET_KEY)
    app.extensions["passwords"] = Passwords(
        time_cost=config.PASSWORD_TIME_COST, memory_kib=config.PASSWORD_MEMORY_KIB
    )
    if config.TRUSTED_PROXIES:
        hops = config.TRUSTED_PROXIES
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    shift = config.DEMO_CLOCK_SHIFT
    clock = clock or (ShiftedClock(shift) if shift else SystemClock())
    app.extensions["clock"] = clock
    app.extensions["streams"] = streams_of(app, clock)
    api.init_app(app, clock)
    dashboard.init_app(app)
    return app
