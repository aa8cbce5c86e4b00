"""Entry point for WSGI servers: ``gunicorn wsgi:app``."""

import os

from service.app import create_app, settle_down
from service.cli import register
from service.cli.guard import Guard
from service.config import Config
from service.logs import write_to

app = create_app(Config.from_env(os.environ))
write_to(level=app.config["LOG_LEVEL"])
register(app)
# Commands of ``flask --app wsgi`` pass it by: one of them brings the migrations.
app.wsgi_app = Guard(app)  # type: ignore[method-assign]  # as Flask's manual puts middleware in
settle_down()
