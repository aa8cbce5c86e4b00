"""Alembic: run migrations on the connection handed over in ``config.attributes``.

``waymark db upgrade`` and the tests hand one over; there is no other way in, so the address of
the database is read in one place only, ``service/config.py``.
"""

from alembic import context

from service.tables import metadata


def render_item(kind, item, autogen_context):
    """Write our own column types as plain SQLAlchemy ones: migrations import no service."""
    if kind == "type" and type(item).__name__ == "UtcDateTime":
        return "sa.DateTime(timezone=True)"
    if kind == "type" and type(item).__name__ == "Words":
        return "sa.Text()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
