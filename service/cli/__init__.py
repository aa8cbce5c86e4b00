"""The command line: ``waymark``, and the same commands under ``flask --app wsgi``.

Each command is imported when it is asked for, so that a fault in the clinical files is one line
on standard error instead of a traceback.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from service.clinical.reading import BadKnowledge
from service.environment import BadConfig

COMMANDS: Mapping[str, str] = {
    "demo": "service.cli.demo.command:demo",
    "serve": "service.cli.processes:serve",
    "jobs": "service.cli.processes:jobs",
    "db": "service.cli.database:db",
    "keys": "service.cli.keys:keys",
    "clinic": "service.cli.clinics:clinic",
    "staff": "service.cli.clinics:staff",
    "invite": "service.cli.clinics:invite",
    "knowledge": "service.cli.knowledge:knowledge",
    "synth": "service.cli.synth.command:synth",
    "studies": "service.cli.studies:studies",
    "replay": "service.cli.replay.command:replay",
    "vapid-key": "service.cli.push:vapid_key",
    "audit": "service.cli.audit:audit",
    "incident": "service.cli.incident:incident",
    "erasure": "service.cli.erasure:erasure",
    "access-page": "service.cli.access:access_page",
    "contract": "service.cli.contract:contract",
}
"""Where each command is, by its name, in the order of the help page."""

_MISSING_TABLE = ("no such table", "UndefinedTable")


class Commands(click.Group):
    """The commands; what they cannot do becomes one line on standard error and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command that has this name; ``None`` if there is none."""
        if cmd_name not in COMMANDS:
            return None
        with _in_one_line():
            return _command(cmd_name)

    def make_context(
        self, info_name: str | None, args: list[str], *more: Any, **extra: Any
    ) -> click.Context:
        """Let commands that need the application build it from the environment."""
        extra.setdefault("obj", ScriptInfo(create_app=_app_from_env, set_debug_flag=False))
        return super().make_context(info_name, args, *more, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _in_one_line():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Waymark: the backend of an app for people living with advanced breast cancer.

    Settings come from the environment: SECRET_KEY and MASTER_KEYS are needed, DATABASE_URL
    defaults to sqlite:///waymark.sqlite.  "demo", "replay" and "knowledge check" need none.

    Exit codes: 0 done, 1 could not be done (one line on standard error says why), 2 the command
    was not written as it should be.
    """


def register(app: Flask) -> None:
    """Let ``flask`` know these commands too, for the application its ``--app`` names."""
    for name in COMMANDS:
        app.cli.add_command(_command(name), name)


def _command(name: str) -> click.Command:
    found: click.Command = _load(COMMANDS[name])
    return found


def _app_from_env() -> Flask:
    app: Flask = _load("service.cli.processes:app_from_env")()
    return app


def _load(where: str) -> Any:
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except (BadConfig, BadKnowledge) as bad:
        raise click.ClickException(str(bad)) from None
    except (ArgumentError, NoSuchModuleError) as bad:
        raise click.ClickException(f"DATABASE_URL: {bad}") from None
    except DBAPIError as error:
        raise click.ClickException(_database_fault(error)) from error


def _database_fault(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines() or [type(error).__name__]
    if any(sign in f"{error.orig!r}" for sign in _MISSING_TABLE):
        return f"The database is not set up ({lines[0]}): run `waymark db upgrade`."
    return f"The database does not answer: {lines[0]}"
