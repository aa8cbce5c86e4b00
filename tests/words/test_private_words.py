"""Private words: no text of hers in the database, and none that opens where it does not belong."""

import base64
import os
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service import sealing
from service.accounts import word_keys
from service.accounts.models import Account, Patient
from service.db import db, transaction
from service.patient_keys import OPEN
from service.symptoms.models import SymptomReport
from service.words import ERASED, words_of
from tests.conftest import MASTER_KEYS, MONDAY_MORNING
from tests.words.conftest import CANARY

PLAIN = "klartext"


@pytest.fixture
def note(call):
    """Report symptoms with a note; return the report's id."""

    def note(text, who="ana"):
        body = {
            "id": str(uuid4()), "reported_at": MONDAY_MORNING.isoformat(),
            "answers": [{"symptom": "nausea", "severity": 1, "frequency": 1}], "note": text,
        }  # fmt: skip
        assert call(who, "POST /patients/me/symptom-reports", body).status_code == 201
        return body["id"]

    return note


@pytest.fixture
def notes_of(call):
    def notes_of(who="ana"):
        page = call(who, "GET /patients/me/symptom-reports")
        assert page.status_code == 200
        return [item["note"] for item in page.json["items"]]

    return notes_of


@pytest.fixture
def ring():
    """Give the process another ring, for one test."""
    before = sealing.held()
    yield lambda text: sealing.hold(sealing.ring_from(text))
    sealing.hold(before)


def everything(app):
    """Return all the text there is in any column, as one text."""
    found = []
    with app.app_context(), db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            texts = [c.name for c in table.c if not isinstance(c.type, sa.LargeBinary)]
            columns = ", ".join(f'CAST("{name}" AS TEXT)' for name in texts)
            rows = connection.exec_driver_sql(f'SELECT {columns} FROM "{table.name}"').all()
            found += [f"{table.name}: {value}" for row in rows for value in row if value]
        if connection.dialect.name == "sqlite":
            for file in (db.engine.url.database, f"{db.engine.url.database}-wal"):
                if os.path.exists(file):
                    with open(file, "rb") as raw:
                        found.append(raw.read().decode("latin-1"))
    return "\n".join(found)


def test_s51_no_private_word_is_in_the_database(app, every_place):
    assert len(every_place) == 25
    assert CANARY not in everything(app)
    with app.app_context(), transaction() as session:
        for column in every_place:
            found = session.scalars(sa.select(column).where(column.is_not(None))).all()
            assert CANARY in str(found), str(column)


def test_s51_every_place_says_where_it_is(app):
    for table in db.metadata.sorted_tables:
        for name, words in words_of(table):
            assert words.place == f"{table.name}.{name}"
            # A database would turn these into something else than text.
            assert isinstance(words.impl, sa.Text)


def test_s51_swapped_or_changed_words_do_not_open(app, note, notes_of):
    """Only the place is named in the error, and what is whole is still read."""
    one, other = note("the first"), note("the second")
    assert sorted(notes_of()) == ["the first", "the second"]
    texts = sa.table("symptom_reports", sa.column("id", sa.Uuid), sa.column("note", sa.Text))
    with app.app_context(), transaction() as session:
        kept = dict(session.execute(sa.select(texts.c.id, texts.c.note)).all())
    (a, first), (b, second) = kept.items()
    raw = bytearray(base64.urlsafe_b64decode(first.split(".")[2]))
    raw[20] ^= 1
    bent = ".".join([*first.split(".")[:2], base64.urlsafe_b64encode(raw).decode()])

    for forged in (second, bent, "the first", "k1.x.y"):
        with app.app_context(), transaction() as session:
            session.execute(sa.update(texts).where(texts.c.id == a).values(note=forged))
        with (
            app.app_context(),
            pytest.raises(sealing.NotOpened, match=rf"symptom_reports\.note\.{a.hex}") as said,
            transaction() as session,
        ):
            session.scalars(sa.select(SymptomReport.note).where(SymptomReport.id == a)).all()
        assert "first" not in str(said.value)
        assert "second" not in str(said.value)
        with app.app_context(), transaction() as session:
            assert session.scalars(
                sa.select(SymptomReport.note).where(SymptomReport.id == b)
            ).one() in {"the first", "the second"}
    assert {str(a), str(b)} == {one, other}


def test_s51_another_patients_words_do_not_open(app, note, notes_of, world):
    """Her key is no help either: not to a row of the same id that is said to be hers."""
    id = UUID(note("of Ana"))
    texts = sa.table("symptom_reports", sa.column("id", sa.Uuid), sa.column("patient_id", sa.Uuid))
    with app.app_context(), transaction() as session:
        session.execute(
            sa.update(texts).where(texts.c.id == id).values(patient_id=world["ben"].patient_id)
        )
    with (
        app.app_context(),
        pytest.raises(sealing.NotOpened, match="another key"),
        transaction() as session,
    ):
        session.scalars(sa.select(SymptomReport.note)).all()


def test_s51_a_short_note_cannot_be_guessed_by_its_digest(app, note, call):
    """Two notes alike have digests and texts unlike, and the same report again is still known."""
    body = {
        "id": str(uuid4()), "reported_at": MONDAY_MORNING.isoformat(), "answers": [],
        "note": "yes",
    }  # fmt: skip
    assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201
    assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 200
    assert (
        call("ana", "POST /patients/me/symptom-reports", {**body, "note": "no"}).status_code == 409
    )
    assert (
        call("ben", "POST /patients/me/symptom-reports", {**body, "id": str(uuid4())}).status_code
        == 201
    )
    with app.app_context(), transaction() as session:
        digests = session.scalars(sa.select(SymptomReport.content_hash)).all()
    assert len(set(digests)) == 2


def test_s51_nonces_are_never_used_twice():
    key = sealing.ring_from(MASTER_KEYS)
    data_key = key.unwrap(key.new_wrapped_key())
    nonces = {
        base64.urlsafe_b64decode(data_key.seal("p", "x").split(".")[2])[:12] for _ in range(50_000)
    }
    assert len(nonces) == 50_000


def test_s51_words_that_are_bound_to_no_place_are_not_written(app, world):
    with (
        app.app_context(),
        pytest.raises(sa.exc.StatementError, match=r"service\.words alone"),
        transaction() as session,
    ):
        session.execute(sa.update(Patient).values(what_matters="plain"))


def test_s52_rotation_can_stop_and_go_on_while_words_are_read_and_written(
    app, note, notes_of, ring, world
):
    note("before")
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["nora"].account_id).totp_secret = "JBSWY3DP"
    old, new = MASTER_KEYS, f"next:{sealing.new_master_key()}"
    ring(f"{new},{old}")

    with app.app_context(), transaction() as session:
        assert word_keys.rotate_some(session, most=1) == 1  # and stopped here
    assert notes_of() == ["before"]
    note("in between")
    note("of another", who="ben")
    with app.app_context(), transaction() as session:
        assert word_keys.counts_by_master(session) == {"next": 1, "derived": 2}
        assert word_keys.seal_secrets(session) == 1
        assert word_keys.rotate_some(session, most=50) == 1
        assert word_keys.rotate_some(session, most=50) == 0  # twice does nothing
        assert word_keys.seal_secrets(session) == 0
        assert word_keys.counts_by_master(session) == {"next": 3}

    ring(new)  # the old one is retired
    assert sorted(notes_of()) == ["before", "in between"]
    assert notes_of("ben") == ["of another"]
    with app.app_context(), transaction() as session:
        assert session.get_one(Account, world["nora"].account_id).totp_secret == "JBSWY3DP"
    ring(old)
    with (
        app.app_context(),
        pytest.raises(sealing.NoMasterKey, match="next"),
        transaction() as session,
    ):
        session.scalars(sa.select(SymptomReport.note)).all()


def test_s52_what_an_upgrade_finds_plain_is_read_and_then_sealed(app, note, notes_of, world):
    """A patient at a time; from then on a plain text of hers is refused."""
    with app.app_context(), transaction() as session:
        for id in (world["ana"].patient_id, world["ben"].patient_id):
            session.execute(sa.update(Patient).where(Patient.id == id).values(words_key=OPEN))
    note(PLAIN)
    note(PLAIN, who="ben")
    assert PLAIN in everything(app)
    with app.app_context(), transaction() as session:
        first, _ = word_keys.open_patients(session, most=50)
        assert word_keys.seal_patient(session, first)
        assert not word_keys.seal_patient(session, first)
    assert notes_of() == notes_of("ben") == [PLAIN]
    with app.app_context(), transaction() as session:
        for id in word_keys.open_patients(session, most=50):
            word_keys.seal_patient(session, id)
    with app.app_context(), db.engine.connect() as connection:
        texts = connection.exec_driver_sql("SELECT note FROM symptom_reports").scalars().all()
    assert [text[:3] for text in texts] == ["w1.", "w1."]
    assert notes_of() == notes_of("ben") == [PLAIN]


def test_s53_a_shredded_patient_cannot_be_read_even_from_a_copy(app, note, call, notes_of, world):
    id = note("never again")
    texts = sa.table("symptom_reports", sa.column("id", sa.Uuid), sa.column("note", sa.Text))
    with app.app_context(), transaction() as session:
        copy = session.scalars(sa.select(texts.c.note)).one()
        word_keys.shred(session, world["ana"].patient_id)

    assert notes_of() == [ERASED]
    answer = call("ana", "GET /patients/me/symptom-reports/" + id)
    assert answer.json["note"] == ERASED
    body = {"id": str(uuid4()), "text": "May I?"}
    assert call("ana", "POST /patients/me/questions", body).status_code == 404
    # Last month's backup put back beside the table of keys of today: a new key opens nothing.
    with app.app_context(), transaction() as session:
        session.execute(sa.update(texts).values(note=copy))
        session.execute(
            sa.update(Patient)
            .where(Patient.id == world["ana"].patient_id)
            .values(words_key=sealing.held().new_wrapped_key())
        )
    with app.app_context(), pytest.raises(sealing.NotOpened), transaction() as session:
        session.scalars(sa.select(SymptomReport.note)).all()
