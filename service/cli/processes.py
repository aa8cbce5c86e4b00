"""The two processes of a site: the web workers and the scheduler."""

import os
from collections.abc import Mapping
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo, pass_script_info
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from service.app import create_app, settle_down
from service.cli import startup
from service.cli.web_worker import BoundedWorker
from service.config import Config
from service.jobs.schedule import run
from service.logs import handler_to, write_to

# A thread that answers nothing for this long takes its worker with it.
_TIMEOUT = 30
_GRACE = 20
# What a site's server has in common, however many workers it has.
GUNICORN: Mapping[str, Any] = {
    "worker_class": BoundedWorker,
    "timeout": _TIMEOUT,
    "graceful_timeout": _GRACE,
    # The longest cursor and the longest token are far below; a proxy's own headers fit.
    "limit_request_line": 4094,
    "limit_request_fields": 100,
    "limit_request_field_size": 8190,
    # It would be one file for every server of this user.
    "control_socket_disable": True,
}


class QuietLogger(Logger):  # type: ignore[misc]
    """gunicorn's own words, in our way: requests it cannot read are not quoted."""

    def setup(self, cfg: Any) -> None:
        """Let our handler write what gunicorn would."""
        super().setup(cfg)
        self.error_log.handlers = [handler_to()]


class Web(BaseApplication):  # type: ignore[misc]
    """gunicorn over one application, which is built before the workers are forked."""

    def __init__(self, app: Flask, settings: Mapping[str, Any]) -> None:
        self._app = app
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its settings; it reads no file and no command line of its own."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application."""
        return self._app


def app_from_env() -> Flask:
    """Return the application as the environment describes it.

    Raises:
        BadConfig: a setting is missing or unusable.
    """
    return create_app(Config.from_env(os.environ))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port."
)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64))
@pass_script_info
def serve(info: ScriptInfo, host: str, port: int, workers: int, threads: int) -> None:
    """Answer over HTTP: the API and the dashboard, until SIGTERM or Ctrl-C.

    Before it listens it makes sure that the clinical files and the rules can be used, that the
    database has every migration, and that the database keeps what it confirms.

    Exit codes: 0 stopped as asked, 1 one of these checks failed or the port is in use.
    """
    app = info.load_app()
    write_to(level=app.config["LOG_LEVEL"])
    startup.check_port(host, port)
    startup.check(app)
    settle_down()
    Web(
        app,
        {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "threads": threads,
            "logger_class": QuietLogger,
            **GUNICORN,
        },
    ).run()


@click.command()
@pass_script_info
def jobs(info: ScriptInfo) -> None:
    """Do what is due: reminders, escalations, messages; until SIGTERM or Ctrl-C.

    Run one beside the web workers.  A second one does no harm: what is due is decided, and
    claimed, in the database.

    Exit codes: 0 stopped as asked, 1 a check at the start failed.
    """
    app = info.load_app()
    write_to(level=app.config["LOG_LEVEL"])
    startup.check(app)
    settle_down()
    run(app, app.extensions["clock"])
