"""Migrations and models describe the same database, on both databases."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from service import schema
from service.tables import metadata
from tests.conftest import MONDAY_MORNING, databases


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


def test_every_course_she_is_on_gets_its_period(connection, alembic):
    """Rows of the version before: what she takes goes on, what is over or planned gets none."""
    command.upgrade(alembic, "0001")
    ids = {name: uuid4() for name in ("clinic", "account", "patient")}
    held = {"type": "on_off", "on_days": 21, "off_days": 7, "times": ["09:00"]}
    filled = {
        "clinics": {"id": ids["clinic"], "name": "Harbor"},
        "accounts": {"id": ids["account"], "clinic_id": ids["clinic"], "role": "patient"},
        "patients": {
            "id": ids["patient"], "clinic_id": ids["clinic"], "account_id": ids["account"],
            "care_status": "active", "display_name": "Ana",
        },
    }  # fmt: skip
    for table, values in filled.items():
        _insert(connection, table, values)
    courses = [
        ("active", None, held, None), ("held", None, None, None), ("stopped", None, held, None),
        ("planned", None, held, None), ("active", date(2026, 2, 1), held, None),
        ("active", None, held, datetime(2026, 2, 1, tzinfo=UTC)),
    ]  # fmt: skip
    made = []
    for status, ended_on, schedule, deleted_at in courses:
        values = {
            "id": uuid4(), "patient_id": ids["patient"], "entered_by": ids["account"],
            "status": status, "ended_on": ended_on, "schedule": schedule, "dose": "600 mg",
            "deleted_at": deleted_at, "started_on": date(2026, 1, 5), "code": "ribociclib",
            "content_hash": b"x" * 32,
        }  # fmt: skip
        _insert(connection, "treatments", values)
        made.append(values["id"])
    connection.commit()

    command.upgrade(alembic, "head")

    periods = connection.execute(
        sa.select(metadata.tables["dosage_periods"]).order_by(sa.text("status"))
    ).all()
    assert [
        (row.treatment_id, row.patient_id, row.starts_at, row.ends_at, row.status, row.day_one,
         row.schedule, row.dose)
        for row in periods
    ] == [
        (made[0], ids["patient"], "2026-01-05T00:00", None, "active", date(2026, 1, 5), held, "600 mg"),
        (made[1], ids["patient"], "2026-01-05T00:00", None, "held", date(2026, 1, 5), None, "600 mg"),
    ]  # fmt: skip
    treatments = metadata.tables["treatments"]
    asked = sa.select(treatments.c.id, treatments.c.doses_until)
    planned = {row.id: row.doses_until for row in connection.execute(asked)}
    assert planned.keys() == set(made)
    assert {id for id, until in planned.items() if until is not None} == set(made[:2])
    # Nobody was asked before: what she is asked about begins with the upgrade.
    assert {row.made_at for row in periods} == {planned[made[0]]}


def _insert(connection, name, values):
    """Insert a row into a table as it is now, with anything where it must not be empty."""
    columns = sa.inspect(connection).get_columns(name)
    types = metadata.tables[name].c
    table = sa.table(name, *(sa.column(one["name"], types[one["name"]].type) for one in columns))
    something = {str: "x", int: 0, bool: False, datetime: MONDAY_MORNING, date: date(2026, 1, 1)}
    needed = {
        column["name"]: {} if isinstance(of, sa.JSON) else something[of.python_type]
        for column in columns
        if not column["nullable"] and column["name"] not in values and not column.get("computed")
        for of in [column["type"]]
    }
    connection.execute(sa.insert(table), needed | values)


def test_alerts_get_their_clock_and_needs_their_place_on_the_cascade(connection, alembic):
    """Rows of the version before: what waits goes on waiting, by the clock that runs for it."""
    command.upgrade(alembic, "0002")
    ids = {name: uuid4() for name in ("clinic", "account", "patient", "request")}
    patient = {"clinic_id": ids["clinic"], "patient_id": ids["patient"]}
    take_by, contact_by = (datetime(2026, 3, day, tzinfo=UTC) for day in (3, 4))
    filled = [
        ("clinics", {"id": ids["clinic"], "name": "Harbor"}),
        ("accounts", {"id": ids["account"], "clinic_id": ids["clinic"], "role": "patient"}),
        ("patients", {
            "id": ids["patient"], "clinic_id": ids["clinic"], "account_id": ids["account"],
            "care_status": "active", "display_name": "Ana",
        }),
        ("support_requests", {
            "id": ids["request"], **patient, "kind": "chaplain", "queue": "chaplaincy",
            "state": "closed", "entered_by": ids["account"], "content_hash": b"x" * 32,
            "closed_at": MONDAY_MORNING,
        }),
    ]  # fmt: skip
    alerts = {}
    for queue, state in (("social_work", "open"), ("nursing", "acknowledged")):
        alerts[queue] = uuid4()
        filled.append(("alerts", {
            "id": alerts[queue], **patient, "queue": queue, "state": state, "severity": "soon",
            "acknowledge_by": take_by, "contact_by": contact_by,
            "acknowledged_by": ids["account"],
        }))  # fmt: skip
    for table, values in filled:
        _insert(connection, table, values)
    connection.commit()

    command.upgrade(alembic, "head")

    table = metadata.tables["alerts"].c
    due = {row.id: row.due_at for row in connection.execute(sa.select(table.id, table.due_at))}
    assert due == {alerts["social_work"]: take_by, alerts["nursing"]: contact_by}
    begun = connection.execute(sa.select(metadata.tables["cascades"])).all()
    assert {(row.alert_id, row.request_id, row.kind, row.ended_as) for row in begun} == {
        (alerts["social_work"], None, "another", None),
        (None, ids["request"], "chaplain", "completed"),
    }


def test_upgrading_twice_changes_nothing(connection):
    schema.upgrade(connection.engine)
    schema.upgrade(connection.engine)
    with connection.engine.connect() as fresh:
        assert schema.is_current(fresh)


def test_an_empty_database_is_not_current(connection):
    assert not schema.is_current(connection)
