"""Being erased: after a time in which it can be taken back, of everything, and of nothing else."""

import io
import json
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from service.accounts.models import Account, Patient
from service.cli.erasure import erasure
from service.config import Config
from service.db import transaction
from service.environment import BadConfig
from service.erasures.erasing import KEPT
from service.erasures.models import ArchivePiece, ErasedPatient, ErasureRequest
from service.her_rows import tables_of_hers
from service.patient_keys import know
from service.sealed_files import new_reader, text_of
from service.tables import metadata
from service.words import bound
from tests.conftest import API, MASTER_KEYS, SECRET
from tests.her_data.filling import all_marks, mark, marks_in, tables_filled
from tests.jobs.scheduler import Scheduler

ASK, READ, UNDO = (f"{method} /patients/me/erasure" for method in ("POST", "GET", "DELETE"))
MONTH = timedelta(days=30)


@pytest.fixture
def erased_list(app, monkeypatch, tmp_path):
    file = tmp_path / "erased.jsonl"
    monkeypatch.setitem(app.config, "ERASED_LIST_FILE", file)
    return file


@pytest.fixture
def by_law(app, monkeypatch):
    """Set the site to keep records for ten years; return the key it keeps elsewhere."""
    private, public = new_reader()
    for name, value in {
        "RETENTION_MODE": "hipaa", "RETENTION_YEARS": 10, "RETENTION_BASIS": "Law 12 of Zebraland",
        "RETENTION_PUBLIC_KEY": text_of(public),
    }.items():  # fmt: skip
        monkeypatch.setitem(app.config, name, value)
    return private


def test_s58_everything_of_hers_goes_and_nothing_of_anybody_elses(
    app, full, call, worker, clock, rows, client
):
    asked = call("ana", ASK, {}).json
    clock.pass_time(days=30)
    before = rows()

    assert worker.erase() == 1

    after, her = rows(), full["ana"]
    everything = "\n".join(line for lines in after.values() for line in lines)
    marks = all_marks("ana", but=KEPT)
    assert [one for one in marks if one in everything] == []
    assert "'ana@example.org'" not in everything
    hers = (*marks, mark("export_pieces", "data", "ana"), str(her.patient_id), str(her.account_id))
    for name, lines in before.items():
        gone, new = set(lines) - set(after[name]), set(after[name]) - set(lines)
        assert [line for line in gone if not any(one in line for one in hers)] == [], name
        assert not new or name in {"accounts", *KEPT}, name
        assert not gone or name not in {"access_log"}, name
    still = {name for name, lines in after.items() if str(her.patient_id) in "".join(lines)}
    assert still == KEPT.keys()
    receipt = client.get(f"{API}/erasure-receipts/{asked['id']}").json
    erased = {table.name for table in tables_filled()} - KEPT.keys() - {"accounts"}
    assert receipt["before"].keys() == erased
    assert all(receipt["before"].values())
    assert receipt["after"] == dict.fromkeys(erased, 0)
    assert {one["what"] for one in receipt["kept"]} == KEPT.keys() | {"accounts"}
    assert all(one["why"] for one in receipt["kept"])
    assert not any(word in json.dumps(receipt) for word in ("Ana", str(her.patient_id), *marks))
    assert call("ana", "GET /me").status_code == 401
    assert call("nora", f"GET /patients/{her.patient_id}").status_code == 404


def test_s58_until_then_it_can_be_taken_back_and_her_care_goes_on(
    app, call, world, worker, clock, proved_again
):
    asked = call("ana", ASK, {})
    assert (asked.status_code, asked.json["carry_out_at"]) == (202, "2026-04-01T17:00:00Z")
    again = call("ana", ASK, {})
    assert (again.status_code, again.json["id"]) == (200, asked.json["id"])
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    [mail] = scheduler.mail.sent
    assert "2026-04-01" in mail.body["text"]
    clock.pass_time(days=29)
    scheduler.tick()
    report = {"id": str(uuid4()), "reported_at": "2026-03-31T16:00:00Z",
              "answers": [{"symptom": "nausea", "severity": 1}]}  # fmt: skip
    assert call("ana", "POST /patients/me/symptom-reports", report).status_code == 201

    assert call("ana", UNDO).json["state"] == "withdrawn"

    clock.pass_time(days=5)
    assert scheduler.tick().erased == 0
    assert call("ana", "GET /patients/me").status_code == 200
    assert [one["state"] for one in call("ana", READ).json["items"]] == ["withdrawn"]
    assert call("ana", UNDO).status_code == 404
    proved_again("ana")
    assert call("ana", ASK, {}).status_code == 202
    with app.app_context(), transaction() as session:
        begun = sa.update(ErasureRequest).where(ErasureRequest.state == "waiting")
        session.execute(begun.values(state="running"))
    assert call("ana", UNDO).json["type"].endswith("/erasure-begun")


def test_s58_messages_stop_at_once_if_she_says_so(call):
    assert call("ana", ASK, {"stop_messages": True}).json["messages_stop"] is True

    assert call("ana", "GET /patients/me/consents/messages").json["given"] is False
    call("ana", UNDO)
    assert call("ana", "GET /patients/me/consents/messages").json["given"] is False


def test_s58_the_scheduler_carries_it_out_for_her_privacy_officer_too(app, call, world, clock):
    path = f"/patients/{world['ana'].patient_id}/erasure"
    assert call("nora", f"POST {path}", {}).status_code == 403
    assert call("ada", f"POST {path}", {}).status_code == 403
    assert call("per", f"POST {path}", {}).status_code == 202
    scheduler = Scheduler(app, clock)
    clock.pass_time(days=30)
    assert scheduler.next_moment() <= clock.now()

    assert scheduler.tick().erased == 1

    with app.app_context(), transaction() as session:
        assert session.get(Patient, world["ana"].patient_id) is None
        assert session.get(Patient, world["ben"].patient_id) is not None
        shell = session.get_one(Account, world["ana"].account_id)
        assert (shell.email, shell.display_name, shell.password_hash) == ("", "", "!")
    assert scheduler.tick().erased == 0


def test_s59_by_law_it_is_sealed_where_nobody_looks_until_the_day(
    app, full, call, worker, clock, rows, by_law, client, tmp_path
):
    her, asked = full["ana"], call("ana", ASK, {}).json
    clock.pass_time(days=30)

    assert worker.erase() == 1

    marks = all_marks("ana", but=KEPT)
    everything = "\n".join(line for lines in rows().values() for line in lines)
    assert [one for one in marks if one in everything] == []
    assert call("nora", f"GET /patients/{her.patient_id}").status_code == 404
    receipt = client.get(f"{API}/erasure-receipts/{asked['id']}").json
    assert (receipt["mode"], receipt["keep_until"]) == ("hipaa", "2036-04-01T17:00:00Z")
    [kept] = [one for one in receipt["kept"] if one["what"] == "archive_pieces"]
    assert "Law 12 of Zebraland" in kept["why"]
    assert kept["until"] == receipt["keep_until"]
    record = opened(app, asked["id"], by_law, tmp_path)
    for_notes = marks_in(metadata.tables["care_notes"], "ana").values()
    assert all(one.encode() in record["tables/care_notes.csv"] for one in for_notes)
    other, _ = new_reader()
    assert opened(app, asked["id"], other, tmp_path) is None

    clock.moment = clock.moment.replace(year=2036, month=4, day=1) - timedelta(minutes=1)
    worker.erase()
    assert client.get(f"{API}/erasure-receipts/{asked['id']}").json["kept_erased_at"] is None
    clock.pass_time(minutes=1)
    worker.erase()
    assert client.get(f"{API}/erasure-receipts/{asked['id']}").json["kept_erased_at"]
    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(ArchivePiece.number)).all() == []


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ({"RETENTION_MODE": "hipaa"}, "RETENTION_YEARS, RETENTION_BASIS, RETENTION_PUBLIC_KEY"),
        ({"RETENTION_MODE": "forever"}, "RETENTION_MODE"),
        ({"RETENTION_YEARS": "6"}, "RETENTION_YEARS"),
        ({"RETENTION_MODE": "hipaa", "RETENTION_YEARS": "6", "RETENTION_BASIS": "x",
          "RETENTION_PUBLIC_KEY": "x"}, "RETENTION_PUBLIC_KEY"),
    ],
)  # fmt: skip
def test_s59_what_the_law_asks_for_is_said_whole_or_nothing_starts(env, names):
    with pytest.raises(BadConfig, match=names):
        Config.from_env({"SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, **env})


def test_s58_a_restored_backup_does_not_bring_her_back(
    app, full, call, worker, clock, erased_list, rows
):
    with app.app_context(), transaction() as session:
        backup = {
            table.name: [dict(row) for row in session.execute(sa.select(table)).mappings()]
            for table in tables_of_hers()
        }
    call("ana", ASK, {})
    clock.pass_time(days=30)
    worker.erase()
    [line] = erased_list.read_text().splitlines()
    assert json.loads(line)["patient_id"] == str(full["ana"].patient_id)
    assert "Ana" not in line
    restore(app, full["ana"], backup)
    assert call("nora", f"GET /patients/{full['ana'].patient_id}").status_code == 200

    result = run(app, ["reapply", str(erased_list)])

    assert result.exit_code == 0, result.output
    assert result.output == "1 had come back: erased again.\n"
    assert call("nora", f"GET /patients/{full['ana'].patient_id}").status_code == 404
    assert run(app, ["reapply"]).output == "Nobody had come back.\n"
    assert json.loads(run(app, ["list"]).output)["patient_id"] == json.loads(line)["patient_id"]
    broken = erased_list.with_name("broken.jsonl")
    broken.write_text('{"patient_id": 5}\n')
    refused = run(app, ["reapply", str(broken)])
    assert (refused.exit_code, "line 1" in refused.output) == (1, True)


def restore(app, her, backup) -> None:
    """Put the rows of an older backup back; it knows nothing of the erasure."""
    with app.app_context(), transaction() as session:
        session.execute(sa.delete(ErasedPatient))
        session.execute(sa.delete(ErasureRequest))
        there = metadata.tables["accounts"]
        for table in tables_of_hers():
            if table.name in {*KEPT, "patient_summaries"}:
                continue
            for row in backup[table.name]:
                if table is there and row["id"] == her.account_id:
                    put = sa.update(there).where(there.c.id == row["id"])
                    session.execute(put.values(bound(session, there, row, row)))
                elif str(her.patient_id) in str(row) and table is not there:
                    if table.name == "patients":
                        know(session, row["id"], row["words_key"])
                    session.execute(sa.insert(table), [bound(session, table, row, row)])


def run(app, words):
    with app.app_context():
        return CliRunner().invoke(erasure, words, catch_exceptions=False)


def opened(app, request_id, key, tmp_path):
    """Open what is kept as the command does; ``None`` if the key does not."""
    into, key_file = tmp_path / f"{uuid4()}.zip", tmp_path / "key"
    key_file.write_text(key)
    words = ["open", request_id, str(into), "--key-file", str(key_file)]
    result = run(app, words)
    if result.exit_code:
        assert not into.exists()
        return None
    with zipfile.ZipFile(io.BytesIO(into.read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
