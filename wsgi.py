"""Entry point for WSGI servers: ``gunicorn wsgi:app``."""

import os

from service.app import create_app, settle_down
from service.cli import register
from service.config import Config

app = create_app(Config.from_env(os.environ))
register(app)
settle_down()
