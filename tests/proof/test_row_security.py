"""The second wall: with the filter gone, PostgreSQL still shows nothing of another clinic's.

SQLite has none, as docs/operators.md says: these tests are over PostgreSQL alone.
"""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service import schema
from service.accounts.models import Patient
from service.accounts.queries import viewer_of
from service.alerts.models import Alert
from service.db import db, transaction
from service.ids import new_id
from service.journey.models import Event
from service.row_security import narrow, reach_every_clinic
from service.tables import metadata
from tests.postgres import APP

pytestmark = pytest.mark.postgresql

# What is asked before anybody is known, or is about no clinic at all.
WITHOUT_A_WALL = {
    "attempt_windows": "counts calls by the hash of an address",
    "clinics": "names and telephone numbers of clinics, which who registers may read",
    "device_sessions": "asked for by its id to find who calls",
    "devices": "asked for by an account that is known",
    "heartbeats": "says when the scheduler last ran",
    "kept_answers": "asked for by an account that is known, and sealed with what it sends",
    "lateness": "counts late messages of the site",
    "mailed_codes": "asked for by the hash of a secret that only the asker has",
    "passkey_challenges": "asked for by the hash of a challenge",
    "passkeys": "asked for by what it is called to find who calls",
    "password_resets": "asked for by the hash of a code",
    "pending_factors": "asked for by an account that is known",
    "recovery_codes": "asked for by an account whose password was right",
    "refresh_tokens": "asked for by its own hash",
    "saved_views": "asked for by an account that is known",
    "sso_attempts": "asked for by the hash of what comes back from the provider",
    "sso_links": "asked for by a provider's name for somebody, to find who calls",
    "zone_clocks": "what time zones are like",
}

# A clinic's own among those of everybody.
OF_ALL = {"article_revisions", "rule_texts", "study_imports", "support_entries"}


@pytest.fixture
def both(app, world, call):
    """A patient of each clinic who has logged the same things; staff who forgot a password."""
    for name in ("nora", "olga"):
        body = {"email": f"{name}@example.org"}
        assert call(None, "POST /auth/password/forgot", body).status_code == 202
    for name in ("ana", "ben"):
        for what, body in (
            ("symptom-reports", {"answers": [], "temperature_c": 38.6, "note": "hot",
                                 "reported_at": "2026-03-02T16:00:00Z"}),
            ("treatments", {"code": "letrozole", "started_on": "2026-01-05", "status": "active"}),
            ("wellbeing-checks", {"checked_at": "2026-03-02T16:00:00Z", "distress": 7}),
            ("events", {"kind": "appointment", "title": "x", "starts_at": "2026-03-09T16:00:00Z"}),
            ("support-requests", {"kind": "chaplain", "contact_by": "phone"}),
        ):  # fmt: skip
            body = {"id": str(uuid4()), **body}
            assert call(name, f"POST /patients/me/{what}", body).status_code == 201
    return world


def walled():
    with db.engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
                " AND relnamespace = 'public'::regnamespace ORDER BY relname"
            )
        )
        return [metadata.tables[name] for (name,) in rows]


def keys(session, table):
    return set(session.execute(sa.select(*table.primary_key.columns)).all())


def seen_from(app, clinic_id):
    """Return the keys of every walled table's rows as a request of a clinic sees them, unfiltered."""
    with app.test_request_context(), transaction() as session:
        narrow(session, clinic_id)
        return {table.name: keys(session, table) for table in walled()}


def test_s05_every_table_is_behind_the_wall_or_says_why_not(app):
    with app.app_context():
        behind = {table.name for table in walled()}
    assert not behind & WITHOUT_A_WALL.keys()
    assert behind | WITHOUT_A_WALL.keys() == metadata.tables.keys()


def test_s05_with_every_filter_gone_no_clinic_sees_another(app, both):
    harbor = seen_from(app, both.clinic_id)
    hilltop = seen_from(app, both.other_clinic_id)
    with app.app_context(), transaction() as session:
        everything = {table.name: keys(session, table) for table in walled()}
    for table, rows in everything.items():
        assert harbor[table] | hilltop[table] == rows, table
        assert table in OF_ALL or not harbor[table] & hilltop[table], table
    filled = {table for table in harbor if harbor[table] and hilltop[table]}
    assert filled >= {"patients", "symptom_reports", "alerts", "alert_reasons", "alert_steps",
                      "support_steps", "doses", "access_log", "outbox_messages"}  # fmt: skip


def test_s05_until_it_is_known_who_calls_little_is_seen_and_less_done(app, both):
    a_message = copy_of("outbox_messages", app, recipient_id=both["olga"].account_id)
    with app.test_request_context(), transaction() as session:
        seen = {table.name for table in walled() if keys(session, table)} - OF_ALL
        assert seen == {"accounts", "patients"}
        assert session.execute(sa.delete(Patient)).rowcount == 0
        moved = sa.update(metadata.tables["access_log"]).values(route="x")
        assert session.execute(moved).rowcount == 0
    for write in (a_message, copy_of("patients", app, id=both["ben"].patient_id)):
        with (
            pytest.raises(sa.exc.ProgrammingError, match="row-level security"),
            app.test_request_context(),
            transaction() as session,
        ):
            session.execute(write)


def test_s05_who_calls_leaves_the_transaction_her_clinic(app, both, clock):
    tokens = app.extensions["tokens"]
    bearer = both["nora"].headers["Authorization"].removeprefix("Bearer ")
    with app.test_request_context(), transaction() as session:
        device = tokens.read(bearer, kind="app", now=clock.now())
        assert len(session.scalars(sa.select(Alert.id)).all()) == 0
        viewer_of(session, device, kind="app", now=clock.now())
        clinics = session.scalars(sa.select(Patient.clinic_id)).all()
        assert set(clinics) == set(session.scalars(sa.select(Alert.clinic_id))) == {both.clinic_id}


def test_s05_a_row_for_another_clinic_is_refused(app, both):
    ben = both["ben"].patient_id
    moved = sa.update(Patient).values(clinic_id=both.other_clinic_id)
    for write in (copy_of("events", app, patient_id=ben), moved):
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
            write_from(app, both.clinic_id, write)
    with app.test_request_context(), transaction() as session:
        narrow(session, both.clinic_id)
        hers = Event.patient_id == ben
        assert session.execute(sa.update(Event).where(hers).values(title="y")).rowcount == 0
        assert session.execute(sa.delete(Event).where(hers)).rowcount == 0


def write_from(app, clinic_id, statement):
    with app.test_request_context(), transaction() as session:
        narrow(session, clinic_id)
        session.execute(statement)


def copy_of(name: str, app, **where: UUID):
    """Return the insertion of a row once more, under another id."""
    table = metadata.tables[name]
    with app.app_context(), transaction() as session:
        row = session.execute(sa.select(table).filter_by(**where).limit(1)).one()
        return sa.insert(table).values({**row._mapping, "id": new_id()})


def test_s06_what_a_request_could_see_does_not_stay_with_the_connection(app, both):
    seen_from(app, both.clinic_id)
    with app.test_request_context(), transaction() as session:
        reach_every_clinic(session)
        assert len(keys(session, metadata.tables["patients"])) == 2
    with app.app_context():
        raw = db.engine.raw_connection()  # the one that was just given back: no BEGIN of ours
        try:
            for table in walled():
                if table.name not in OF_ALL:
                    rows = raw.execute(f"SELECT count(*) FROM {table.name}").fetchone()
                    assert rows == (0,), table.name
        finally:
            raw.close()


@pytest.fixture
def connect_as(cluster):
    """Make an engine that connects to one database as a role."""
    cluster.create_database("roles")
    made = []

    def connect(role):
        made.append(sa.create_engine(cluster.url("roles", role)))
        return made[-1]

    yield connect
    for engine in made:
        engine.dispose()


@pytest.mark.usefixtures("database_url")
def test_s92_the_role_that_runs_the_service_changes_rows_and_nothing_else(cluster, connect_as):
    owner = connect_as(APP)
    for role in ("runs_it", "reads_reports"):
        cluster.create_role(role)
    schema.upgrade(owner)
    schema.let_run(owner, "runs_it")
    schema.let_run(owner, "runs_it")
    schema.let_run(owner, "reads_reports", reports_only=True)
    runs, reads = connect_as("runs_it"), connect_as("reads_reports")
    with runs.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM patients").scalar_one() == 0
        assert not schema.passes_the_wall(connection)
        # As the scheduler seals what was logged.
        connection.exec_driver_sql("UPDATE access_log SET number = 1, hash = 'x'")
    for forbidden in (
        "CREATE TABLE x (id int)", "DROP TABLE events", "TRUNCATE access_log",
        "DELETE FROM access_log", "UPDATE access_log SET route = 'x'",
        "ALTER TABLE patients NO FORCE ROW LEVEL SECURITY", "DROP POLICY one_clinic ON patients",
        "DELETE FROM alembic_version", "SET session_replication_role = replica",
    ):  # fmt: skip
        refused(runs, forbidden)
    with reads.begin() as connection:
        connection.exec_driver_sql("SELECT * FROM measure_weeks")
    for table in ("patients", "care_notes", "symptom_reports", "accounts", "access_log"):
        refused(reads, f"SELECT * FROM {table}")
    with pytest.raises(schema.NotAName):
        schema.let_run(owner, 'x"; DROP TABLE events; --')
    for role, passes in (("waymark", True), (APP, False)):
        with connect_as(role).connect() as connection:
            assert schema.passes_the_wall(connection) is passes


def refused(engine, statement):
    with (
        pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be owner"),
        engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)
