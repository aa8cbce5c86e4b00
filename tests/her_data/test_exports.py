"""Her file: everything of hers is in it, nothing of anybody else's, and only her key opens it."""

import csv
import io
import json
import random
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fhir.resources.R4B.bundle import Bundle

from service.accounts.models import Grant
from service.db import transaction
from service.exports import actions
from service.exports.csv_rows import csv_lines, text
from service.exports.models import Export, ExportPiece
from service.exports.page import _BOOKKEEPING
from service.exports.reading import (
    LEFT_OUT,
    LEFT_OUT_COLUMNS,
    PAGE,
    exported_columns,
    exported_tables,
)
from service.exports.words import TITLES
from service.exports.zip_file import PieceWriter
from service.her_rows import Hers, rows_of
from service.ids import new_id
from service.journey.models import CalendarLink
from service.leases import LeaseLost
from service.notify.models import Device
from service.sealed_files import PIECE, NotOpened, Opener, Sealer, new_reader
from service.symptoms.models import Measurement
from service.tables import metadata
from tests.her_data.filling import all_marks, marks_in, tables_filled

ASK = "POST /patients/me/exports"


def test_s57_every_table_about_a_patient_is_exported_or_says_why_not():
    about_patients = {table.name for table in metadata.sorted_tables if "patient_id" in table.c}
    exported = {table.name for table in exported_tables()}

    assert about_patients <= exported | LEFT_OUT.keys()
    assert not exported & LEFT_OUT.keys()
    assert about_patients - LEFT_OUT.keys() <= TITLES.keys(), "name it in service/exports/words.py"
    assert LEFT_OUT.keys() | {table for table, _ in LEFT_OUT_COLUMNS} <= metadata.tables.keys()
    assert all(column in metadata.tables[table].c for table, column in LEFT_OUT_COLUMNS)


def test_s57_all_of_hers_and_nothing_of_anybody_elses(full, exported, app):
    files = exported("ana")

    page, bundle = files["her-record.html"].decode(), files["fhir.json"].decode()
    tables = {name: body.decode() for name, body in files.items() if name.startswith("tables/")}
    missing = []
    for table in exported_tables():
        if table not in tables_filled():
            continue
        columns = {column.name for column in exported_columns(table)}
        for name, mark in marks_in(table, "ana").items():
            if name in columns:
                everywhere = [tables[f"tables/{table.name}.csv"], bundle]
                everywhere += [] if name in _BOOKKEEPING else [page]
                missing += [f"{table.name}.{name}" for part in everywhere if mark not in part]
    assert missing == []
    assert len(tables) == len(exported_tables()) > 35
    everything = b"".join(files.values()).decode()
    assert [one for one in all_marks("dana") if one in everything] == []
    secrets = ("password_resets", "refresh_tokens", "pending_factors", "devices")
    hidden = [marks_in(metadata.tables[table], "ana") for table in secrets]
    assert not [one for marks in hidden for name, one in marks.items()
                if name in {"sha256", "secret", "address"} and one in everything]  # fmt: skip


def test_s57_the_tables_say_what_the_database_says_and_the_bundle_is_fhir(full, exported, app):
    files = exported("ana")

    with app.app_context(), transaction() as session:
        her = full["ana"]
        hers = Hers(her.patient_id, her.account_id, f"{her.name}@example.org")
        for table in exported_tables():
            if table.name in {"exports", "access_log", "patients"}:
                continue  # asking for the file, and having it, is written there
            columns = exported_columns(table)
            stored = session.execute(
                sa.select(*columns).where(rows_of(table, hers)).order_by(*table.primary_key.columns)
            )
            [names, *lines] = read_csv(files[f"tables/{table.name}.csv"])
            assert names == [column.name for column in columns]
            assert lines == [[text(value) for value in row] for row in stored], table.name
    bundle = Bundle.model_validate_json(files["fhir.json"])
    kinds = {entry.resource.get_resource_type() for entry in bundle.entry}
    assert kinds >= {
        "Patient", "Condition", "MedicationStatement", "QuestionnaireResponse", "Observation",
        "Appointment", "CommunicationRequest", "Communication", "Consent", "AuditEvent", "Basic",
        "MedicationAdministration", "Flag", "Task",
    }  # fmt: skip
    urls = [entry.fullUrl for entry in bundle.entry]
    assert len(set(urls)) == len(urls)
    assert all(entry.fullUrl == f"urn:uuid:{entry.resource.id}" for entry in bundle.entry)


def test_s57_what_she_really_entered_becomes_resources(call, exported, world):
    ids = {name: str(uuid4()) for name in ("report", "surgery", "pill")}
    report = {"id": ids["report"], "reported_at": "2026-03-02T16:00:00Z", "temperature_c": 37.2,
              "answers": [{"symptom": "nausea", "frequency": 2, "severity": 1}]}  # fmt: skip
    assert call("ana", "POST /patients/me/symptom-reports", report).status_code == 201
    for id, code, by in ((ids["pill"], "letrozole", "ana"), (ids["surgery"], "mastectomy", "nora")):
        body = {"id": id, "code": code, "started_on": "2026-01-05", "status": "active"}
        whose = world["ana"].patient_id
        made = call(by, f"POST /patients/{whose}/treatments", body)
        assert made.status_code == 201, made.json

    bundle = json.loads(exported("ana", "fhir")["fhir.json"])

    Bundle.model_validate(bundle)
    by_id = {one["resource"]["id"]: one["resource"] for one in bundle["entry"]}
    pill, surgery = by_id[ids["pill"]], by_id[ids["surgery"]]
    assert pill["resourceType"] == "MedicationStatement"
    assert "http://www.nlm.nih.gov/research/umls/rxnorm" in {
        coding["system"] for coding in pill["medicationCodeableConcept"]["coding"]
    }
    assert (surgery["resourceType"], surgery["status"]) == ("Procedure", "in-progress")
    answers = {one["linkId"]: one["answer"] for one in by_id[ids["report"]]["item"]}
    assert answers["nausea.frequency"] == [{"valueInteger": 2}]
    assert answers["temperature_c"] == [{"valueDecimal": 37.2}]
    entered = [one for one in by_id.values() if one["resourceType"] == "Provenance"]
    targets = {one["target"][0]["reference"] for one in entered}
    assert f"urn:uuid:{ids['surgery']}" in targets
    assert f"urn:uuid:{ids['pill']}" not in targets


@pytest.mark.parametrize(
    "begins",
    [*"=+-@'\t\r\n\u200b\uff1d\uff0b\uff0d\uff20\u2212", "  =", "\u00a0+", "\ufeff@", "\x01="],
)
def test_s35_no_text_becomes_a_formula(begins):
    words = f"{begins}cmd|'/c calc'!A1, \"x\"; 2\r\n=1+1"

    written = "".join(csv_lines(["note", "amount"], [{"note": words, "amount": -5}]))

    [names, [cell, amount]] = csv.reader(io.StringIO(written, newline=""))
    assert (names, amount) == (["note", "amount"], "-5")
    assert cell[0] == "'"
    assert cell[1:] == words


def test_s35_words_of_hers_are_harmless_in_her_file_and_on_her_page(call, exported):
    evil = '=HYPERLINK("https://evil.example")<script>alert(1)</script>'
    body = {"id": str(uuid4()), "kind": "scan", "title": evil, "starts_at": "2026-03-09T16:00:00Z"}
    assert call("ana", "POST /patients/me/events", body).status_code == 201

    files = exported("ana")

    [names, line] = list(csv.reader(io.StringIO(files["tables/events.csv"].decode(), newline="")))
    assert dict(zip(names, line, strict=True))["title"] == "'" + evil
    page = files["her-record.html"].decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_s60_who_has_received_her_data(app, call, world, clock, exported):
    her = world["ana"]
    assert call("nora", f"GET /patients/{her.patient_id}/symptom-reports").status_code == 200
    assert call("omar", f"GET /patients/{her.patient_id}/treatments").status_code == 200
    with app.app_context(), transaction() as session:
        session.add(Grant(patient_id=her.patient_id, account_id=world["hugo"].account_id,
                          topics=["treatments"], granted_at=clock.now()))  # fmt: skip
        session.add(CalendarLink(patient_id=her.patient_id, token_sha256="x",
                                 created_by=her.account_id, created_at=clock.now()))  # fmt: skip
        session.add(Device(id=new_id(), account_id=her.account_id, platform="fcm",
                           address={"token": "t"}, created_at=clock.now()))  # fmt: skip
        for channel in ("push", "email"):
            message(session, her, channel, clock.now())

    files = exported("ana")

    [names, *lines] = read_csv(files["recipients.csv"])
    found = [dict(zip(names, line, strict=True)) for line in lines]
    assert [one["name"] for one in found] == [
        "Harbor Cancer Care", "Nora", "Omar", "Hugo", "Google, Firebase Cloud Messaging",
        "example.org", "whoever you gave your calendar's private address",
    ]  # fmt: skip
    nora = found[1]
    assert (nora["what_they_got"], nora["times"]) == ("symptoms", "1")
    assert "206-555-0100" in nora["contact"]
    assert all(one["contact"] for one in found)
    page = files["her-record.html"].decode()
    assert all(one["name"].replace("'", "&#39;") in page for one in found)


def test_s57_only_her_key_opens_it_and_only_once(app, call, worker, clock):
    asked = call("ana", ASK, {"format": "csv"}).json
    path = f"POST /patients/me/exports/{asked['id']}.zip"
    key = {"download_key": asked["download_key"]}
    assert slug(call("ana", path, key)) == "export-not-ready"
    assert slug(call("ana", ASK, {"format": "csv"})) == "export-under-way"
    worker.make_files()
    assert "download_key" not in call("ana", f"GET /patients/me/exports/{asked['id']}").json

    for wrong in (new_reader()[0], "x" * 43, "=" * 43):
        assert slug(call("ana", path, {"download_key": wrong})) == "export-key-wrong"
    assert call("nora", path.replace("me", asked["id"]), key).status_code == 403
    assert call("ben", path, key).status_code == 404
    answer = call("ana", path, key)
    assert answer.status_code == 200
    assert answer.get_data()[:2] == b"PK"
    assert slug(call("ana", path, key)) == "export-not-ready"
    with app.app_context(), transaction() as session:
        stored = session.scalars(sa.select(ExportPiece.data)).all()
        assert stored
        assert not any(b"PK\x03\x04" in piece or b"READ-ME" in piece for piece in stored)
        kept = session.scalars(sa.select(Export)).one()
        assert asked["download_key"] not in str(vars(kept))

    clock.pass_time(minutes=16)
    worker.make_files()
    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(ExportPiece.number)).all() == []


def test_s57_a_file_is_there_for_a_day_and_five_are_asked_for_in_one(
    app, call, worker, clock, proved_again
):
    first = call("ana", ASK, {"format": "fhir"}).json
    worker.make_files()
    for _ in range(4):
        assert call("ana", ASK, {"format": "fhir"}).status_code == 202
        worker.make_files()
    refused = call("ana", ASK, {"format": "fhir"})
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == str(24 * 3600)

    clock.pass_time(hours=24)
    worker.make_files()

    shown = call("ana", f"GET /patients/me/exports/{first['id']}").json
    assert (shown["status"], shown["download_url"]) == ("expired", None)
    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(ExportPiece.number)).all() == []
    proved_again("ana")
    assert call("ana", ASK, {}).status_code == 202


def test_s57_a_killed_workers_file_is_begun_anew_and_a_late_one_writes_nothing(
    app, call, worker, clock
):
    asked = call("ana", ASK, {"format": "csv"}).json
    lease = timedelta(seconds=30)
    with app.app_context(), transaction() as session:
        killed = actions.begin(session, owner=new_id(), now=clock.now(), lease=lease)
        actions.add_piece(session, killed, 0, b"half a file")
    assert worker.make_files() == 0
    clock.pass_time(seconds=30)

    assert worker.make_files() == 1

    path = f"POST /patients/me/exports/{asked['id']}.zip"
    with pytest.raises(LeaseLost), app.app_context(), transaction() as session:
        actions.add_piece(session, killed, 1, b"and the other half")
    assert call("ana", path, {"download_key": asked["download_key"]}).status_code == 200


def test_s57_a_long_record_is_read_in_pages_and_none_of_it_is_lost(app, world, clock, exported):
    her, many = world["ana"], 2 * PAGE + 100
    common = {"patient_id": her.patient_id, "created_change_no": 1, "change_no": 1, "version": 1,
              "entered_by": her.account_id, "received_at": clock.now(), "code": "weight",
              "content_hash": b"x" * 32, "value": 70.0, "unit": "kg", "standard_value": 70.0,
              "measured_at": clock.now(), "at": clock.now()}  # fmt: skip
    ids = [uuid4() for _ in range(many)]
    with app.app_context(), transaction() as session:
        session.execute(sa.insert(Measurement.__table__), [{"id": id, **common} for id in ids])

    bundle = json.loads(exported("ana", "fhir")["fhir.json"])

    found = [one["resource"]["id"] for one in bundle["entry"]
             if one["resource"]["resourceType"] == "Observation"]  # fmt: skip
    assert sorted(found) == sorted(map(str, ids))


def test_s57_a_file_is_sealed_in_small_pieces_each_of_which_opens_in_its_place_alone():
    private, public = new_reader()
    sealer, pieces = Sealer(public), []
    words = random.Random(1).randbytes(2 * PIECE + 1000)
    writer = PieceWriter(sealer, lambda _number, data: pieces.append(data))
    for start in range(0, len(words), 100_000):
        writer.write(words[start : start + 100_000])
    writer.close()

    opener, last = Opener(private, sealer.writer), len(pieces) - 1
    assert [len(one) - 16 for one in pieces] == [PIECE, PIECE, 1000]
    opened = [opener.open(at, one, is_last=at == last) for at, one in enumerate(pieces)]
    assert b"".join(opened) == words
    changed = pieces[0][:-1] + bytes([pieces[0][-1] ^ 1])
    for number, piece, is_last in ((1, pieces[0], False), (0, pieces[0], True),
                                   (0, changed, False)):  # fmt: skip
        with pytest.raises(NotOpened):
            opener.open(number, piece, is_last=is_last)
    with pytest.raises(NotOpened):
        Opener(new_reader()[0], sealer.writer).open(0, pieces[0], is_last=False)


def read_csv(body: bytes) -> list[list[str]]:
    lines = csv.reader(io.StringIO(body.decode(), newline=""))
    return [[one.removeprefix("'") for one in line] for line in lines]


def slug(answer) -> str:
    return answer.json["type"].rsplit("/", 1)[1]


def message(session, her, channel, now) -> None:
    session.execute(
        sa.insert(metadata.tables["outbox_messages"]),
        [{"id": uuid4(), "collapse_key": channel, "patient_id": her.patient_id,
          "recipient_id": her.account_id, "to_staff": False, "channel": channel, "kind": "reply",
          "title": "x", "body": {}, "created_at": now, "state": "sent", "attempts": 1,
          "sent_at": now, "reached": []}],
    )  # fmt: skip
