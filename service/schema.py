"""Bringing a database to the shape the code expects."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
# Any number will do, as long as every process that migrates uses the same.
_LOCK = 7_201_961


def upgrade(engine: sa.Engine) -> None:
    """Apply every migration that is still to be applied, all or nothing.

    On PostgreSQL a second process that wants the same waits for the first.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
            connection.commit()
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK)))
            connection.commit()


def is_current(connection: sa.Connection) -> bool:
    """Tell whether the database has every migration."""
    at = MigrationContext.configure(connection).get_current_heads()
    return set(at) == set(ScriptDirectory.from_config(alembic_config()).get_heads())


def alembic_config() -> Config:
    """Return Alembic's settings, wherever the process was started."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
