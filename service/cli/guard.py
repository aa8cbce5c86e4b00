"""What stands before the application where nobody has called ``waymark serve``."""

import logging
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

import click
import orjson
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from service.cli import startup
from service.logs import Code

logger = logging.getLogger(__name__)

_ALIVE = "/healthz"
_READY = "/readyz"
_TITLE = "Waymark is not ready to answer."


class Guard:
    """Answers nobody before what the rules in force say is on record.

    ``gunicorn wsgi:app`` runs no command of ours, and a rule changed under its old number would go
    unnoticed.  So the first request of each worker waits for this one check of ``waymark serve``,
    and as long as it fails every answer is 503.  ``/readyz`` says why, as the log does;
    ``/healthz`` goes on telling that the process lives.  Migrations and whether the database keeps
    what it confirms are looked at by ``waymark serve`` alone.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._inner: Callable[..., Iterable[bytes]] = app.wsgi_app
        self._checked = False
        self._one_at_a_time = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, once the check has passed."""
        path = environ.get("PATH_INFO", "")
        why = None if self._checked or path == _ALIVE else self._why_not()
        if why is None:
            return self._inner(environ, start_response)
        body = {"type": "about:blank", "title": _TITLE, "status": 503}
        if path == _READY:
            body = {"status": "degraded", "checks": {"start": why}}
        headers = [
            ("Content-Type", "application/json" if path == _READY else "application/problem+json"),
            ("Retry-After", "5"), ("Cache-Control", "no-store"),
        ]  # fmt: skip
        start_response("503 Service Unavailable", headers)
        return [orjson.dumps(body)]

    def _why_not(self) -> str | None:
        """Check, and return what is wrong, ``None`` if nothing is."""
        with self._one_at_a_time:
            if self._checked:
                return None
            try:
                with self._app.app_context():
                    startup.keep_rule_texts(self._app.extensions["clock"].now())
            except click.ClickException as refused:
                logger.error("not ready to answer: %s", Code(refused.message))
                return refused.message
            except SQLAlchemyError:
                logger.exception("not ready to answer")
                return "The database cannot be asked what the rules said before."
            self._checked = True
            return None
