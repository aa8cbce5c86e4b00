"""The drill of docs/operators.md: a backup is brought back into an empty database, and is whole."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service import schema
from service.accounts.models import Account
from service.app import create_app
from service.cli.audit import audit
from service.cli.erasure import erasure
from service.config import Config
from service.db import db, transaction
from tests.conftest import MASTER_KEYS, SECRET
from tests.jobs.scheduler import Scheduler

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
