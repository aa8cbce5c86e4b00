"""The drill of docs/operators.md: a backup is brought back into an empty database, and is whole."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from copy import deepcopy
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service import schema
from service.accounts.models import Account
from service.app import create_app
from service.cli.audit import audit
from service.cli.database import db as database
from service.cli.erasure import erasure
from service.config import Config
from service.db import db, transaction
from service.sync.tables import TABLES
from tests.conftest import API, MASTER_KEYS, SECRET
from tests.jobs.scheduler import Scheduler
from tests.sync.phone import Phone

HERS, HIS = "May I fly to my sister?", "Will my hair come back?"
BACKUP_ROLE = "waymark_backup"


@pytest.fixture
def anchors(tmp_path):
    return tmp_path / "anchors.jsonl"


@pytest.fixture
def erased_list(app, monkeypatch, tmp_path):
    file = tmp_path / "erased.jsonl"
    file.touch()
    monkeypatch.setitem(app.config, "ERASED_LIST_FILE", file)
    return file


@pytest.fixture
def lived_in(app, call, clock, world, anchors):
    """Questions of Ana's and Ben's, and looks at them, in a log that is sealed and anchored."""
    for who, nurse, text in (("ana", "nora", HERS), ("ben", "olga", HIS)):
        body = {"id": str(uuid4()), "text": text}
        assert call(who, "POST /patients/me/questions", body).status_code == 201
        assert call(nurse, f"GET /patients/{world[who].patient_id}").status_code == 200
    Scheduler(app, clock).tick()
    done = app.test_cli_runner().invoke(audit, ["anchor", "--file", str(anchors)])
    assert done.exit_code == 0, done.output


@pytest.fixture
def backed_up(request, database_url, lived_in, tmp_path):
    """Take a backup as docs/operators.md says, and return it."""
    copy = tmp_path / "backup"
    if database_url.startswith("sqlite"):
        with (
            closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as running,
            closing(sqlite3.connect(copy)) as into,
        ):
            running.backup(into)
        return copy
    cluster = request.getfixturevalue("cluster")
    cluster.create_backup_role(BACKUP_ROLE)
    name = sa.make_url(database_url).database
    _run(cluster, "pg_dump", BACKUP_ROLE, "--format=custom", f"--file={copy}", name)
    return copy


@pytest.fixture
def restore(request, backed_up, database_url, clock, tmp_path):
    """Bring the backup back into an empty database, and return the service over it."""
    apps = []

    def restore():
        if database_url.startswith("sqlite"):
            url = f"sqlite:///{shutil.copy(backed_up, tmp_path / 'restored.sqlite')}"
        else:
            cluster = request.getfixturevalue("cluster")
            url = cluster.create_database(f"restored_{uuid4().hex}")
            into = sa.make_url(url)
            _run(
                cluster, "pg_restore", into.username, "--no-owner", "--single-transaction",
                "--exit-on-error", f"--dbname={into.database}", backed_up,
            )  # fmt: skip
        config = Config(
            SECRET_KEY=SECRET, MASTER_KEYS=MASTER_KEYS, SQLALCHEMY_DATABASE_URI=url,
            COOKIES_NEED_TLS=False,
        )  # fmt: skip
        apps.append(create_app(config, clock))
        return apps[-1]

    yield restore
    for app in apps:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def phone_of(world):
    """Return a phone of Ana's that syncs with a server; ``like`` another it goes on from there."""

    def phone_of(client, *, like=None):
        def call(what, body=None):
            method, path = what.split(" ", 1)
            return client.open(API + path, method=method, headers=world["ana"].headers, json=body)

        made = Phone(call, list(TABLES))
        if like is not None:
            made.tables, made.last_pulled_at = deepcopy(like.tables), like.last_pulled_at
        return made

    return phone_of


def test_s93_a_backup_comes_back_current_whole_readable_and_without_who_was_erased(
    app, call, clock, world, restore, anchors, erased_list
):
    assert call("ben", "POST /patients/me/erasure", {}).status_code in {200, 201, 202}
    clock.pass_time(days=30, minutes=1)
    Scheduler(app, clock).tick()
    assert erased_list.read_text().count("\n") == 1

    restored = restore()

    waymark = restored.test_cli_runner().invoke
    with restored.app_context(), db.engine.connect() as connection:
        assert schema.is_current(connection)
        assert not schema.passes_the_wall(connection)
    verified = waymark(audit, ["verify", "--anchors", str(anchors)])
    assert (verified.exit_code, verified.output.count("whole")) == (0, 2), verified.output
    assert _accounts(restored) == _accounts(app) | {"ben@example.org"}

    again = waymark(erasure, ["reapply", str(erased_list)])
    assert (again.exit_code, again.output) == (0, "1 had come back: erased again.\n")
    assert _accounts(restored) == _accounts(app)
    assert waymark(audit, ["verify", "--anchors", str(anchors)]).exit_code == 0

    headers = world["ana"].headers
    [question] = restored.test_client().get(
        "/api/v1/patients/me/questions", headers=headers
    ).json["items"]  # fmt: skip
    assert question["text"] == HERS


def test_s93_what_was_written_after_the_backup_is_missing_and_the_log_says_so(
    app, call, clock, world, restore, anchors
):
    assert call("nora", f"GET /patients/{world['ana'].patient_id}").status_code == 200
    Scheduler(app, clock).tick()
    app.test_cli_runner().invoke(audit, ["anchor", "--file", str(anchors)])

    verified = restore().test_cli_runner().invoke(audit, ["verify", "--anchors", str(anchors)])

    assert verified.exit_code == 3
    assert verified.output.count("the chain ends before it") == 1


def test_s93_a_phone_that_had_seen_what_was_lost_is_told_everything_again(
    call, world, client, phone_of, lived_in, restore
):
    """As many changes are made after the restore as were lost: the numbers alone tell nothing."""
    before = phone_of(client)
    before.pull()
    [asked] = before.tables["questions"]
    lost = str(uuid4())
    before.update("questions", asked, answer="Yes")
    before.create("questions", id=lost, text="What if it is lost?", asked_at=1772470800000)
    before.sync()
    kept = dict(before.tables["questions"])
    restored = restore()

    done = restored.test_cli_runner().invoke(database, ["restored"])
    assert done.exit_code == 0, done.output

    after = restored.test_client()
    visit = {"kind": "scan", "title": "CT", "starts_at": "2026-03-05T10:00:00Z"}
    for number in range(4):
        body = {**visit, "id": str(uuid4()), "title": f"CT {number}"}
        path = f"{API}/patients/{world['ana'].patient_id}/events"
        assert after.post(path, json=body, headers=world["nora"].headers).status_code == 201
    hers = phone_of(after, like=before)
    early = hers.push({"questions": {"created": [], "updated": [], "deleted": [asked]}})
    assert early.json["type"].endswith("/sync-conflict")  # it has to pull first
    hers.pull()
    assert {one["title"] for one in hers.tables["events"].values()} == {
        f"CT {number}" for number in range(4)
    }
    assert hers.tables["questions"][asked]["answer"] is None  # as the site has it now
    # What the answer has not, the app sends again, as docs/app-developers.md says.
    hers.status["questions", lost], hers.changed["questions", lost] = "created", set()
    hers.sync()
    fresh = phone_of(after)
    fresh.pull()
    assert fresh.tables["questions"][lost]["text"] == kept[lost]["text"]
    hers.pull()
    assert fresh.tables == hers.tables


@pytest.mark.postgresql
def test_s93_a_backup_by_a_role_that_does_not_see_all_rows_fails_instead_of_being_empty(
    request, database_url, lived_in, tmp_path
):
    url = sa.make_url(database_url)
    with pytest.raises(subprocess.CalledProcessError):
        _run(
            request.getfixturevalue("cluster"), "pg_dump", url.username, "--format=custom",
            f"--file={tmp_path / 'backup'}", url.database,
        )  # fmt: skip


def _run(cluster, program, role, *arguments):
    host = ("--host=127.0.0.1", f"--port={cluster.port}", f"--username={role}")
    subprocess.run(
        [cluster.binary(program), *host, *arguments], check=True, capture_output=True, text=True
    )


def _accounts(app):
    with app.app_context(), transaction() as session:
        return set(session.scalars(sa.select(Account.email).where(Account.disabled_at.is_(None))))
