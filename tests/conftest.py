"""The small world all tests live in, once on SQLite and once on PostgreSQL.

Ana is the patient.  Nora is the nurse, Omar the oncologist, Sol the social worker, Chaya the
chaplain, Cora the coordinator, Eva the editor, Ada the administrator, Per the privacy officer,
Hugo Ana's husband.  Ben is a patient of another clinic, where Olga is the nurse: they must
learn nothing.
"""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from service import schema
from service.accounts.models import Account, Clinic, Patient, Role, RosterEntry
from service.accounts.session_models import DeviceSession
from service.app import create_app
from service.config import Config
from service.db import db, transaction
from service.ids import new_id
from service.panel import actions as panel
from service.sealing import keys_out_of
from service.tables import metadata
from tests.kept_log import log_let_go
from tests.postgres import Cluster

SECRET = "not a secret at all, but long enough"
MASTER_KEYS = keys_out_of(SECRET)
API = "/api/v1"
MONDAY_MORNING = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # 09:00 in Los Angeles


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime = MONDAY_MORNING) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def pass_time(self, **units: float) -> None:
        self.moment += timedelta(**units)


@dataclass
class Person:
    """Somebody who can call the API."""

    name: str
    role: Role
    account_id: UUID
    session_id: UUID
    headers: dict[str, str]
    patient_id: UUID | None = None


@dataclass
class World:
    """Two clinics and the people in them."""

    people: dict[str, Person] = field(default_factory=dict)
    clinic_id: UUID | None = None
    other_clinic_id: UUID | None = None

    def __getitem__(self, name: str) -> Person:
        return self.people[name]


STAFF_OF_HARBOR = {
    "nora": Role.NURSE, "omar": Role.PHYSICIAN, "sol": Role.SOCIAL_WORKER,
    "chaya": Role.CHAPLAIN, "cora": Role.COORDINATOR, "eva": Role.EDITOR,
    "ada": Role.ADMINISTRATOR, "per": Role.PRIVACY_OFFICER,
}  # fmt: skip
ROSTER = {
    "nursing": ["nora", "omar"], "social_work": ["sol"], "chaplaincy": ["chaya"],
    "coordination": ["cora"], "administrator": ["ada"],
}  # fmt: skip
HOURS = {day: ["08:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
PHONES = {"oncology_line": "206-555-0100", "emergency_number": "911", "crisis_line": "988"}


def databases() -> list[str]:
    """SQLite and PostgreSQL, or the ones named in WAYMARK_TEST_DATABASES."""
    return os.environ.get("WAYMARK_TEST_DATABASES", "sqlite,postgresql").split(",")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


@pytest.fixture(scope="session", params=databases())
def database_url(request: pytest.FixtureRequest, tmp_path_factory: Any) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('db')}/waymark.sqlite"
    return request.getfixturevalue("cluster").create_database("waymark_tests")


@pytest.fixture(scope="session")
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def built_app(database_url: str, clock: FixedClock) -> Iterator[Flask]:
    config = Config(
        SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=database_url, COOKIES_NEED_TLS=False,
        CALLS_A_MINUTE=1_000_000, PASSWORD_TIME_COST=1, PASSWORD_MEMORY_KIB=64,
    )  # fmt: skip
    app = create_app(config, clock)
    with app.app_context():
        sa.event.listen(db.engine, "connect", _do_not_wait_for_the_disk)
        schema.upgrade(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(built_app: Flask, clock: FixedClock) -> Iterator[Flask]:
    """The application over an empty database, on a Monday morning."""
    clock.moment = MONDAY_MORNING
    yield built_app
    empty(built_app)


def empty(app: Flask) -> None:
    """Delete every row of every table.

    On PostgreSQL without looking for what points at a row: with the plan of a table that was
    empty, that once took longer over thousands of rows than a statement may.
    """
    deletes = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
    with app.app_context(), db.engine.begin() as connection, log_let_go(connection):
        if connection.dialect.name == "postgresql":
            # Many in one are sent at once, but not prepared.
            connection.connection.driver_connection.execute("; ".join(deletes), prepare=False)
            return
        for delete in deletes:
            connection.connection.driver_connection.execute(delete)


def _do_not_wait_for_the_disk(connection: Any, _record: Any) -> None:
    # No test cuts the power; each would wait for the disk at every commit.
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    """Two clinics with everybody signed in."""
    harbor, hilltop = (
        Clinic(
            id=new_id(), name=name, time_zone="America/Los_Angeles", hours=HOURS, phones=PHONES,
            created_at=clock.now(),
        )
        for name in ("Harbor Cancer Care", "Hilltop Oncology")
    )  # fmt: skip
    world = World(clinic_id=harbor.id, other_clinic_id=hilltop.id)
    there = [
        *((name, role, harbor.id) for name, role in STAFF_OF_HARBOR.items()),
        ("ana", Role.PATIENT, harbor.id), ("hugo", Role.CAREGIVER, harbor.id),
        ("ben", Role.PATIENT, hilltop.id), ("olga", Role.NURSE, hilltop.id),
    ]  # fmt: skip
    people = [_somebody(name, role, clinic_id, clock.now()) for name, role, clinic_id in there]
    for one in people:
        world.people[one.name] = one.person(app)
    with app.app_context(), transaction() as session:
        session.add_all([harbor, hilltop])
        session.flush()
        _write(session, people)
        session.add_all(
            RosterEntry(
                clinic_id=harbor.id, duty=duty, position=position,
                account_id=world[name].account_id,
            )
            for duty, names in ROSTER.items()
            for position, name in enumerate(names)
        )  # fmt: skip
    return world


def _add(
    app: Flask, session: Any, clock: FixedClock, world: World, name: str, role: Role,
    clinic_id: UUID | None,
) -> None:  # fmt: skip
    """Let one more person into the world."""
    somebody = _somebody(name, role, clinic_id, clock.now())
    _write(session, [somebody])
    world.people[name] = somebody.person(app)


def _write(session: Any, people: list["Somebody"]) -> None:
    # Kind by kind, so that each is written in one go: this is done before almost every test.
    patients = [one.patient for one in people if one.patient]
    for rows in ([one.account for one in people], [one.session for one in people], patients):
        session.add_all(rows)
        session.flush()
    for patient in patients:
        panel.open_summary(
            session, patient_id=patient.id, clinic_id=patient.clinic_id,
            name=patient.display_name, now=patient.joined_at,
        )  # fmt: skip


class Somebody(NamedTuple):
    """The rows of one person."""

    name: str
    account: Account
    session: DeviceSession
    patient: Patient | None

    def person(self, app: Flask) -> Person:
        """Return the person with a token of her session."""
        token = app.extensions["tokens"].sign(
            self.session.id, kind="app", expires_at=self.session.expires_at
        )
        return Person(
            name=self.name, role=self.account.role,
            account_id=self.account.id, session_id=self.session.id,
            headers={"Authorization": f"Bearer {token}"},
            patient_id=self.patient.id if self.patient else None,
        )  # fmt: skip


def _somebody(name: str, role: Role, clinic_id: UUID | None, now: datetime) -> Somebody:
    account = Account(
        id=new_id(), clinic_id=clinic_id, role=role, email=f"{name}@example.org",
        email_key=f"{name}@example.org", password_hash="!", display_name=name.title(),
        time_zone="America/Los_Angeles", locale="en", created_at=now,
        totp_confirmed_at=None if role in {Role.PATIENT, Role.CAREGIVER} else now,
    )  # fmt: skip
    signed_in = DeviceSession(
        id=new_id(), account_id=account.id, kind="app", created_at=now, last_used_at=now,
        proved_at=now, expires_at=now + timedelta(days=600),
    )  # fmt: skip
    patient = None
    if role is Role.PATIENT:
        patient = Patient(
            id=new_id(), account_id=account.id, clinic_id=clinic_id, display_name=name.title(),
            time_zone="America/Los_Angeles", locale="en", joined_at=now,
        )  # fmt: skip
    return Somebody(name, account, signed_in, patient)


@pytest.fixture
def call(client: FlaskClient, world: World) -> Any:
    """Call the API as somebody: ``call("ana", "POST /patients/me/treatments", {...})``."""

    def call(name: str | None, what: str, body: Any = None, **kwargs: Any) -> Any:
        method, path = what.split(" ", 1)
        headers = dict(world[name].headers) if name else {}
        headers.update(kwargs.pop("headers", {}))
        if body is not None:
            kwargs["json"] = body
        return client.open(API + path, method=method, headers=headers, **kwargs)

    return call


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each database a worker of its own; leave out what is not to be seen over one.

    Under ``-n 3 --dist loadgroup`` what runs over SQLite and what runs over PostgreSQL go side by
    side, each over one database that is built once; beside them goes what mostly waits for a
    browser or another process.  Pages are the same over both, and what is read for them is tested
    over both without a browser.  What only PostgreSQL has is not looked for in SQLite.
    """
    kept, left_out = [], []
    for item in items:
        over = getattr(item, "callspec", None) and item.callspec.params.get("database_url")
        if over:
            waits = item.get_closest_marker("browser") or "tests/proof/" in item.nodeid
            item.add_marker(pytest.mark.xdist_group(f"{over}, waiting" if waits else over))
        is_looked_at_elsewhere = (
            over
            and over != databases()[0]
            and (item.get_closest_marker("browser") or item.get_closest_marker("one_database"))
        )
        is_not_there = over == "sqlite" and item.get_closest_marker("postgresql")
        (left_out if is_looked_at_elsewhere or is_not_there else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
