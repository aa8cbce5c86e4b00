"""The access log, carried to another machine: all of it, in order, once, and compared there."""

import multiprocessing
import os
import signal

import orjson
import pytest
import sqlalchemy as sa

from service.audit import copying
from service.audit.comparing import compare
from service.audit.copying import BadCopy, copy_on
from service.audit.models import AccessLogEntry
from service.cli.audit import audit
from service.db import db, transaction
from service.jobs.log_keeping import seal_the_log
from tests.audit.test_chain import CLINIC, OTHER, at_number, sealed, tamper, write

__all__ = ["sealed", "tamper", "write"]

LOG = AccessLogEntry.__table__


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "copies" / "access.jsonl"


@pytest.fixture
def copy_it(app, copy):
    copy.parent.mkdir()

    def copy_it(page=3):
        with app.app_context():
            return copy_on(transaction, copy, page=page)

    return copy_it


@pytest.fixture
def more(app, write):
    """Let so many entries come, and be sealed."""

    def more(count, **given):
        write(count, **given)
        seal_the_log(app)

    return more


@pytest.fixture
def disagreements(app, copy):
    def disagreements(page=3):
        with app.app_context():
            found = list(compare(transaction, copying.read(copy), page=page))
        return [(one.kind, one.number) for one in found]

    return disagreements


def lines_of(*files):
    return [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]


def numbers_of(*files):
    of = {CLINIC: [], OTHER: []}
    for line in lines_of(*files):
        of[copying.UUID(line["clinic_id"])].append(line["number"])
    return of


def test_s74_a_copy_holds_all_of_every_entry_and_only_what_is_new(
    app, sealed, copy_it, copy, more, write, disagreements
):
    assert copy_it() == 12
    with app.app_context(), transaction() as session:
        kept = session.execute(
            sa.select(LOG).where(LOG.c.number.is_not(None)).order_by(LOG.c.clinic_id, LOG.c.number)
        ).mappings()
        assert lines_of(copy) == [orjson.loads(orjson.dumps(dict(row))) for row in kept]
    assert copy.stat().st_mode & 0o077 == 0

    assert copy_it() == 0
    write(1, minutes=20)
    assert copy_it() == 0, "what is not sealed has no place yet"
    more(4, minutes=30)
    assert copy_it() == 5
    assert numbers_of(copy) == {CLINIC: list(range(1, 16)), OTHER: [1, 2]}
    assert disagreements() == []


def test_s74_what_was_carried_off_is_not_copied_again(sealed, copy_it, copy, more, disagreements):
    copy_it()
    first = copy.rename(copy.with_name("carried-off.jsonl"))
    more(3, minutes=30)

    assert copy_it() == 3
    assert numbers_of(copy) == {CLINIC: [11, 12, 13], OTHER: []}
    assert disagreements() == []
    # And one whose receiver cuts the file instead of moving it.
    copy.write_bytes(b"")
    more(1, minutes=40)
    assert copy_it() == 1
    assert numbers_of(first, copy)[CLINIC] == [*range(1, 11), 14]


@pytest.mark.parametrize("after", [0, 1, 400, 1000, 3000])
def test_s74_killed_anywhere_it_goes_on_without_a_gap_or_a_repeat(
    sealed, copy_it, copy, disagreements, after
):
    """After a kill the file may hold more than was noted, and the piece of a line."""
    copy_it()
    whole = copy.read_bytes()
    copy.write_bytes(whole[:after])
    copy.with_name(f"{copy.name}.position").unlink()

    copy_it()

    assert copy.read_bytes() == whole
    assert disagreements() == []


def test_s74_a_process_that_is_killed_leaves_nothing_out_and_nothing_twice(
    app, write, copy_it, copy, disagreements
):
    write(200)
    seal_the_log(app)
    with app.app_context():
        db.engine.dispose()

    def size():
        return copy.stat().st_size if copy.exists() else 0

    for _ in range(5):
        child = multiprocessing.get_context("fork").Process(target=copy_it, args=(1,))
        grown = size() + 1
        child.start()
        while size() < grown and child.is_alive():
            pass
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    copy_it()

    assert numbers_of(copy)[CLINIC] == list(range(1, 201))
    assert disagreements() == []


def test_s74_a_log_that_is_not_the_one_copied_is_not_gone_on_with(
    app, sealed, copy_it, copy, tamper, disagreements
):
    copy_it()
    before = copy.read_bytes()

    tamper(sa.delete(LOG).where(LOG.c.clinic_id == CLINIC, LOG.c.number > 8))

    with pytest.raises(BadCopy, match="begin another file"):
        copy_it()
    assert copy.read_bytes() == before
    assert disagreements() == [("unlike_copy", 9)]


def test_s74_what_differs_is_named_with_its_number(
    app, sealed, copy_it, copy, tamper, disagreements
):
    copy_it()
    lines = copy.read_bytes().splitlines(keepends=True)
    tamper(sa.update(LOG).where(at_number(5)).values(hash="f" * 64))
    assert disagreements() == [("unlike_copy", 5)]

    copy.write_bytes(b"".join([*lines[:2], *lines[3:]]))
    assert ("copy_lacks", 3) in disagreements()
    copy.write_bytes(b"".join(lines).replace(b'"symptoms"', b'"symptomz"', 1))
    assert ("copy_changed", 1) in disagreements()
    copy.write_bytes(b"".join(lines) + b"{}\n")
    with pytest.raises(BadCopy, match="line 13"):
        disagreements()


def test_s74_the_commands_copy_and_compare(app, sealed, copy, tamper):
    copy.parent.mkdir()
    waymark = app.test_cli_runner().invoke
    said = waymark(audit, ["copy", "--to", str(copy)])
    assert (said.exit_code, said.output) == (0, "Copied 12 entries.\n")
    assert waymark(audit, ["verify", "--copy", str(copy)]).exit_code == 0

    tamper(sa.delete(LOG).where(LOG.c.clinic_id == OTHER))

    said = waymark(audit, ["verify", "--copy", str(copy)])
    assert said.exit_code == 3
    assert f"{OTHER} entry 1: is not in the log as it was copied" in said.output
    refused = waymark(audit, ["copy", "--to", str(copy)])
    assert (refused.exit_code, "begin another file" in refused.output) == (1, True)
    nowhere = waymark(audit, ["copy", "--to", str(copy / "below")])
    assert nowhere.exit_code == 1
