"""Bringing a database to the shape the code expects."""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
# Any number will do, as long as every process that migrates uses the same.
_LOCK = 7_201_961
# Tables the service's role may not do everything to, and what it may.
_KEPT = {
    "alembic_version": "SELECT",
    # Sealing puts number and hash in, once; triggers see to the once (migration 0005).
    "access_log": "SELECT, INSERT, UPDATE (number, hash)",
}
_FOR_REPORTS = ("clinics", "drills", "lateness", "measure_weeks")


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


class NotAName(ValueError):
    """What was said to be the name of a role cannot be one without quoting."""


def let_run(engine: sa.Engine, role: str, *, reports_only: bool = False) -> None:
    """Let a role of PostgreSQL run the service, or read what a clinic's reports are made of.

    Rows and nothing else: it cannot change a table, a policy or who may do what.  Of reports it
    reads what names no patient.  Safe to repeat, and needed again after an upgrade.

    Raises:
        NotAName: the role's name is not plain lower-case letters, digits and underscores.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", role):
        raise NotAName(role)
    tables = set(sa.inspect(engine).get_table_names())
    with engine.begin() as connection:
        say = connection.exec_driver_sql
        say(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
        say(f"GRANT USAGE ON SCHEMA public TO {role}")
        for table in sorted(_FOR_REPORTS if reports_only else tables - _KEPT.keys()):
            may = "SELECT" if reports_only else "SELECT, INSERT, UPDATE, DELETE"
            say(f"GRANT {may} ON {table} TO {role}")
        if not reports_only:
            for table, may in _KEPT.items():
                say(f"GRANT {may} ON {table} TO {role}")


def passes_the_wall(connection: sa.Connection) -> bool:
    """Tell whether row-level security does not hold for the role we are connected as."""
    if connection.dialect.name != "postgresql":
        return False
    asked = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    return bool(connection.exec_driver_sql(asked).scalar_one())


def is_current(connection: sa.Connection) -> bool:
    """Tell whether the database has every migration."""
    at = MigrationContext.configure(connection).get_current_heads()
    return set(at) == set(ScriptDirectory.from_config(alembic_config()).get_heads())


def alembic_config() -> Config:
    """Return Alembic's settings, wherever the process was started."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
