"""The database from the command line."""

from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from service import schema
from service.accounts import word_keys
from service.db import db as database
from service.db import transaction
from service.sync.restoring import begin_new_life


@click.group()
def db() -> None:
    """The database: bring it to the shape this version needs, and say who may use it."""


@db.command("upgrade")
@with_appcontext
def upgrade() -> None:
    """Apply every migration that is still to be applied, all or nothing.

    Safe to run again, and by several machines at once: on PostgreSQL one waits for the other.

    Exit codes: 0 the database is up to date, 1 it does not answer or a migration failed.
    """
    with database.engine.connect() as connection:
        was_current = schema.is_current(connection)
    if not was_current:
        schema.upgrade(database.engine)
        with transaction() as session:
            # What signs staff in is never read plain; patients' words wait for `keys seal`.
            word_keys.seal_secrets(session)
            if word_keys.open_patients(session, most=1):
                click.echo("Some private words are plain yet: run `waymark keys seal`.", err=True)
    click.echo("The database is up to date." if was_current else "The database was upgraded.")


@db.command("restored")
@with_appcontext
def restored() -> None:
    """Say that this database has come back from a backup, so that phones begin anew.

    Run it after every restore and before the service is started.  Each phone is then told all of
    a record at its next sync; without it, phones that had seen what was lost would miss changes.
    Run once too often it costs each phone one long sync, and nothing else.

    Exit codes: 0 done, 1 the database does not answer.
    """
    app: Any = current_app
    with transaction() as session:
        begin_new_life(session, now=app.extensions["clock"].now())
    click.echo("Phones are told everything again at their next sync.")


@db.command("grant")
@click.argument("role")
@click.option("--reports", is_flag=True, help="Let it read weekly counts, which name no patient.")
@with_appcontext
def grant(role: str, *, reports: bool) -> None:
    """Let a role of PostgreSQL run the service: read and write rows, and nothing else.

    Run it as the owner of the tables, after every upgrade.  The role must exist.

    Exit codes: 0 it may, 1 the role is not there or the database is SQLite.
    """
    if database.engine.dialect.name != "postgresql":
        raise click.ClickException("SQLite has no roles.")
    try:
        schema.let_run(database.engine, role, reports_only=reports)
    except schema.NotAName:
        raise click.ClickException("A role's name is lower-case letters, digits and _.") from None
    click.echo(f"{role} may {'read the weekly counts' if reports else 'run the service'}.")
