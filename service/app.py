"""The application factory: settings in, a ready Flask application out."""

from flask import Flask

from service import api, dashboard
from service.accounts.tokens import TokenSigner
from service.clock import Clock, SystemClock
from service.config import Config
from service.db import db, engine_options
from service.tables import metadata


def create_app(config: Config, clock: Clock | None = None) -> Flask:
    """Build the application: the HTTP edge and the dashboard over one database.

    Args:
        config: every setting; nothing else is read from the environment.
        clock: where "now" comes from.  Tests pass one that stands still.
    """
    app = Flask("service", static_folder=None)
    app.config.from_object(config)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(config.SQLALCHEMY_DATABASE_URI)
    db.init_app(app)
    assert db.metadata is metadata  # noqa: S101 - importing the tables is what counts
    app.extensions["tokens"] = TokenSigner(config.SECRET_KEY)
    api.init_app(app, clock or SystemClock())
    dashboard.init_app(app)
    return app
