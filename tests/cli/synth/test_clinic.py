"""A clinic made up in bulk: what the scheduler, the laboratory and the command make of it."""

import gc
import io
import json
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask

from service import schema
from service.accounts.models import Account, Patient
from service.accounts.queries import patient_ref
from service.alerts.models import Alert, AlertReason
from service.app import create_app
from service.care.lab.history import history
from service.care.lab.walk import Walk
from service.care.reading import SPEAKING, kinds_for
from service.care.rules import RuleSet, rule_set
from service.cli import main
from service.cli.synth.book import Book
from service.cli.synth.clinic import MadeClinic, made_clinic, patient_id
from service.cli.synth.lives import lives
from service.cli.synth.living import lived
from service.cli.synth.making import Order, make
from service.cli.synth.writing import DatabaseShelf, LineShelf
from service.config import Config
from service.db import db, transaction
from service.ids import new_id
from service.jobs.tick import run_due
from service.notify.channels import KeptChannel
from service.notify.models import OutboxMessage
from service.sealing import keys_out_of
from service.symptoms.models import SymptomReport
from service.sync.tables import TABLES
from tests.conftest import SECRET

UNTIL = datetime(2026, 3, 2, tzinfo=UTC)
YEARS = 0.4


def a_clinic(patients: int) -> MadeClinic:
    return made_clinic(7, patients, name="Elsewhere (made up)", years=YEARS, until=UNTIL)


def books_of(clinic: MadeClinic, patients: int) -> list[Book]:
    return [lived(one, clinic) for one in lives(7, patients, until=UNTIL, years=YEARS)]


@pytest.fixture
def filled(app: Flask, clock) -> Flask:
    """The application over a clinic of six, at the moment at which its history ends."""
    clinic, shelf = a_clinic(6), DatabaseShelf(app)
    shelf.open(clinic)
    shelf.put(books_of(clinic, 6))
    clock.moment = UNTIL
    return app


def test_no_record_has_a_number_its_patient_has_not_reached(filled: Flask) -> None:
    """Or a phone would hear of it for ever, or never."""
    with filled.app_context(), transaction() as session:
        for table in (one.table for one in TABLES.values()):
            rows = sa.select(sa.func.count()).join_from(
                table, Patient, Patient.id == table.c.patient_id
            )
            ahead = rows.where(table.c.change_no > Patient.change_no)
            never = rows.where(
                sa.or_(table.c.created_change_no < 1, table.c.created_change_no > table.c.change_no)
            )
            assert (session.scalar(ahead), session.scalar(never)) == (0, 0), table.name


def test_nothing_of_a_made_up_past_is_ever_sent_or_escalated(filled: Flask, clock) -> None:
    """The first rounds of a scheduler find next to nothing to do, and no patient hears a word."""
    channels = {"push": KeptChannel(), "email": KeptChannel()}
    clock.pass_time(minutes=1)

    counts = run_due(filled, clock, channels, new_id())

    assert counts.escalated == counts.looked_after == counts.doses_planned == 0
    assert counts.sent == counts.by_mail == counts.released == 0
    with filled.app_context(), transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 0
        accounts = session.scalars(sa.select(Account)).all()
    assert {one.password_hash for one in accounts} == {"!"}, "somebody could sign in"
    assert all(one.email.endswith(".s7@example.org") for one in accounts)


def test_the_laboratory_finds_what_the_rules_said_then(filled: Flask) -> None:
    rule = "SYM-SEV"
    alone = RuleSet([rule_set().by_id[rule]])
    kinds = kinds_for("symptom_report", alone)
    with filled.app_context(), transaction() as session:
        said = {
            (row.patient_id, record["id"])
            for row in session.scalars(sa.select(AlertReason).where(AlertReason.rule == rule))
            for record in row.records
        }
        found = set()
        for id in session.scalars(sa.select(Patient.id)).all():
            her = patient_ref(session, id)
            walk = Walk(her, history(session, id, kinds, as_of=UNTIL))
            for moment in walk.moments(
                frozenset({"symptom_report"}), first=UNTIL - timedelta(days=999), last=UNTIL
            ):
                reading = moment.picture.facts_of(moment.new)
                spoken = alone.evaluate(moment.picture, purposes=SPEAKING, reading=reading)
                if any(one.rests_on(moment.new) for one in spoken):
                    found.add((id, str(moment.record.id)))
    assert said
    assert found == said


def test_lines_are_the_same_for_the_same_seed_and_name_no_table_twice() -> None:
    clinic = a_clinic(2)
    first, second = io.BytesIO(), io.BytesIO()
    for stream in (first, second):
        shelf = LineShelf(stream)
        shelf.open(clinic)
        shelf.put(books_of(clinic, 2))

    assert first.getvalue() == second.getvalue()
    lines = [json.loads(line) for line in first.getvalue().splitlines()]
    assert lines[0]["table"] == "clinics"
    assert {"patients", "alerts", "alert_steps", "doses"} <= {line["table"] for line in lines}


def test_memory_does_not_grow_with_the_number_of_lives() -> None:
    clinic, sizes = a_clinic(60), []
    tracemalloc.start()
    try:
        for number, one in enumerate(lives(7, 30, until=UNTIL, years=0.1)):
            LineShelf(io.BytesIO()).put([lived(one, clinic)])
            if number in (9, 29):
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[1] - sizes[0] < 200_000  # one life is some 300,000


class Breaking(DatabaseShelf):
    """A database that goes away after the first lives."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.puts = 0

    def put(self, books: Sequence[Book]) -> None:
        self.puts += 1
        if self.puts > 1:
            raise KeyboardInterrupt
        super().put(books)


def test_what_was_stopped_goes_on_and_comes_to_the_same(app: Flask) -> None:
    clinic, order = a_clinic(5), Order(seed=7, patients=5, years=YEARS)
    whole = {book.kept(Patient)[0].id: len(book.kept(Alert)) for book in books_of(clinic, 5)}

    with pytest.raises(KeyboardInterrupt):
        make(clinic, order, Breaking(app), frozenset(), at_once=2)
    with app.app_context(), transaction() as session:
        there = frozenset(session.scalars(sa.select(Patient.id)))
    assert there == {patient_id(7, 0), patient_id(7, 1)}

    make(clinic, order, DatabaseShelf(app), there)
    with app.app_context(), transaction() as session:
        rows = session.execute(
            sa.select(Alert.patient_id, sa.func.count()).group_by(Alert.patient_id)
        )
        assert dict(rows.all()) == {id: number for id, number in whole.items() if number}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site's settings, and a database that is not set up yet."""
    file = tmp_path / "site.sqlite"
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("MASTER_KEYS", keys_out_of(SECRET))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
    return file


def synth(*words: str) -> Result:
    return CliRunner().invoke(main, ["synth", "--years", "0.2", *words])


def test_the_command_refuses_what_it_cannot_do_and_goes_on_with_what_it_can(site: Path) -> None:
    refused = synth("--patients", "2")
    assert refused.exit_code == 1
    assert "waymark db upgrade" in refused.output

    app = create_app(Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=f"sqlite:///{site}"))
    with app.app_context():
        schema.upgrade(db.engine)
        db.engine.dispose()
    made = synth("--patients", "2", "--until", "2026-03-02", "--workers", "2")
    assert made.exit_code == 0, made.output
    assert "Synthetic clinic (made up): 2 patients" in made.output
    again = synth("--patients", "3")
    assert "2 are there already." in again.output
    assert again.exit_code == 0

    assert "take another --seed" in synth("--clinic", "Another").output
    assert "another --until" in synth("--until", "2026-01-01").output
    assert "another clinic called" in synth("--seed", "2").output
    with app.app_context(), transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Patient)) == 3
        assert session.scalar(sa.select(sa.func.count()).select_from(SymptomReport))
        db.engine.dispose()
