"""The command line: what each command says when it cannot do what it was asked."""

import shutil
import socket
from importlib.resources import files
from pathlib import Path

import click
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.cli import FlaskGroup

from service import schema
from service.care.rules import rule_set
from service.cli import COMMANDS, main, register
from service.cli.startup import check_durability
from service.db import db
from tests.conftest import MASTER_KEYS, SECRET

LEAVES = [
    "demo", "serve", "jobs", "db upgrade", "db restored", "clinic add", "staff add", "invite",
    "knowledge check", "knowledge import", "replay", "vapid-key", "access-page", "contract",
    "audit anchor", "audit copy", "audit verify", "incident affected",
    "erasure key", "erasure list", "erasure reapply", "erasure open",
]  # fmt: skip


@pytest.fixture
def waymark(tmp_path):
    """Run a command with settings for a database of its own."""
    settings = {
        "SECRET_KEY": SECRET,
        "MASTER_KEYS": MASTER_KEYS,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'waymark.sqlite'}",
        "COOKIES_NEED_TLS": "no",
    }

    def run(words, **env):
        return CliRunner().invoke(main, words.split(), env={**settings, **env})

    return run


@pytest.fixture
def knowledge_folder(tmp_path):
    folder = tmp_path / "clinical"
    shutil.copytree(Path(str(files("service.clinical"))), folder)
    return folder


def one_line(done):
    """Return the one line of complaint."""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("Error: ").rstrip("\n")


@pytest.mark.parametrize("words", LEAVES)
def test_every_command_says_what_it_does(words):
    done = CliRunner().invoke(main, [*words.split(), "--help"])

    assert done.exit_code == 0
    assert len(done.output) > 100


@pytest.mark.parametrize(
    "words",
    [
        "demo",
        "serve",
        "jobs",
        "db upgrade",
        "db restored",
        "knowledge check",
        "knowledge import",
        "replay",
    ],
)
def test_every_long_command_says_its_exit_codes(words):
    assert "Exit codes: 0 " in CliRunner().invoke(main, [*words.split(), "--help"]).output


def test_flask_knows_the_same_commands(app):
    register(app)
    group = FlaskGroup(create_app=lambda: app)

    done = CliRunner().invoke(group, ["--help"])

    listed = {line.split()[0] for line in done.output.splitlines() if line.startswith("  ")}
    assert set(COMMANDS) <= listed


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        ("knowledge check", 0),
        ("fly", 2),
        ("serve --port zero", 2),
        ("replay no-such-file.json", 2),
        ("knowledge check --root no-such-folder", 2),
    ],
)
def test_exit_codes_tell_usage_from_failure(waymark, words, exit_code):
    assert waymark(words).exit_code == exit_code


@pytest.mark.parametrize("words", ["serve", "jobs", "db upgrade"])
def test_a_missing_secret_is_one_line(words):
    done = CliRunner().invoke(main, words.split(), env={"SECRET_KEY": None})

    assert done.exit_code == 1
    assert one_line(done) == "environment variable SECRET_KEY is not set"


def test_a_setting_that_is_no_number_is_named(waymark):
    done = waymark("db upgrade", CALLS_A_MINUTE="many")

    assert done.exit_code == 1
    assert one_line(done) == "CALLS_A_MINUTE: 'many' is not a whole number"


def test_a_database_that_is_away_is_one_line(waymark):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        port = nobody.getsockname()[1]
        done = waymark("db upgrade", DATABASE_URL=f"postgresql://ana@127.0.0.1:{port}/waymark")

    assert done.exit_code == 1
    assert one_line(done).startswith("The database does not answer: ")


def test_the_database_is_upgraded_once(waymark):
    first, second = waymark("db upgrade"), waymark("db upgrade")

    assert (first.exit_code, first.output) == (0, "The database was upgraded.\n")
    assert (second.exit_code, second.output) == (0, "The database is up to date.\n")


@pytest.mark.parametrize("words", ["serve", "jobs"])
def test_nothing_starts_on_a_database_without_migrations(waymark, words):
    done = waymark(words)

    assert done.exit_code == 1
    assert one_line(done) == "The database lacks migrations: run `waymark db upgrade`."


def test_a_command_on_an_empty_database_says_what_to_run(waymark):
    done = waymark("invite --clinic Harbor")

    assert done.exit_code == 1
    assert one_line(done).startswith("The database is not set up (no such table: clinics)")


def test_a_port_in_use_is_one_line(waymark):
    waymark("db upgrade")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        done = waymark(f"serve --port {port}")

    assert done.exit_code == 1
    assert one_line(done) == f"Cannot listen on 127.0.0.1, port {port}: Address already in use."


def test_a_database_that_may_lose_what_it_confirmed_is_refused(app):
    with app.app_context(), db.engine.connect() as connection:
        # The databases of the tests leave out the syncs.
        if connection.dialect.name == "sqlite":
            connection.rollback()
            driver = connection.connection.driver_connection
            driver.execute("PRAGMA synchronous = FULL")
            check_durability(connection)
            connection.commit()
            driver.execute("PRAGMA synchronous = NORMAL")
        with pytest.raises(click.ClickException, match=r"fsync is off|synchronous is 1"):
            check_durability(connection)
        connection.invalidate()


def test_the_shipped_knowledge_can_be_used(waymark):
    done = waymark("knowledge check")

    assert done.exit_code == 0
    assert "80 symptoms, 72 treatments, 51 warning signs" in done.output
    rules = rule_set().rules
    unverified = [rule for rule in rules if "unverified" in rule.status]
    assert f"{len(rules)} rules: {len(rules)} draft" in done.output
    assert f"rules with an unverified threshold: {len(unverified)} (" in done.output
    assert "\ntests of rules: " in done.output


@pytest.mark.parametrize(
    ("file", "written", "instead", "complaint"),
    [
        (
            "rules/emergencies.yaml", "{red_flag: rigors}", "{red_flag: rigor}",
            "EM-FEVER, when.any[1]",
        ),
        ("rules/emergencies.yaml", "[chemo-fever]", "[chemo-feverish]", "'chemo-feverish'"),
        ("rules/emergencies.yaml", "text: fever-on-treatment", "text: fever-on", "'fever-on'"),
        ("red_flags.yaml", "rules: [SN-SPINE]", "rules: [SN-SPIN]", "there is no rule 'SN-SPIN'"),
        ("treatments.json", '"letrozole"', '"ribociclib"', "'ribociclib' stands twice"),
        ("policy.yaml", "version: 1", "version: one", "version"),
    ],
)  # fmt: skip
def test_a_fault_in_the_knowledge_is_named(
    waymark, knowledge_folder, file, written, instead, complaint
):
    path = knowledge_folder / file
    text = path.read_text("utf-8")
    assert written in text
    path.write_text(text.replace(written, instead, 1), "utf-8")

    done = waymark(f"knowledge check --root {knowledge_folder}")

    assert done.exit_code == 1
    said = one_line(done)
    assert said.startswith(f"{file}, line ")
    assert complaint in said


def test_a_text_the_program_itself_needs_has_to_be_there(waymark, knowledge_folder):
    for text in (knowledge_folder / "guidance").glob("*/nobody-on-duty.md"):
        text.unlink()

    done = waymark(f"knowledge check --root {knowledge_folder}")

    assert done.exit_code == 1
    assert one_line(done) == "guidance/en/nobody-on-duty.md: this text is needed and missing"


def test_every_test_beside_the_rules_that_does_not_hold_is_named(waymark, knowledge_folder):
    path = knowledge_folder / "rules" / "emergencies.yaml"
    path.write_text(path.read_text("utf-8").replace("at_least: 38.0}", "at_least: 38.5}"), "utf-8")

    done = waymark(f"knowledge check --root {knowledge_folder}")

    assert done.exit_code == 1
    said = done.output.splitlines()
    assert said[0].startswith(
        "Error: rules/tests/emergencies.yaml, line 8: EM-FEVER, expect: '38.0 once on a CDK4/6"
        " inhibitor is urgent': expected urgent; came nothing, missed: "
    )
    assert len(said) > 5
    assert all(line.startswith("rules/tests/emergencies.yaml, line ") for line in said[1:])


def test_the_page_about_the_language_of_rules_is_printed(waymark):
    assert waymark("knowledge reference").output.startswith("# The language of rules\n")


def test_a_rule_that_stands_twice_is_named(waymark, knowledge_folder):
    rules = knowledge_folder / "rules"
    shutil.copy(rules / "silence.yaml", rules / "silence2.yaml")

    done = waymark(f"knowledge check --root {knowledge_folder}")

    assert done.exit_code == 1
    assert "SYM-MISS, id: stands in rules/silence.yaml too" in one_line(done)


def test_upgrading_leaves_a_database_that_is_current(waymark, tmp_path):
    waymark("db upgrade")

    engine = sa.create_engine(f"sqlite:///{tmp_path / 'waymark.sqlite'}")
    with engine.connect() as connection:
        assert schema.is_current(connection)
    engine.dispose()
