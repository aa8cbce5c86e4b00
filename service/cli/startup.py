"""What is looked at before the service starts: better a refusal now than a surprise at night."""

import logging
import socket
from datetime import datetime

import click
import sqlalchemy as sa
from flask import Flask

from service import schema
from service.care.rules import Rule, rule_set
from service.clinical import knowledge
from service.config_checks import speaks_openly
from service.db import db, transaction
from service.notify.ways_out import vapid_key_of
from service.rulebook.texts import RuleTextChanged, keep

logger = logging.getLogger(__name__)

# PRAGMA synchronous: 2 is FULL, 3 EXTRA; below that a commit may be lost with the power.
_SQLITE_FULL = 2
_OFF = "off"


def check(app: Flask) -> None:
    """Let an application start.  Loads the clinical knowledge and the rules for good.

    Raises:
        click.ClickException: the database lacks migrations, or could lose what it has confirmed.
        BadKnowledge: a clinical file or a rule is wrong.
        BadConfig: the key for pushes to browsers is none.
    """
    knowledge()
    rule_set()
    if app.config["VAPID_PRIVATE_KEY"] is not None:
        vapid_key_of(app.config)
    warn_of_open_lines(app)
    with app.app_context():
        with db.engine.connect() as connection:
            if not schema.is_current(connection):
                raise click.ClickException(
                    "The database lacks migrations: run `waymark db upgrade`."
                )
            check_durability(connection)
            if schema.passes_the_wall(connection):
                raise click.ClickException(
                    "Row-level security does not hold for this role of PostgreSQL:"
                    " connect as one that is no superuser and has no BYPASSRLS."
                )
        keep_rule_texts(app.extensions["clock"].now())
        # Workers are forked after this: none may inherit an open connection.
        db.engine.dispose()


def warn_of_open_lines(app: Flask) -> None:
    """Say in the log that the site has chosen to speak to its database without TLS."""
    if speaks_openly(app.config["SQLALCHEMY_DATABASE_URI"]):
        logger.warning("DATABASE_TLS is off: nobody has made sure that the database is the site's")


def keep_rule_texts(now: datetime) -> None:
    """Write down what each version of a rule in force says.  Inside an application's context.

    At the start of every process rather than with the migrations: a site changes its own folder
    without one, and whoever fires a rule must not run before what it says is on record.

    Raises:
        click.ClickException: a rule was changed and kept its version.
    """
    of: dict[str, list[Rule]] = {}
    for rule in rule_set().rules:
        of.setdefault(rule.origin, []).append(rule)
    try:
        with transaction() as session:
            for origin, rules in of.items():
                keep(session, rules, clinic_id=None, origin=origin, now=now)
    except RuleTextChanged as changed:
        raise click.ClickException(f"{changed}: raise its version, or restore its text.") from None


def check_durability(connection: sa.Connection) -> None:
    """Let a database past that has on disk what it says it has committed.

    Raises:
        click.ClickException: it may lose an acknowledged report; the message names the setting.
    """
    if connection.dialect.name == "sqlite":
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        if int(level) < _SQLITE_FULL:
            raise _unsafe(f"synchronous is {level}, not FULL")
        return
    for setting in ("fsync", "synchronous_commit"):
        value = connection.exec_driver_sql(f"SHOW {setting}").scalar_one()
        if value == _OFF:
            raise _unsafe(f"{setting} is off")


def check_port(host: str, port: int) -> None:
    """Let an address past that can be listened on.

    Raises:
        click.ClickException: somebody listens there, or it is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As gunicorn does: connections of a server that has just stopped do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = error.strerror or str(error)
            raise click.ClickException(f"Cannot listen on {host}, port {port}: {why}.") from None


def _unsafe(what: str) -> click.ClickException:
    return click.ClickException(
        f"The database could lose a confirmed report when the power goes: {what}."
    )
