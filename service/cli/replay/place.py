"""A fresh database for a story, and the application over it."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask

from service import schema
from service.app import create_app
from service.clock import Clock
from service.config import Config, database_url
from service.db import db


@contextmanager
def fresh_app(database: str | None, clock: Clock) -> Iterator[Flask]:
    """Give an application over an empty database, in which it is the story's own time.

    Args:
        database: ``None`` for a temporary SQLite file; an SQLite address that holds nothing yet,
            which stays; or a PostgreSQL address, where a schema of its own is made and removed.
        clock: the story's.

    Raises:
        click.ClickException: the SQLite database holds something.
        BadConfig: the address is of another kind of database.
    """
    if database is None:
        with tempfile.TemporaryDirectory(prefix="waymark-replay-") as folder:
            path = Path(folder) / "story.sqlite"
            yield from _on(f"sqlite:///{path}", clock, None)
        return
    url = database_url(database)
    if url.startswith("sqlite"):
        yield from _on(url, clock, None)
    else:
        yield from _on(url, clock, f"waymark_replay_{secrets.token_hex(4)}")


def _on(url: str, clock: Clock, own_schema: str | None) -> Iterator[Flask]:
    app = create_app(_config(url), clock)
    with app.app_context():
        engine = db.engine
    try:
        if own_schema is None:
            _refuse_unless_empty(engine)
        else:
            _move_into(engine, own_schema)
        schema.upgrade(engine)
        yield app
    finally:
        if own_schema is not None:
            with engine.begin() as connection:
                connection.execute(sa.schema.DropSchema(own_schema, cascade=True, if_exists=True))
        engine.dispose()


def _config(url: str) -> Config:
    # The accounts live for one story: a quick hash does.
    return Config(
        SECRET_KEY=secrets.token_hex(), SQLALCHEMY_DATABASE_URI=url, COOKIES_NEED_TLS=False,
        PASSWORD_TIME_COST=1, PASSWORD_MEMORY_KIB=1024,
    )  # fmt: skip


def _refuse_unless_empty(engine: sa.Engine) -> None:
    if sa.inspect(engine).get_table_names():
        raise click.ClickException(
            f"{engine.url.database} is not empty: a story needs a database of its own."
        )


def _move_into(engine: sa.Engine, name: str) -> None:
    """Make a schema and let every connection live in it."""
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    engine.dispose()

    # First, before SQLAlchemy asks a connection which schema it is in.
    @sa.event.listens_for(engine, "connect", insert=True)
    def enter(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute(f'SET search_path TO "{name}"')
        connection.autocommit = False
