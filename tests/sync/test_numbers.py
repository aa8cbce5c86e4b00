"""Every change has a number, and no change hides behind an earlier one, however many write."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
import sqlalchemy as sa

from service.accounts.queries import lock_patient
from service.db import db, transaction
from service.journey.actions import note_event
from service.records import Change
from service.sync.tables import TABLES
from service.words import Words
from tests.conftest import API, MONDAY_MORNING
from tests.sync.conftest import NOW, event, new, report


@pytest.fixture
def filled(push, pull):
    """Ana's record with one of everything a phone gets."""
    treatment = {"id": new(), "code": "letrozole", "started_on": "2026-02-02", "status": "active"}
    reminder = {
        "id": new(), "kind": "custom", "title": "Walk", "local_start": "2026-03-02T18:00",
        "recurrence": "FREQ=DAILY",
    }  # fmt: skip
    screening = {
        "id": new(), "questionnaire": "phq-2", "answers": '{"1":0,"2":0}', "status": "completed",
        "answered_at": NOW,
    }  # fmt: skip
    weight = {"id": new(), "code": "weight", "value": 70, "unit": "kg", "measured_at": NOW}
    answer = push(
        treatments={"created": [treatment]}, reminders={"created": [reminder]},
        events={"created": [event()]}, symptom_reports={"created": [report()]},
        wellbeing_checks={"created": [{"id": new(), "checked_at": NOW, "distress": 2}]},
        questionnaire_responses={"created": [screening]}, measurements={"created": [weight]},
        questions={"created": [{"id": new(), "text": "May I fly?"}]},
        saved_content={"created": [{"id": new(), "slug": "fatigue", "saved_at": NOW}]},
    )  # fmt: skip
    assert answer.json["rejections"] == []
    assert all(one["created"] for one in pull()["changes"].values())


def written(app, *statements):
    with app.app_context(), transaction() as session:
        for statement in statements:
            session.execute(statement)


def test_a_change_that_takes_no_number_is_refused(app, filled, push):
    push(events={"created": [event()]})  # so that nobody else's number is the last one
    for table in (one.table for one in TABLES.values()):
        older = sa.update(table).where(table.c.change_no == 1)
        with pytest.raises(sa.exc.IntegrityError):
            written(app, older.values(version=7))
        with pytest.raises(sa.exc.IntegrityError):
            written(app, older.values(deleted_at=MONDAY_MORNING, change_no=0))
        written(app, older.values(version=table.c.version))
        written(app, older.values(version=7, change_no=2), older.values(version=8, change_no=2))


def test_everything_a_phone_gets_is_watched(app, world):
    """A new column of a phone's that no trigger watches fails here; so does a lost trigger."""
    asked = {
        "sqlite": "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE tgname LIKE '%_are_numbered'",
    }  # fmt: skip
    with app.app_context(), transaction() as session:
        found = session.execute(sa.text(asked[db.engine.dialect.name]))
        watched = {name: text.lower() for name, text in found if "change_no" in text.lower()}
    for table in TABLES.values():
        text = watched[table.table.name]
        names = [one for one in table.columns if not isinstance(table.table.c[one].type, Words)]
        missing = [one for one in (*names, "deleted_at") if f"new.{one}" not in text]
        assert missing == [], table.name


@pytest.mark.postgresql
def test_a_change_that_commits_late_hides_behind_no_other(app, world, call, pull):
    """The classic hole: a number is taken, a later one commits first, a phone pulls in between."""
    taken, may_go = Event(), Event()
    slow, quick = event(), event()
    ana = world["ana"]

    def take_a_number_and_wait():
        with app.app_context(), transaction() as session:
            held = lock_patient(session, ana.patient_id)
            change = Change(ana.patient_id, held.change_no, ana.account_id, MONDAY_MORNING)
            note_event(
                session,
                change=change,
                event={**slow, "starts_at": MONDAY_MORNING, "id": slow["id"]},
            )
            session.flush()
            taken.set()
            assert may_go.wait(10)

    body = {**quick, "starts_at": "2026-03-05T10:00:00Z"}
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(take_a_number_and_wait)
        assert taken.wait(10)
        second = pool.submit(
            lambda: app.test_client().post(
                f"{API}/patients/me/events", json=body, headers=ana.headers
            )
        )
        meanwhile = pull()
        assert meanwhile["changes"]["events"]["created"] == []
        may_go.set()
        first.result(10)
        assert second.result(10).status_code == 201
    later = pull(meanwhile["timestamp"])["changes"]["events"]["created"]
    assert {one["id"] for one in later} == {slow["id"], quick["id"]}


def test_a_phone_that_pulls_all_the_while_misses_nothing_that_many_write(app, world, pull):
    ana = world["ana"]
    writers, each = 4, 8
    together = Barrier(writers + 1)

    def write(number):
        client, ids = app.test_client(), []
        together.wait()
        for turn in range(each):
            if (turn + number) % 3:
                body = {
                    "id": new(),
                    "kind": "scan",
                    "title": "CT",
                    "starts_at": "2026-03-05T10:00:00Z",
                }
                path = f"{API}/patients/me/events"
            else:
                body = {"events": {"created": [event()]}}
                path = f"{API}/patients/me/sync?last_pulled_at=0"
            answer = client.post(path, json=body, headers=ana.headers)
            assert answer.status_code in {200, 201}, answer.json
            ids.append(body["id"] if "id" in body else body["events"]["created"][0]["id"])
        return ids

    seen, at = [], None
    with ThreadPoolExecutor(writers) as pool:
        writing = [pool.submit(write, number) for number in range(writers)]
        together.wait()
        while True:
            over = all(one.done() for one in writing)
            pulled = pull(at)
            at = pulled["timestamp"]
            seen += [raw["id"] for raw in pulled["changes"]["events"]["created"]]
            assert pulled["changes"]["events"]["updated"] == []
            if over:
                break
    made = [id for one in writing for id in one.result()]
    # Each once, none missing, and in nothing but its own pull.
    assert sorted(seen) == sorted(made)
    assert len(made) == writers * each
