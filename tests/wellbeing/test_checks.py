"""Wellbeing checks: distress and its alerts, wishes for a person, and what stays private."""

from datetime import timedelta
from uuid import uuid4

import pytest

from service.accounts.models import Grant
from service.db import transaction

NOTE = "Zebra-Quokka: I have not told my sister"
STAFF = ("nora", "omar", "sol", "chaya", "cora", "ada", "per")


@pytest.fixture
def check(call, clock):
    def check(**what):
        body = {"id": str(uuid4()), "checked_at": clock.now().isoformat(), **what}
        return call("ana", "POST /patients/me/wellbeing-checks", body)

    return check


def rules(call, queue="social_work"):
    alerts = call("sol", f"GET /alerts?queue={queue}").json["items"]
    return {rule for alert in alerts for rule in alert["rules"]}


def test_a_private_note_is_hers_alone(app, call, check, world, clock):
    with app.app_context(), transaction() as session:
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=["wellbeing", "symptoms", "treatments"], granted_at=clock.now(),
            )
        )  # fmt: skip
    made = check(distress=8, topics=["feelings", "meaning"], note=NOTE, note_is_private=True,
                 contact_wanted=["chaplain", "nurse"], safe_now=False).json  # fmt: skip
    ana = world["ana"].patient_id
    alerts = {
        one["id"]
        for who in ("nora", "sol", "chaya")
        for one in call(who, "GET /alerts").json["items"]
    }
    asked = [
        f"/patients/{ana}/wellbeing-checks", f"/patients/{ana}/wellbeing-checks/{made['id']}",
        f"/patients/{ana}/picture", f"/patients/{ana}/visit-summary", f"/patients/{ana}/replies",
        f"/patients/{ana}/access-log", f"/patients/{ana}/feed", f"/patients/{ana}/support-requests",
        f"/patients/{ana}/trends?measure=distress", f"/patients/{ana}/questionnaire-responses",
        "/alerts", "/panel", "/support-requests", *(f"/alerts/{id}" for id in alerts),
    ]  # fmt: skip
    read = 0
    for who in (*STAFF, "hugo", "olga", "ben"):
        for path in asked:
            answer = call(who, f"GET {path}")
            read += answer.status_code == 200
            assert "Zebra" not in answer.text, (who, path)
    assert read > 40
    for path in ("wellbeing-checks", f"wellbeing-checks/{made['id']}"):
        assert NOTE in call("ana", f"GET /patients/me/{path}").text


def test_a_shared_note_is_read_by_who_looks_after_her(call, check, world):
    check(distress=1, note=NOTE)
    listed = call("sol", f"GET /patients/{world['ana'].patient_id}/wellbeing-checks").json
    assert listed["items"][0]["note"] == NOTE


def test_no_machine_reads_a_note(call, check):
    told = check(note="I want to die").json
    assert told["guidance"]["level"] == "none"
    assert call("sol", "GET /alerts").json["items"] == []


def test_a_wish_for_a_person_becomes_one_request(call, check, clock):
    check(contact_wanted=["social_worker", "chaplain"])
    clock.pass_time(hours=1)
    check(contact_wanted=["social_worker"])
    requests = call("ana", "GET /patients/me/support-requests").json["items"]
    assert sorted(one["kind"] for one in requests) == ["chaplain", "social_worker"]
    assert [
        one["kind"] for one in call("sol", "GET /support-requests?queue=social_work").json["items"]
    ] == ["social_worker"]


def test_the_same_check_again_asks_for_nobody_twice(call, clock):
    body = {"id": str(uuid4()), "checked_at": clock.now().isoformat(), "contact_wanted": ["nurse"]}
    first = call("ana", "POST /patients/me/wellbeing-checks", body)
    again = call("ana", "POST /patients/me/wellbeing-checks", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert len(call("ana", "GET /patients/me/support-requests").json["items"]) == 1


def test_once_she_was_contacted_a_new_wish_is_a_new_request(call, check, clock):
    check(contact_wanted=["nurse"])
    [request] = call("nora", "GET /support-requests").json["items"]
    call("nora", f"POST /support-requests/{request['id']}/contact-attempts", {"reached": True})
    clock.pass_time(hours=1)
    check(contact_wanted=["nurse"])
    assert len(call("ana", "GET /patients/me/support-requests").json["items"]) == 2


def test_distress_of_four_asks_for_a_conversation_once(call, check, clock):
    assert check(distress=3).json["guidance"]["level"] == "none"
    assert rules(call) == set()
    clock.pass_time(days=1)
    assert check(distress=4).json["guidance"]["level"] == "self_care"
    assert rules(call) == {"DIS-4"}
    [alert] = call("sol", "GET /alerts").json["items"]
    assert (alert["severity"], alert["priority"]) == ("soon", None)


@pytest.mark.parametrize("course", [(7,), (2, 5), (4, 5, 4)])
def test_high_rising_or_lasting_distress_comes_first_among_soon(call, check, clock, course):
    for distress in course:
        check(distress=distress)
        clock.pass_time(days=1)
    assert "DIS-7" in rules(call)
    [alert] = call("sol", "GET /alerts").json["items"]
    assert (alert["severity"], alert["priority"]) == ("soon", "high")


def test_a_distress_left_out_is_no_distress_of_nought(call, check, clock):
    check(distress=6)
    clock.pass_time(days=1)
    check(mood=2)
    clock.pass_time(days=1)
    before = call("sol", "GET /alerts").json["items"][0]["version"]
    check(distress=6)  # neither new nor a rise
    assert rules(call) == {"DIS-4"}
    assert call("sol", "GET /alerts").json["items"][0]["version"] == before


def test_an_older_check_that_comes_late_is_not_her_latest(call, check, clock):
    check(distress=2)
    late = (clock.now() - timedelta(days=3)).isoformat()
    assert check(distress=5, checked_at=late).status_code == 201
    [row] = [one for one in call("nora", "GET /panel").json["items"] if one["distress"] is not None]
    assert (row["distress"], row["distress_before"]) == (2, 5)


def test_not_safe_now_is_a_crisis_in_the_same_answer(call, check):
    told = check(safe_now=False).json["guidance"]
    assert (told["level"], told["phone"], told["rules"]) == ("crisis", "988", ["SI-9"])
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    assert (alert["severity"], alert["needs_named_contact"]) == ("urgent", True)
    assert alert["contact_by"] == "2026-03-02T18:00:00Z"


def test_meaning_with_distress_or_a_wish_reaches_the_chaplain(call, check, clock):
    check(topics=["meaning"], distress=3)
    assert rules(call, "chaplaincy") == set()
    clock.pass_time(days=1)
    check(contact_wanted=["chaplain"])
    assert rules(call, "chaplaincy") == {"SPIR"}
    assert [one["queue"] for one in call("chaya", "GET /alerts").json["items"]] == ["chaplaincy"]


@pytest.mark.parametrize(
    "bad",
    [{}, {"topics": []}, {"distress": 11}, {"distress": -1}, {"distress": 3.5}, {"distress": "3"},
     {"mood": 0}, {"mood": 6}, {"topics": ["money"]}, {"topics": ["body", "body"]},
     {"safe_now": "no"}, {"contact_wanted": ["oncologist"]}, {"note": " "}],
)  # fmt: skip
def test_what_does_not_fit_is_422(check, bad):
    assert check(**bad).status_code == 422


@pytest.mark.parametrize("who", ["hugo", "nora", "omar", "sol", "chaya", "cora", "ada"])
def test_nobody_says_for_her_how_she_feels(app, call, world, clock, who):
    with app.app_context(), transaction() as session:
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=["wellbeing"], granted_at=clock.now(),
            )
        )  # fmt: skip
    body = {"id": str(uuid4()), "checked_at": clock.now().isoformat(), "distress": 1}
    path = f"/patients/{world['ana'].patient_id}/wellbeing-checks"
    assert call(who, f"POST {path}", body).status_code == 403
