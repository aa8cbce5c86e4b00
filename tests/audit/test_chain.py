"""The chained access log: what is done to it behind the service's back is named."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.audit import anchors
from service.audit.chain import LINKED, START, link
from service.audit.models import AccessLogEntry
from service.audit.sealing import seal
from service.audit.verifying import Chain, Finding, verify
from service.db import db, transaction
from service.jobs.log_keeping import anchor_the_log, seal_the_log
from tests.kept_log import log_let_go

CLINIC, OTHER = UUID(int=1), UUID(int=2)
LOG = AccessLogEntry.__table__


def entry(clock, *, clinic=CLINIC, minutes=0, **given):
    at = clock.now() + timedelta(minutes=minutes)
    return {
        "patient_id": uuid4(), "id": uuid4(), "at": at, "clinic_id": clinic,
        "account_id": uuid4(), "role": "nurse", "topic": "symptoms", "action": "read",
        "route": "symptoms.list_reports", "request_id": "r",
    } | given  # fmt: skip


@pytest.fixture
def write(app, clock):
    """Add entries, a minute apart: ``write(5)``."""

    def write(count, **given):
        with app.app_context(), transaction() as session:
            rows = [entry(clock, **{"minutes": number} | given) for number in range(count)]
            session.execute(sa.insert(LOG), rows)

    return write


@pytest.fixture
def sealed(app, write):
    """Ten sealed entries of one clinic and two of another."""
    write(10)
    write(2, clinic=OTHER)
    seal_the_log(app)


@pytest.fixture
def tamper(app):
    """Run statements as who owns the database, with the triggers away."""

    def tamper(*statements):
        with app.app_context(), db.engine.begin() as connection, log_let_go(connection):
            for statement in statements:
                connection.execute(statement)

    return tamper


@pytest.fixture
def findings(app):
    """Verify all chains: what was found, as kind and number."""

    def findings(kept=(), page=3):
        with app.app_context():
            said = list(verify(transaction, kept, page=page))
        return [(one.kind, one.number) for one in said if isinstance(one, Finding)]

    return findings


def entries_of(app, clinic=CLINIC):
    with app.app_context(), transaction() as session:
        return session.execute(
            sa.select(LOG).where(LOG.c.clinic_id == clinic).order_by(LOG.c.number)
        ).all()


def at_number(number):
    return sa.and_(LOG.c.clinic_id == CLINIC, LOG.c.number == number)


def renumber(number, to):
    return sa.update(LOG).where(at_number(number)).values(number=to)


def test_a_chain_left_alone_is_whole_and_counts_from_one(app, sealed, findings, clock):
    assert findings() == []
    assert [one.number for one in entries_of(app)] == list(range(1, 11))
    with app.app_context():
        chains = [one for one in verify(transaction) if isinstance(one, Chain)]
    assert chains == [Chain(CLINIC, 10), Chain(OTHER, 2)]


def test_s71_every_column_is_part_of_the_hash():
    linked = {column.name for column in LINKED} | {"number", "hash"}
    assert linked == set(LOG.c.keys())


def test_s71_one_byte_changed_in_any_column_is_named(app, sealed, tamper, findings):
    fifth = entries_of(app)[4]
    for column, value in {
        "patient_id": uuid4(), "id": uuid4(), "at": fifth.at + timedelta(microseconds=1),
        "account_id": uuid4(), "role": "patient", "topic": "symptomz", "action": "writ",
        "route": "symptoms.list_reportz", "request_id": "s", "hash": "f" * 64,
    }.items():  # fmt: skip
        tamper(sa.update(LOG).where(at_number(5)).values({column: value}))
        assert ("changed", 5) in findings(), column
        tamper(sa.update(LOG).where(at_number(5)).values({column: fifth._mapping[column]}))
    assert findings() == []


def test_s71_an_entry_taken_out_is_named(sealed, tamper, findings):
    tamper(sa.delete(LOG).where(at_number(4)))
    assert findings() == [("missing", 4)]
    # Closing the gap does not hide it: the entries behind it were written with other numbers.
    tamper(*(renumber(number, number - 1) for number in range(5, 11)))
    assert findings()[0] == ("changed", 4)


def test_s71_two_entries_swapped_are_named(sealed, tamper, findings):
    tamper(renumber(3, 99), renumber(7, 3), renumber(99, 7))
    assert {("changed", 3), ("changed", 7)} <= set(findings())


def test_s71_an_entry_put_in_between_is_named(sealed, tamper, findings, clock):
    made_room = [renumber(number, number + 1) for number in range(10, 5, -1)]
    put_in = sa.insert(LOG).values(entry(clock, minutes=5, number=6, hash="a" * 64))
    tamper(*made_room, put_in)
    assert findings()[0] == ("changed", 6)


def test_s71_a_back_dated_entry_is_named_before_and_after_it_is_sealed(
    app, sealed, write, findings
):
    write(1, minutes=-60 * 24)
    assert findings() == [("back_dated", None)]
    seal_the_log(app)
    assert findings() == [("back_dated", 11)]


def test_s71_a_tail_cut_and_a_chain_written_anew_are_caught_by_the_anchor(
    app, sealed, tamper, findings, clock
):
    with app.app_context(), transaction() as session:
        kept = anchors.heads(session, now=clock.now())
    assert findings(kept) == []
    rows = entries_of(app)

    tamper(sa.delete(LOG).where(LOG.c.clinic_id == CLINIC, LOG.c.number > 8))
    assert findings() == []  # that is what the anchor is for
    assert findings(kept) == [("cut", 9)]
    tamper(sa.delete(LOG).where(LOG.c.clinic_id == CLINIC))
    assert findings(kept) == [("cut", 1)]

    before, anew = START, []
    for row in rows:
        values = dict(row._mapping) | {"role": "patient"}
        before = link(before, row.number, [values[column.name] for column in LINKED])
        anew.append({**values, "hash": before})
    tamper(sa.insert(LOG).values(anew))
    assert findings() == []
    assert findings(kept) == [("unlike_anchor", 10)]


@pytest.mark.parametrize("what", ["update", "delete", "seal again", "truncate"])
def test_s71_the_service_itself_can_neither_change_nor_delete(app, sealed, what):
    statement = {
        "update": sa.update(LOG).values(role="patient"),
        "delete": sa.delete(LOG),
        "seal again": sa.update(LOG).where(at_number(1)).values(number=50),
        "truncate": sa.text("TRUNCATE access_log"),
    }[what]
    with app.app_context(), pytest.raises(sa.exc.DBAPIError), transaction() as session:
        session.execute(statement)
    assert len(entries_of(app)) == 10


def test_s72_many_writers_and_two_sealers_make_one_chain(app, write, findings):
    with ThreadPoolExecutor(10) as threads:
        writers = [threads.submit(write, 10) for _ in range(8)]
        sealers = [threads.submit(_seal_until, app, writers) for _ in range(2)]
        for one in [*writers, *sealers]:
            one.result()
    seal_the_log(app)

    assert findings(page=1000) == []
    assert [one.number for one in entries_of(app)] == list(range(1, 81))


def _seal_until(app, writers):
    while not all(writer.done() for writer in writers):
        with app.app_context(), transaction() as session:
            seal(session, limit=7)


def test_s72_a_sealer_killed_in_the_middle_leaves_no_gap_and_no_fork(app, write, findings):
    write(10)
    with app.app_context():
        url = db.engine.url
    child = os.fork()
    if child == 0:  # pragma: no cover - it is killed
        try:
            with Session(sa.create_engine(url)) as session:
                if seal(session, limit=6) == 6:
                    os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    write(2, minutes=30)
    seal_the_log(app)

    assert findings() == []
    assert [one.number for one in entries_of(app)] == list(range(1, 13))


def test_s75_whatever_a_field_holds_is_no_other_entry(app, write, findings):
    """Line breaks and control signs: sealed as they are, and no two entries written alike."""
    nasty = '\r\n{"action":"read"}\x1b[2K","'
    write(1, route=nasty, request_id=nasty)
    seal_the_log(app)
    assert findings() == []
    [one] = entries_of(app)
    values = [one._mapping[column.name] for column in LINKED]
    assert link(START, 1, values) == one.hash
    shifted = [*values[:-2], values[-2] + values[-1][:1], values[-1][1:]]
    assert link(START, 1, shifted) != one.hash


def test_s71_heads_go_to_the_anchor_file_every_hour(app, sealed, write, clock, tmp_path):
    file = tmp_path / "anchors.jsonl"
    app.config["AUDIT_ANCHOR_FILE"] = file
    try:
        anchor_the_log(app, clock)
        anchor_the_log(app, clock)
        assert [(one.clinic_id, one.number) for one in anchors.read(file)] == [
            (CLINIC, 10), (OTHER, 2),
        ]  # fmt: skip
        write(1, minutes=20)
        seal_the_log(app)
        anchor_the_log(app, clock)
        clock.pass_time(hours=1)
        anchor_the_log(app, clock)
        assert [one.number for one in anchors.read(file)] == [10, 2, 11]
    finally:
        app.config["AUDIT_ANCHOR_FILE"] = None


def test_an_anchor_file_that_cannot_be_written_is_no_dead_scheduler(app, sealed, clock, tmp_path):
    app.config["AUDIT_ANCHOR_FILE"] = tmp_path / "no" / "folder"
    try:
        anchor_the_log(app, clock)
    finally:
        app.config["AUDIT_ANCHOR_FILE"] = None
    with app.app_context(), transaction() as session:
        assert len(anchors.due(session, now=clock.now())) == 2
