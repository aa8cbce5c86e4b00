"""A long history goes down, and a long absence comes up, in bounded memory and few statements."""

import gzip
import tracemalloc

import orjson
import pytest

from service.accounts.queries import lock_patient
from service.api.spool import Spool
from service.bulk import insert_rows
from service.db import transaction
from service.ids import new_id
from service.journey.models import Event
from service.records import Change, values_of
from tests.conftest import API, MONDAY_MORNING
from tests.counting import statements_counted
from tests.sync.conftest import HOUR, NOW, report

LONG = 10_000
# What is handed on at once: a mebibyte of what waits in memory, and the piece that fills it.
PAGE = 1024 * 1024 + 2 * 64 * 1024


@pytest.fixture
def long_history(app, world):
    """Ana has ten thousand scans, each with a note: more than is kept in memory."""
    ana = world["ana"]
    content = {
        "kind": "scan", "title": "CT", "starts_at": MONDAY_MORNING, "place": "Harbor",
        "notes": "bring the disc " * 20,
    }  # fmt: skip
    with app.app_context(), transaction() as session:
        held = lock_patient(session, ana.patient_id)
        change = Change(ana.patient_id, held.change_no, ana.account_id, MONDAY_MORNING)
        rows = [
            values_of(change=change, id=new_id(), content=content, derived=None)
            for _ in range(LONG)
        ]
        insert_rows(session, Event.__table__, rows)
    return ana


def test_a_first_pull_of_a_long_history_takes_two_statements_and_little_memory(app, long_history):
    client = app.test_client()
    path = f"{API}/patients/me/sync?last_pulled_at=null&schema_version=1&migration=null"
    headers = {**long_history.headers, "Accept-Encoding": "gzip, deflate"}
    client.get(f"{API}/patients/me", headers=headers).close()  # what is made once is made
    with statements_counted(app, but=("BEGIN",)) as statements:
        tracemalloc.start()
        answer = client.get(path, headers=headers, buffered=False)
        pages = list(answer.response)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    answer.close()
    assert len(statements) == 2
    # Half a page of rows, a mebibyte of text, and no more for a history twice as long.
    assert peak < 6 * 1024 * 1024
    assert max(map(len, pages)) < PAGE
    assert sum(map(len, pages)) == answer.content_length < 1_000_000
    assert (answer.content_encoding, answer.headers["Vary"]) == (
        "gzip",
        "Accept-Encoding, Authorization",
    )
    body = gzip.decompress(b"".join(pages))
    assert len(body) > 4_000_000
    created = orjson.loads(body)["changes"]["events"]["created"]
    assert len({one["id"] for one in created}) == LONG
    assert all(one["notes"].startswith("bring") for one in created)


def test_who_does_not_take_gzip_gets_it_plain(app, world, push):
    push(symptom_reports={"created": [report()]})
    for accepted, encoding in (("gzip;q=0", None), ("br", None), ("", None), ("*", "gzip")):
        headers = {**world["ana"].headers, "Accept-Encoding": accepted}
        answer = app.test_client().get(f"{API}/patients/me/sync", headers=headers)
        assert answer.content_encoding == encoding, accepted
        body = answer.data if encoding is None else gzip.decompress(answer.data)
        assert len(orjson.loads(body)["changes"]["symptom_reports"]["created"]) == 1


def test_what_is_spooled_lies_on_no_disk_in_plain():
    spool = Spool()
    pieces = [bytes([number % 251]) * 70_000 for number in range(60)]
    spool.fill(pieces)
    held = spool._file
    held.flush()
    held.seek(0)
    assert bytes([7]) * 100 not in held.read()
    assert spool.size == 60 * 70_000
    assert b"".join(spool.read()) == b"".join(pieces)
    spool.close()
    assert held.closed
    short = Spool()
    short.fill([b"a", b"b"])
    assert short._file is None
    assert b"".join(short.read()) == b"ab"


def test_months_without_a_line_come_up_in_one_push(push, pull):
    reports = [report(reported_at=NOW - number * HOUR) for number in range(600)]
    answer = push(symptom_reports={"created": reports})
    assert (answer.status_code, answer.json["rejections"]) == (200, [])
    assert len(pull()["changes"]["symptom_reports"]["created"]) == 600


def test_a_hundred_reports_take_a_dozen_statements(app, push):
    push(symptom_reports={"created": [report()]})
    many = [report(reported_at=NOW - number * HOUR) for number in range(1, 101)]
    with statements_counted(app, but=("BEGIN",)) as statements:
        assert push(symptom_reports={"created": many}).status_code == 200
    assert len(statements) <= 12, statements
