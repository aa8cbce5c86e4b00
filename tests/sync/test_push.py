"""Pushing: what a phone says is taken once, whole, or told why not."""

import json

import pytest
import sqlalchemy as sa

from service.alerts.models import Alert
from service.db import db
from service.ids import derived_id
from service.symptoms.models import SymptomReport
from tests.sync.conftest import DAY, HOUR, NOW, event, new, report

FEVER = {"temperature_c": 39.5, "answers": "[]"}


def rejections(answer):
    assert answer.status_code == 200, answer.json
    return {
        (one["table"], one["id"]): [error["pointer"] for error in one["errors"]]
        for one in answer.json["rejections"]
    }


def taken(answer):
    assert rejections(answer) == {}, answer.json
    return answer.json


def mine(pulled, table):
    return {raw["id"]: raw for raw in pulled["changes"][table]["created"]}


def test_what_is_pushed_is_there_for_her_other_phone_and_for_the_routes(push, pull, call):
    one, two = event(notes="private"), report(note="my words")
    taken(push(events={"created": [one]}, symptom_reports={"created": [two]}))
    assert mine(pull(), "events")[one["id"]]["notes"] == "private"
    assert call("ana", f"GET /patients/me/events/{one['id']}").json["title"] == "CT"
    shown = call("ana", f"GET /patients/me/symptom-reports/{two['id']}").json
    assert (shown["note"], shown["answers"][0]["grade"]) == ("my words", 1)


def test_the_same_push_again_changes_nothing(push, pull, world, app):
    body = {
        "events": {"created": [{**event(), "_status": "created", "_changed": ""}]},
        "symptom_reports": {"created": [report(**FEVER)]},
        "questions": {"created": [{"id": new(), "text": "May I fly?", "answer": "Yes"}]},
        "saved_content": {"created": [{"id": new(), "slug": "fatigue", "saved_at": NOW}]},
        "treatments": {
            "created": [{"id": new(), "code": "letrozole", "started_on": "2026-02-02", "status": "active", "modality": ""}]
        },
    }  # fmt: skip
    first = taken(push(**body))
    before = pull()
    for _ in range(2):
        again = taken(push(**body))
        assert again["guidance"] == first["guidance"]
    after = pull()
    assert after["changes"] == before["changes"]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Alert)) <= 1
        db.session.rollback()


def test_a_change_is_taken_and_only_what_differs_is_one(push, pull):
    one = event()
    taken(push(events={"created": [one]}))
    pulled = pull()
    raw = {**mine(pulled, "events")[one["id"]], "_status": "updated", "_changed": "title"}
    taken(push(pulled["timestamp"], events={"updated": [raw]}))
    assert pull(pulled["timestamp"])["changes"]["events"]["updated"] == []
    taken(push(pulled["timestamp"], events={"updated": [{**raw, "title": "MRI"}]}))
    [after] = pull(pulled["timestamp"])["changes"]["events"]["updated"]
    assert (after["title"], after["version"]) == ("MRI", 2)


def test_a_moment_finer_than_a_phone_keeps_is_not_changed_by_it(push, pull, call):
    body = {"id": new(), "kind": "scan", "title": "CT", "starts_at": "2026-03-05T10:00:00.123456Z"}
    call("ana", "POST /patients/me/events", body)
    pulled = pull()
    raw = {**mine(pulled, "events")[body["id"]], "title": "MRI"}
    taken(push(pulled["timestamp"], events={"updated": [raw]}))
    shown = call("ana", f"GET /patients/me/events/{body['id']}").json
    assert (shown["title"], shown["starts_at"]) == ("MRI", body["starts_at"])


def test_what_changed_here_meanwhile_is_a_conflict_and_nothing_is_taken(push, pull, call):
    one, other = event(), event()
    taken(push(events={"created": [one]}))
    at = pull()["timestamp"]
    call("ana", f"PATCH /patients/me/events/{one['id']}", {"title": "MRI"})
    answer = push(at, events={"created": [other], "updated": [{**one, "title": "PET"}]})
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (409, "sync-conflict")
    pulled = pull(at)
    assert other["id"] not in mine(pulled, "events")
    taken(
        push(pulled["timestamp"], events={"created": [other], "updated": [{**one, "title": "PET"}]})
    )
    assert call("ana", f"GET /patients/me/events/{one['id']}").json["title"] == "PET"
    at = pull()["timestamp"]
    call("ana", f"PATCH /patients/me/events/{one['id']}", {"title": "MRI"})
    assert push(at, events={"deleted": [one["id"]]}).status_code == 409


def test_unknown_updated_is_created_and_unknown_deleted_passed_over(push, pull):
    one = event()
    taken(push(events={"updated": [one], "deleted": [new()]}))
    assert one["id"] in mine(pull(), "events")


def test_what_is_deleted_on_a_phone_is_deleted(push, pull):
    one, two = event(), report()
    taken(push(events={"created": [one]}, symptom_reports={"created": [two]}))
    at = pull()["timestamp"]
    for _ in range(2):
        taken(push(at, events={"deleted": [one["id"]]}, symptom_reports={"deleted": [two["id"]]}))
    gone = pull(at)["changes"]
    assert gone["events"]["deleted"] == [one["id"]]
    assert gone["symptom_reports"]["deleted"] == [two["id"]]
    # A phone that has not heard of it yet hears before it is taken at its word.
    assert push(at, events={"updated": [{**one, "title": "MRI"}]}).status_code == 409
    assert push(pull()["timestamp"], events={"updated": [one]}).json["rejections"]


def test_one_that_cannot_be_taken_is_told_and_the_others_are_taken(push, pull, call, world):
    good, his = event(), event()
    push(who="ben", events={"created": [his]})
    bad = {
        "kind": event(kind="party"), "title": event(title=None), "starts_at": event(starts_at="x"),
        "place": event(place=["x"]), "colour": event(colour="red"), "notes": event(notes="\x00 \ud83d"),
    }  # fmt: skip
    answer = push(
        events={"created": [good, *bad.values(), "x", {"title": "x"}, event(id="x"), his]},
        drafts={"created": [{"id": "d1", "x": 1}], "updated": [], "deleted": ["d2"]},
        local_only={"created": [], "updated": [], "deleted": []},
        symptom_reports={"created": [report(answers="{"), report(reported_at=NOW + 2 * DAY), report(reported_at=0), report(reported_at=10**17), report(reported_at=10**400), report(note="cut \ud83d")]},
        measurements={"created": [{"id": new(), "code": "anc", "value": 1, "unit": "/mm3", "measured_at": NOW}]},
    )  # fmt: skip
    told = rejections(answer)
    for name, one in bad.items():
        assert told["events", one["id"]] == [f"/{name}"]
    assert told["events", his["id"]] == [""]
    assert told["events", "x"] == ["/id"]
    assert {("drafts", "d1"), ("drafts", "d2")} <= told.keys()
    assert answer.json["experimentalRejectedIds"]["drafts"] == ["d1", "d2"]
    kinds = [one["type"].rpartition("/")[2] for one in answer.json["rejections"]]
    assert kinds.count("clock-wrong") == 2
    assert mine(pull(), "events").keys() == {good["id"]}
    assert mine(pull(), "symptom_reports") == mine(pull(), "measurements") == {}
    assert mine(pull(who="ben"), "events").keys() == {his["id"]}
    assert "Zebra" not in answer.text


def test_an_id_of_somebody_else_changes_and_deletes_nothing_of_theirs(push, pull):
    his = event()
    push(who="ben", events={"created": [his]})
    told = rejections(push(events={"updated": [{**his, "title": "mine"}], "deleted": []}))
    assert ("events", his["id"]) in told
    taken(push(events={"deleted": [his["id"]]}))
    assert mine(pull(who="ben"), "events")[his["id"]]["title"] == "CT"


def test_what_she_reported_is_not_changed(push, pull):
    one = report()
    taken(push(symptom_reports={"created": [one]}))
    pulled = pull()
    raw = mine(pulled, "symptom_reports")[one["id"]]
    # Merged with what came back, its grades included, it is still what she said.
    taken(push(pulled["timestamp"], symptom_reports={"created": [{**raw, "_status": "created"}]}))
    told = rejections(
        push(pulled["timestamp"], symptom_reports={"updated": [{**raw, "note": "x"}]})
    )
    assert told == {("symptom_reports", one["id"]): [""]}
    assert mine(pull(), "symptom_reports")[one["id"]] == raw


def test_a_correction_and_what_it_corrects_come_together(push, pull):
    one = report(reported_at=NOW - HOUR)
    two = report(corrects=one["id"])
    taken(push(symptom_reports={"created": [two, one]}))
    assert mine(pull(), "symptom_reports")[one["id"]]["corrected_by"] == two["id"]


def test_a_report_that_corrects_what_is_not_there_leaves_no_trace(push, pull, call):
    treatment = {"id": new(), "code": "docetaxel", "started_on": "2026-02-02", "status": "active"}
    taken(push(treatments={"created": [treatment]}))
    one = report(corrects=new(), **FEVER)
    told = rejections(push(symptom_reports={"created": [one]}, events={"created": [event()]}))
    assert told == {("symptom_reports", one["id"]): ["/corrects"]}
    assert mine(pull(), "symptom_reports") == {}
    assert len(mine(pull(), "events")) == 1
    assert call("nora", "GET /alerts").json["items"] == []


def test_everything_follows_that_follows_a_single_report(push, pull, call, world):
    treatment = {"id": new(), "code": "docetaxel", "started_on": "2026-02-02", "status": "active"}
    taken(push(treatments={"created": [treatment]}))
    reminder = {
        "id": new(), "kind": "check_in", "title": "How are you?", "local_start": "2026-03-02T10:00",
        "recurrence": "FREQ=DAILY", "discreet": True,
    }  # fmt: skip
    taken(push(reminders={"created": [reminder]}))
    one = report(**FEVER)
    [told] = taken(push(symptom_reports={"created": [one]}))["guidance"]
    assert (told["table"], told["id"], told["at"]) == (
        "symptom_reports",
        one["id"],
        "2026-03-02T17:00:00Z",
    )
    assert told["guidance"]["level"] == "call_now"
    assert told["guidance"]["phone"] == "206-555-0100"
    [alert] = call("nora", "GET /alerts").json["items"]
    assert "EM-FEVER" in {
        rule["rule"] if isinstance(rule, dict) else rule for rule in alert["rules"]
    }
    occurrences = mine(pull(), "reminder_occurrences")
    today = str(derived_id(reminder["id"], "2026-03-02T10:00"))
    assert occurrences[today]["status"] == "done"


def test_late_reports_are_kept_and_judged_at_their_own_time(push, call, pull, world):
    treatment = {"id": new(), "code": "docetaxel", "started_on": "2026-02-02", "status": "active"}
    taken(push(treatments={"created": [treatment]}))
    call_time = NOW - 3 * DAY
    old, fine = report(reported_at=call_time, **FEVER), report()
    answer = taken(push(symptom_reports={"created": [fine, old]}))
    kept = mine(pull(), "symptom_reports")
    assert kept[old["id"]]["reported_at"] == call_time
    assert kept[old["id"]]["received_at"] == NOW
    [told] = answer["guidance"]
    assert (told["id"], told["at"]) == (old["id"], "2026-02-27T17:00:00Z")
    assert told["guidance"]["level"] == "call_now"
    # What the nurse reads says when it was, and its clock has run since then.
    [alert] = call("nora", "GET /alerts").json["items"]
    shown = call("nora", f"GET /alerts/{alert['id']}").json
    assert [
        record["at"] for record in shown["reasons"][0]["records"] if record["id"] == old["id"]
    ] == [told["at"]]
    assert shown["due_at"] < "2026-03-02T17:00:00Z"


def test_a_dose_and_a_reminder_are_answered_at_the_time_she_says(push, pull, call):
    treatment = {"id": new(), "code": "letrozole", "started_on": "2026-02-20", "status": "active"}
    reminder = {
        "id": new(), "kind": "custom", "title": "Walk", "local_start": "2026-03-01T08:00",
        "recurrence": "FREQ=DAILY",
    }  # fmt: skip
    taken(push(treatments={"created": [treatment]}, reminders={"created": [reminder]}))
    pulled = pull()
    first = next(iter(mine(pulled, "doses").values()))
    # Yesterday's, of which nothing is kept yet: a phone works out its id.
    local = f"2026-03-01{first['local_at'][10:]}"
    dose = {
        "id": str(derived_id(treatment["id"], local)),
        "treatment_id": treatment["id"],
        "local_at": local,
    }
    at = NOW - 2 * HOUR
    walk = str(derived_id(reminder["id"], "2026-03-01T08:00"))
    answered = {
        "id": walk,
        "reminder_id": reminder["id"],
        "local_at": "2026-03-01T08:00",
        "status": "done",
        "answered_at": at,
    }
    taken(
        push(
            pulled["timestamp"],
            doses={"created": [{**dose, "status": "taken", "taken_at": at}]},
            reminder_occurrences={"updated": [answered]},
        )
    )
    after = pull(pulled["timestamp"])["changes"]
    [kept] = after["doses"]["created"]
    assert (kept["id"], kept["status"], kept["taken_at"]) == (dose["id"], "taken", at)
    occurrences = after["reminder_occurrences"]
    [walked] = [
        one for kind in ("created", "updated") for one in occurrences[kind] if one["id"] == walk
    ]
    assert (walked["status"], walked["answered_at"]) == ("done", at)
    # One that the reminder never rang for is none.
    odd = str(derived_id(reminder["id"], "2026-03-01T08:30"))
    told = push(
        after and pull()["timestamp"],
        reminder_occurrences={"updated": [{**answered, "id": odd, "local_at": "2026-03-01T08:30"}]},
    )
    assert ("reminder_occurrences", odd) in rejections(told)


def test_two_phones_that_saved_one_article_end_with_one(push, pull):
    first, second = new(), new()
    taken(push(saved_content={"created": [{"id": first, "slug": "fatigue", "saved_at": NOW}]}))
    at = pull()["timestamp"]
    taken(push(at, saved_content={"created": [{"id": second, "slug": "fatigue", "read_at": NOW}]}))
    changes = pull(at)["changes"]["saved_content"]
    assert changes["deleted"] == [second]
    [kept] = changes["updated"]
    assert (kept["id"], kept["saved_at"], kept["read_at"]) == (first, NOW, NOW)
    told = rejections(
        push(saved_content={"created": [{"id": new(), "slug": "no-such-page", "saved_at": NOW}]})
    )
    assert list(told.values()) == [["/slug"]]


@pytest.mark.parametrize("body", [
    [], "x", 1, None, {"events": []}, {"events": {"created": {}}}, {"events": {"made": []}},
    {"events": None},
])  # fmt: skip
def test_what_is_not_the_protocol_is_refused_whole(call, body):
    answer = call(
        "ana",
        "POST /patients/me/sync",
        data=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json["type"].endswith("/changes-unreadable")


def test_sixteen_mebibytes_are_read_and_no_more(call):
    def send(size):
        body = b'{"events":{"created":[],"updated":[],"deleted":[]}}'.ljust(size)
        headers = {"Content-Type": "application/json"}
        return call("ana", "POST /patients/me/sync", data=body, headers=headers).status_code

    assert send(16 * 1024 * 1024) == 200
    assert send(16 * 1024 * 1024 + 1) == 413


def test_ten_thousand_bad_records_are_told_one_by_one(push, app, world):
    bad = [{"id": new(), "title": "x"} for _ in range(1_000)]
    odd = [{"id": f"{number}"} for number in range(9_000)]
    answer = push(events={"created": bad, "updated": odd})
    assert len(rejections(answer)) == 10_000
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SymptomReport)) == 0
        db.session.rollback()


def test_only_she_pushes(call, world):
    for name, status in ((None, 401), ("nora", 403), ("hugo", 403)):
        assert call(name, "POST /patients/me/sync", {}).status_code == status


def test_lists_of_nothing_are_refused_before_anything_is_made_of_them(call):
    def send(body):
        headers = {"Content-Type": "application/json"}
        return call("ana", "POST /patients/me/sync", data=body, headers=headers)

    many = b'{"events":{"created":[%s],"updated":[],"deleted":[]}}'
    assert send(many % (b"1," * 50_000 + b"1")).json["type"].endswith("/changes-unreadable")
    assert send(many % (b"1," * 3_000_000 + b"1")).json["type"].endswith("/too-much-to-read")


def test_among_many_reports_one_with_an_id_of_somebody_else_is_rejected_alone(push, pull):
    his = report()
    taken(push(who="ben", symptom_reports={"created": [his]}))
    treatment = {"id": new(), "code": "docetaxel", "started_on": "2026-02-02", "status": "active"}
    mine_, fever = report(reported_at=NOW - HOUR), report(**FEVER)
    answer = push(
        treatments={"created": [treatment]},
        symptom_reports={"created": [mine_, {**his, "note": "x"}, fever]},
    )
    assert rejections(answer) == {("symptom_reports", his["id"]): [""]}
    assert mine(pull(), "symptom_reports").keys() == {mine_["id"], fever["id"]}
    assert [one["id"] for one in answer.json["guidance"]] == [fever["id"]]
    assert mine(pull(), "treatments").keys() == {treatment["id"]}


def test_one_id_for_a_report_and_a_measurement_breaks_nothing(push, pull):
    treatment = {"id": new(), "code": "docetaxel", "started_on": "2026-02-02", "status": "active"}
    taken(push(treatments={"created": [treatment]}))
    one = report(**FEVER)
    same = {"id": one["id"], "code": "temperature", "value": 39.5, "unit": "C", "measured_at": NOW}
    answer = push(symptom_reports={"created": [one, report()]}, measurements={"created": [same]})
    assert len(rejections(answer)) == 1
    assert len(mine(pull(), "symptom_reports")) + len(mine(pull(), "measurements")) == 2


def test_a_phone_ahead_of_a_restored_database_has_to_pull_first(push, pull):
    one = event()
    assert push(10_000, events={"created": [one]}).status_code == 409
    taken(push(pull(10_000)["timestamp"], events={"created": [one]}))


def test_what_a_phone_cannot_say_is_rejected(push, pull):
    treatment = {"id": new(), "code": "letrozole", "started_on": "2026-02-20", "status": "active"}
    reminder = {
        "id": new(), "kind": "custom", "title": "Walk", "local_start": "2026-03-02T08:30",
        "recurrence": "FREQ=DAILY", "status": "active",
    }  # fmt: skip
    taken(push(treatments={"created": [treatment]}, reminders={"created": [reminder]}))
    pulled = pull()
    dose, other = list(mine(pulled, "doses").values())[:2]
    rung = next(iter(mine(pulled, "reminder_occurrences").values()))
    check = {"id": new(), "checked_at": NOW, "distress": 2}
    taken(push(wellbeing_checks={"created": [check]}))
    at = pull()["timestamp"]
    told = rejections(
        push(
            at,
            doses={"updated": [{**dose, "status": "eaten"}], "deleted": [other["id"]]},
            reminder_occurrences={"updated": [{**rung, "status": "missed"}]},
            wellbeing_checks={"updated": [{**check, "distress": 3}]},
            measurements={"deleted": [new()]},
            reminders={"updated": [{**reminder, "status": "suggested"}]},
        )
    )
    assert told == {
        ("doses", dose["id"]): ["/status"], ("doses", other["id"]): [""], ("reminder_occurrences", rung["id"]): ["/status"],
        ("wellbeing_checks", check["id"]): [""], ("reminders", reminder["id"]): ["/status"],
    }  # fmt: skip
    # Ended on a phone, a reminder is ended; what it was still to ask is gone.
    taken(push(at, reminders={"updated": [{**reminder, "status": "ended"}]}))
    assert pull(at)["changes"]["reminder_occurrences"]["deleted"]
