"""What stands in the log beside looks and changes, and what a breach's list is made of."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.cli import ScriptInfo

from service.audit.models import NOBODY, AccessLogEntry
from service.cli import main
from service.db import db, transaction
from service.jobs.log_keeping import seal_the_log
from tests.kept_log import log_let_go

LOG = AccessLogEntry.__table__


@pytest.fixture
def log(app):
    """Read the whole log: action, topic, account, patient, clinic, route, in order."""

    def log():
        with app.app_context(), transaction() as session:
            return session.execute(sa.select(LOG).order_by(LOG.c.at, LOG.c.id)).all()

    return log


@pytest.fixture
def waymark(app):
    """Run a command of the command line over this database."""

    def waymark(*words):
        return CliRunner().invoke(main, words, obj=ScriptInfo(create_app=lambda: app))

    return waymark


def test_s70_signing_in_and_out_and_being_refused_are_there(call, log, world):
    body = {"email": "nora@example.org", "password": "not the right one", "device_name": None}
    assert call(None, "POST /auth/login", body).status_code == 401
    assert call(None, "POST /auth/login", body | {"email": "x@example.org"}).status_code == 401
    assert call("nora", "POST /auth/logout").status_code == 204

    assert [(one.action, one.topic, one.account_id, one.clinic_id, one.route) for one in log()] == [
        ("refused", "account", world["nora"].account_id, world.clinic_id, "auth.sign_in"),
        ("refused", "account", NOBODY, NOBODY, "auth.sign_in"),
        ("write", "account", world["nora"].account_id, world.clinic_id, "auth.sign_out"),
    ]


def test_s70_who_is_refused_a_patient_is_there_and_she_sees_it(call, log, world):
    pid = world["ana"].patient_id
    for name in ("olga", "ben"):
        assert call(name, f"GET /patients/{pid}/treatments").status_code == 404
    assert call("olga", f"GET /patients/{uuid4()}/treatments").status_code == 404

    rows = log()
    assert {one.action for one in rows} == {"denied"}
    assert [(one.account_id, one.patient_id, one.clinic_id) for one in rows] == [
        (world["olga"].account_id, pid, world.clinic_id),
        (world["ben"].account_id, pid, world.clinic_id),
        (world["olga"].account_id, NOBODY, world.other_clinic_id),
    ]
    seen = call("ana", "GET /patients/me/access-log").json["items"]
    # That Ben is a patient of another clinic is not hers to know, nor who works there.
    assert [(one["name"], one["role"], one["action"]) for one in seen] == [
        (None, "patient", "denied"), (None, "nurse", "denied"),
    ]  # fmt: skip


def test_s70_what_changes_the_clinic_is_there_and_names_no_patient(call, log, world):
    path = f"/clinics/{world.clinic_id}"
    assert call("ada", f"PATCH {path}", {"name": "Harbor"}).status_code == 200
    [one] = log()
    assert (one.action, one.topic, one.patient_id) == ("write", "clinic", NOBODY)
    [item] = call("per", "GET /audit").json["items"]
    assert (item["patient"], item["account"]["display_name"]) == (None, "Ada")


def test_s73_she_reads_exactly_who_looked_at_her(call, world):
    own, pid = [], world["ana"].patient_id
    for name, topic in [("nora", "treatments"), ("omar", "symptom-reports"), ("sol", "profile")]:
        path = f"/patients/{pid}" if topic == "profile" else f"/patients/{pid}/{topic}"
        assert call(name, f"GET {path}").status_code == 200
        own.append((name.title(), {"symptom-reports": "symptoms"}.get(topic, topic), "read"))
    call("ana", "GET /patients/me/treatments")
    seen = call("ana", "GET /patients/me/access-log").json["items"]
    assert [(one["name"], one["topic"], one["action"]) for one in seen] == own[::-1]


def test_s94_a_breach_lists_whom_it_reached_and_nobody_else(app, world, clock, waymark):
    patients = [uuid4() for _ in range(500)]
    stolen, other = world["nora"].account_id, world["omar"].account_id
    rows = [_look(world, clock, one, account_id=other) for one in patients]
    rows += [_look(world, clock, one, account_id=stolen, days=-9) for one in patients[100:]]
    rows += [_look(world, clock, one, account_id=stolen) for one in patients[:37]]
    rows += [_look(world, clock, patients[0], account_id=stolen, action="write")]
    rows += [_look(world, clock, patients[60], account_id=stolen, action="denied")]
    with app.app_context(), transaction() as session:
        session.execute(sa.insert(LOG), rows)

    words = ["incident", "affected", "--since", "2026-03-01T00:00:00Z"]
    done = waymark(*words, "--actor", "Nora@example.org")
    listed = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {one["patient_id"] for one in listed} == {str(one) for one in patients[:37]}
    hers = next(one for one in listed if one["patient_id"] == str(patients[0]))
    assert (hers["topic"], hers["reads"], hers["writes"]) == ("symptoms", "1", "1")
    as_json = waymark(*words, "--actor", str(stolen), "--format", "json")
    assert as_json.stdout.count("\n") == 37
    assert waymark(*words, "--actor", "no@example.org").exit_code == 1


def _look(world, clock, patient_id, *, account_id, days=0, action="read"):
    return {
        "patient_id": patient_id, "id": uuid4(), "at": clock.now() + timedelta(days=days),
        "clinic_id": world.clinic_id, "account_id": account_id, "role": "nurse",
        "topic": "symptoms", "action": action, "route": "r", "request_id": "q",
    }  # fmt: skip


def test_s71_the_command_says_whether_the_log_is_whole(app, call, world, waymark, tmp_path):
    kept = tmp_path / "anchors.jsonl"
    for _ in range(3):
        call("nora", f"GET /patients/{world['ana'].patient_id}/treatments")
    seal_the_log(app)
    assert waymark("audit", "anchor", "--file", str(kept)).exit_code == 0
    done = waymark("audit", "verify", "--anchors", str(kept))
    assert (done.exit_code, done.stdout) == (0, f"{world.clinic_id}: 3 entries, whole.\n")

    with app.app_context(), db.engine.begin() as connection, log_let_go(connection):
        connection.execute(sa.update(LOG).where(LOG.c.number == 2).values(role="patient"))
        connection.execute(sa.delete(LOG).where(LOG.c.number == 3))
    done = waymark("audit", "verify", "--anchors", str(kept))
    assert done.exit_code == 3
    changed, cut, chain = done.stdout.splitlines()
    assert changed.startswith(f"{world.clinic_id} entry 2 ")
    assert "changed" in changed
    assert "entry 3: missing" in cut
    assert "NOT WHOLE" in chain
    kept.write_text("not an anchor\n")
    assert waymark("audit", "verify", "--anchors", str(kept)).exit_code == 1
