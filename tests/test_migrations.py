"""Migrations and models describe the same database, on both databases."""

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from service import schema
from service.tables import metadata
from tests.conftest import databases


@pytest.fixture(params=databases())
def connection(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/empty.sqlite"
    else:
        url = request.getfixturevalue("cluster").create_database(f"migrations_{tmp_path.name}")
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def alembic(connection):
    config = schema.alembic_config()
    config.attributes["connection"] = connection
    return config


def test_migrations_build_what_the_models_say(connection, alembic):
    command.upgrade(alembic, "head")
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert compare_metadata(context, metadata) == []


def test_every_migration_can_be_undone_and_done_again(connection, alembic):
    command.upgrade(alembic, "head")
    command.downgrade(alembic, "base")
    assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    command.upgrade(alembic, "head")
    assert "patients" in sa.inspect(connection).get_table_names()


def test_upgrading_twice_changes_nothing(connection):
    schema.upgrade(connection.engine)
    schema.upgrade(connection.engine)
    with connection.engine.connect() as fresh:
        assert schema.is_current(fresh)


def test_an_empty_database_is_not_current(connection):
    assert not schema.is_current(connection)
