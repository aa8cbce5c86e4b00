"""Marked words go into everything that can be sent; none comes out where operators look.

S-61: logs at their most talkative, the libraries' too; S-43: what is said when the database fails;
S-18: addresses; and the command lines everybody on a machine can read.
"""

import io
import logging
from uuid import uuid4

import click
import orjson
import pytest
import sqlalchemy as sa

from service.cli import main
from service.db import db
from service.logs import Code, Quiet, handler_to
from tests import test_bad_input as bad_input
from tests.conftest import API
from tests.test_bad_input import BODIES, MARK, REPORT, with_body, written

ids, send = bad_input.ids, bad_input.send
SECRET_WORDS = ("password", "secret", "token", "key")
TALKATIVE = ("", "sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "psycopg", "werkzeug", "service",
             "gunicorn.error", "apscheduler")  # fmt: skip


@pytest.fixture
def log():
    """Everything that would be written, with every logger at DEBUG."""
    stream = io.StringIO()
    handler = handler_to(stream)
    before = {name: logging.getLogger(name).level for name in TALKATIVE}
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def browser(browse):
    return browse("nora")


@pytest.fixture
def broken(app, browser):
    """A table is not where it should be: every statement on it fails with what it was given."""
    for step in (("symptom_reports", "elsewhere"), ("elsewhere", "symptom_reports")):
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE {} RENAME TO {}".format(*step)))
        if step[1] == "elsewhere":
            yield


def test_s61_nothing_that_was_sent_is_written_down(app, send, log, world, client):
    for route in with_body(app):
        send(route, written(BODIES[route.name]))
        send(route, written(BODIES[route.name] | {"surprise": MARK}))
        send(route, b'{"%s": ' % MARK.encode())
    client.get(f"{API}/calendar/{MARK}.ics")
    client.get(f"{API}/panel?q={MARK}", headers=world["nora"].headers)
    client.get(f"{API}/me", headers={"Authorization": f"Bearer {MARK}"})
    out = log.getvalue() + client.get("/metrics").text

    for secret in (
        MARK,
        "example.org",
        *(one.headers["Authorization"][7:] for one in world.people.values()),
    ):
        assert secret not in out


def test_s43_a_database_that_fails_tells_nobody_what_it_was_given(
    app, call, broken, log, world, browser
):
    body = {**REPORT, "id": str(uuid4())}
    answers = [
        call("ana", "POST /patients/me/symptom-reports", body),
        call("ana", "GET /patients/me/symptom-reports"),
        browser.get(f"/patients/{world['ana'].patient_id}"),
    ]
    for answer in answers:
        assert answer.status_code in {500, 503}
        said = answer.get_data(as_text=True)
        for word in ("symptom_reports", "SELECT", "INSERT", "psycopg", "sqlite", "service/",
                     "Traceback", ".py", MARK):  # fmt: skip
            assert word not in said, word
    assert MARK not in log.getvalue()


def test_s61_a_crash_is_written_with_its_place_and_not_with_its_words(log):
    logger = logging.getLogger("service.somewhere")
    try:
        try:
            int(MARK)
        except ValueError as error:
            raise KeyError(MARK) from error
    except KeyError:
        logger.exception("it failed for %s, %s, rule %s", MARK, 7, Code("EM-FEVER"))
    logging.getLogger("sqlalchemy.engine").info("row %s", MARK)
    put_together = f"read {MARK}"
    logging.getLogger("other").warning(put_together)

    crash, other = (orjson.loads(line) for line in log.getvalue().splitlines())

    assert crash["said"] == "it failed for %s, %s, rule %s"
    assert crash["with"] == ["…", 7, "EM-FEVER"]
    assert crash["error"] == ["builtins.KeyError", "builtins.ValueError"]
    assert crash["in"][0].startswith("tests/dashboard/test_quiet.py:")
    assert other["said"] == "…"
    assert MARK not in log.getvalue()


def test_s61_a_formatter_without_the_list_would_have_told(log):
    """The marked words do reach the loggers: it is the list that keeps them back."""
    record = logging.LogRecord("service", logging.ERROR, "", 1, "for %s", (MARK,), None)

    assert MARK in logging.Formatter().format(record)
    assert MARK not in Quiet().format(record)


def test_s18_no_command_takes_a_secret_on_its_command_line():
    options = list(_options(click.Context(main).to_info_dict()["command"]))
    assert len(options) > 30
    # The name of a file is no secret, whatever lies in it.
    said = [one for one in options if not one.endswith("-file")]
    assert [one for one in said if any(word in one for word in SECRET_WORDS)] == []


def _options(command):
    for param in command["params"]:
        # A flag takes no value: the password of --password-stdin comes from standard input.
        yield from () if param.get("is_flag") else param["opts"]
    for below in command.get("commands", {}).values():
        yield from _options(below)
