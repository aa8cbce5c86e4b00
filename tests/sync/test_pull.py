"""Pulling: what has changed since, once, whoever changed it and however."""

import json

from service.ids import new_id
from service.jobs.tick import run_due
from service.notify.channels import KeptChannel
from service.sync.tables import TABLES
from tests.counting import statements_counted
from tests.sync.conftest import DAY, NAUSEA, NOW, event, new, report

KINDS = {"created", "updated", "deleted"}


def changed(pulled, table="events"):
    one = pulled["changes"][table]
    ids = {kind: [raw["id"] for raw in one[kind]] for kind in ("created", "updated")}
    return {kind: found for kind, found in {**ids, "deleted": one["deleted"]}.items() if found}


def posted(call, **more):
    body = {"id": new(), "kind": "scan", "title": "CT", "starts_at": "2026-03-05T10:00:00Z", **more}
    assert call("ana", "POST /patients/me/events", body).status_code == 201
    return body["id"]


def test_the_first_pull_has_everything_and_says_all_tables(call, pull):
    id = posted(call)
    for never in (None, "null", 0, ""):
        pulled = pull(never)
        assert pulled.keys() == {"changes", "timestamp"}
        assert list(pulled["changes"]) == list(TABLES)
        assert all(one.keys() == KINDS for one in pulled["changes"].values())
        assert changed(pulled) == {"created": [id]}


def test_who_has_nothing_is_told_a_timestamp_that_misses_nothing(call, pull, world):
    first = pull()
    assert first["timestamp"] >= 1
    id = posted(call)
    assert changed(pull(first["timestamp"])) == {"created": [id]}


def test_what_is_new_what_was_changed_and_what_is_gone_are_told_apart(call, pull):
    kept, gone = posted(call), posted(call)
    first = pull()["timestamp"]
    fleeting = posted(call)
    new_one = posted(call)
    call("ana", f"PATCH /patients/me/events/{kept}", {"title": "MRI"})
    call("ana", f"PATCH /patients/me/events/{new_one}", {"title": "MRI"})
    call("ana", f"DELETE /patients/me/events/{gone}")
    call("ana", f"DELETE /patients/me/events/{fleeting}")
    second = pull(first)
    told = changed(second)
    assert (told["created"], told["updated"]) == ([new_one], [kept])
    # What came and went in between is told too: this very phone may have sent it.
    assert set(told["deleted"]) == {gone, fleeting}
    assert second["timestamp"] > first
    assert changed(pull(second["timestamp"])) == {}
    # Whoever comes new has never had what is gone.
    assert changed(pull()).keys() == {"created"}


def test_what_staff_change_reaches_her_phone(call, world, pull):
    first = pull()["timestamp"]
    ana = world["ana"].patient_id
    body = {
        "id": new(),
        "code": "anc",
        "value": 900,
        "unit": "/mm3",
        "measured_at": "2026-03-02T16:00:00Z",
    }
    assert call("nora", f"POST /patients/{ana}/measurements", body).status_code == 201
    assert changed(pull(first), "measurements") == {"created": [body["id"]]}


def test_what_the_scheduler_does_reaches_her_phone(app, call, clock, pull):
    body = {
        "id": new(), "kind": "custom", "title": "Walk", "local_start": "2026-03-02T09:30",
        "recurrence": "FREQ=DAILY",
    }  # fmt: skip
    treatment = {"id": new(), "code": "letrozole", "started_on": "2026-02-02", "status": "active"}
    assert call("ana", "POST /patients/me/reminders", body).status_code == 201
    assert call("ana", "POST /patients/me/treatments", treatment).status_code == 201
    first = pull()
    clock.pass_time(days=13, minutes=31)
    run_due(app, clock, {"push": KeptChannel(), "email": KeptChannel()}, new_id())
    changes = pull(first["timestamp"])["changes"]
    # It planned further ahead, and what was due did not stay due.
    assert changed({"changes": changes}, "reminder_occurrences").keys() == {"created", "updated"}
    assert {one["status"] for one in changes["reminder_occurrences"]["updated"]} <= {
        "sent",
        "missed",
    }
    assert changed({"changes": changes}, "doses")["created"]


def test_values_are_those_a_phone_can_keep(call, pull):
    body = {
        "id": new(), "code": "ribociclib", "started_on": "2026-02-02", "status": "active",
        "line": 2, "notes": "with breakfast",
    }  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    check = {
        "id": new(),
        "checked_at": "2026-03-02T16:59:59.123456Z",
        "distress": 3,
        "safe_now": True,
        "topics": ["body"],
    }
    assert call("ana", "POST /patients/me/wellbeing-checks", check).status_code == 201
    changes = pull()["changes"]
    [treatment] = changes["treatments"]["created"]
    assert (treatment["line"], treatment["started_on"], treatment["ended_on"]) == (
        2,
        "2026-02-02",
        None,
    )
    assert (treatment["modality"], treatment["notes"]) == ("targeted", "with breakfast")
    assert isinstance(treatment["schedule"], str)
    [kept] = changes["wellbeing_checks"]["created"]
    assert kept["checked_at"] == NOW - 1000 + 123
    assert (kept["distress"], kept["mood"], kept["safe_now"]) == (3, None, True)
    assert (kept["note_is_private"], kept["topics"]) == (False, '["body"]')
    doses = changes["doses"]["created"]
    assert doses
    assert {one["status"] for one in doses} == {"expected"}
    for table in changes.values():
        for raw in (*table["created"], *table["updated"]):
            assert not {"_status", "_changed"} & raw.keys()
            assert all(isinstance(one, str | int | float | bool | None) for one in raw.values())


def test_a_phone_with_a_new_table_or_column_gets_what_it_lacks(call, pull):
    plain, with_place = posted(call), posted(call, place="Harbor")
    question = {"id": new(), "text": "May I fly?"}
    assert call("ana", "POST /patients/me/questions", question).status_code == 201
    at = pull()["timestamp"]
    asked = '{"from":1,"tables":["questions","drafts"],"columns":[{"table":"events","columns":["place","colour"]},{"table":"drafts","columns":["x"]}]}'
    pulled = pull(at, migration=asked)
    assert changed(pulled, "questions") == {"created": [question["id"]]}
    assert changed(pulled) == {"updated": [with_place]}
    assert changed(pulled, "treatments") == {}
    assert pulled["timestamp"] == at
    assert changed(pull(at, migration="null")) == {}
    # What is new is there in full, beside what has changed.
    call("ana", f"PATCH /patients/me/events/{plain}", {"title": "MRI"})
    assert set(changed(pull(at, migration=asked))["updated"]) == {plain, with_place}


def test_a_phone_ahead_of_a_restored_database_is_told_everything_again(call, pull):
    id = posted(call)
    pulled = pull(10_000)
    assert changed(pulled) == {"created": [id]}
    assert pulled["timestamp"] < 10_000


def test_nonsense_is_told(call):
    for query in (
        "last_pulled_at=-1", "last_pulled_at=1.5", "last_pulled_at=undefined",
        "last_pulled_at=9007199254740992", "last_pulled_at=99999999999999999999999",
        "schema_version=0", "schema_version=x", "migration=%7B", "migration=[]",
        'migration={"from":1}', 'migration={"from":1,"tables":[1],"columns":[]}',
    ):  # fmt: skip
        assert call("ana", f"GET /patients/me/sync?{query}").status_code == 422, query


def test_nobody_else_pulls_for_her(call, world):
    ana = world["ana"].patient_id
    assert call(None, "GET /patients/me/sync").status_code == 401
    for name in ("nora", "hugo", "ada", "per"):
        assert call(name, "GET /patients/me/sync").status_code in {403, 404}
        assert call(name, f"GET /patients/{ana}/sync").status_code == 404
    assert call("ben", f"GET /patients/{ana}/sync").status_code == 404


def test_hers_and_no_others(call, pull):
    posted(call)
    assert changed(pull(who="ben")) == {}


def test_a_month_is_pulled_in_two_statements_and_nothing_new_in_one(app, call, push, pull):
    reports = [report(reported_at=NOW - day * DAY) for day in range(30)]
    answer = push(symptom_reports={"created": reports}, events={"created": [event()]})
    assert (answer.status_code, answer.json["rejections"]) == (200, [])
    with statements_counted(app, but=("BEGIN",)) as month:
        pulled = pull(1)
    with statements_counted(app, but=("BEGIN",)) as nothing_new:
        pull(pulled["timestamp"])
    assert len(pulled["changes"]["symptom_reports"]["created"]) == 30
    assert (len(month), len(nothing_new)) == (2, 1)


def test_answers_are_as_they_were_given_with_their_grade(push, pull):
    push(symptom_reports={"created": [report(answers=NAUSEA)]})
    [kept] = pull()["changes"]["symptom_reports"]["created"]
    assert json.loads(kept["answers"]) == [{**json.loads(NAUSEA)[0], "grade": 1}]
