"""Where two parts meet: a drill and the cascade, a call and silence, a request and what she reads."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Absence, Account, Role
from service.care import silence
from service.db import transaction
from service.measures.actions import count_next
from service.panel.models import PatientSummary

CLOSING = {"outcome": "spoken_to", "action": "Spoken.", "contact_made": True}


@pytest.fixture
def asked(call):
    """Ana asks for a person; return the id of her request."""

    def asked(kind="social_worker"):
        body = {"id": str(uuid4()), "kind": kind, "contact_by": "phone"}
        assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
        return body["id"]

    return asked


@pytest.fixture
def silent(app, world, clock):
    """Let two weeks pass in which nobody hears of Ana, and the scheduler look."""
    clock.pass_time(days=14)
    with app.app_context(), transaction() as session:
        silence.check_silence(session, now=clock.now())


@pytest.fixture
def silent_now(app, world):
    def silent_now():
        with app.app_context(), transaction() as session:
            return session.get_one(PatientSummary, world["ana"].patient_id).silence_score > 0

    return silent_now


def becomes(app, world, name, role):
    with app.app_context(), transaction() as session:
        session.execute(
            sa.update(Account).where(Account.id == world[name].account_id).values(role=role)
        )


def test_a_drill_that_ends_leaves_nobody_to_look_after(call, clock):
    begun = call("ada", "POST /drills", {"scenario": "not-safe"}).json
    path = f"POST /alerts/{begun['alert_id']}"
    call("sol", f"{path}/contact-attempts", {"how": "phone", "reached": True})
    [cascade] = call("sol", "GET /cascade").json["items"]
    day = (clock.now() + timedelta(days=7)).date().isoformat()
    said = {"need": "a call", "step": 3, "follow_up_on": day}
    assert call("sol", f"POST /cascade/{cascade['id']}/assess", said).status_code == 200
    assert call("sol", f"{path}/close", CLOSING).status_code == 200
    assert len(call("sol", "GET /cascade").json["items"]) == 1

    assert call("ada", f"POST /drills/{begun['id']}/end", {}).status_code == 200

    assert call("sol", "GET /cascade").json["items"] == []


def test_snoozes_of_drills_are_not_among_those_of_patients(app, call, clock):
    begun = call("ada", "POST /drills", {"scenario": "severe-nausea"}).json
    snooze = {"days": 3, "reason": "a drill"}
    assert call("nora", f"POST /alerts/{begun['alert_id']}/snooze", snooze).status_code == 200
    with app.app_context(), transaction() as session:
        count_next(session, now=clock.now())

    assert call("nora", "GET /measures").json["snoozed"] == 0


@pytest.mark.usefixtures("silent")
def test_who_was_reached_by_phone_from_the_alert_is_no_welfare_check_any_more(call, silent_now):
    [alert] = call("cora", "GET /alerts?queue=coordination").json["items"]
    assert silent_now()

    called = {"how": "phone", "reached": True}
    assert call("cora", f"POST /alerts/{alert['id']}/contact-attempts", called).status_code == 201

    assert not silent_now()


@pytest.mark.usefixtures("silent")
def test_lifting_a_snooze_brings_a_welfare_check_back_at_once(call, silent_now):
    [alert] = call("cora", "GET /alerts?queue=coordination").json["items"]
    path = f"/alerts/{alert['id']}/snooze"
    assert call("cora", f"POST {path}", {"days": 20, "reason": "on a boat"}).status_code == 200
    assert not silent_now()

    assert call("cora", f"DELETE {path}").status_code == 200

    assert silent_now()


@pytest.mark.usefixtures("silent")
def test_so_does_opening_a_snoozed_alert_again(call, silent_now):
    [alert] = call("cora", "GET /alerts?queue=coordination").json["items"]
    path = f"POST /alerts/{alert['id']}"
    assert call("cora", f"{path}/snooze", {"days": 20, "reason": "a boat"}).status_code == 200

    assert call("cora", f"{path}/reopen", {}).status_code == 200

    assert silent_now()


def test_what_became_of_a_request_is_said_in_words(app, world, call, asked):
    becomes(app, world, "nora", Role.SOCIAL_WORKER)
    request = asked()
    call("sol", f"POST /support-requests/{request}/claim", {})
    to = {"to": str(world["nora"].account_id)}
    assert call("sol", "POST /alerts/hand-over", to).json["handed_over"] == 1
    call("nora", f"POST /support-requests/{request}/contact-attempts", {"reached": False})

    [reply] = call("ana", "GET /patients/me/replies").json["items"]

    said = [step["text"].partition(" at ")[0] for step in reply["steps"]]
    assert said == [
        "Received", "Taken by the social worker", "Handed on to a colleague",
        "The social worker tried to reach you",
    ]  # fmt: skip


def test_the_one_who_has_a_request_is_on_it_not_the_one_who_gave_it_to_her(call, world, asked):
    request = asked()
    body = {"assignee": str(world["sol"].account_id)}
    assert call("omar", f"POST /support-requests/{request}/assign", body).status_code == 200

    [reply] = call("ana", "GET /patients/me/replies").json["items"]

    assert reply["text"] == "You asked for a social worker. The social worker is on it."


def test_a_request_is_handed_to_nobody_who_is_away(app, call, clock, world, asked):
    request = asked()
    with app.app_context(), transaction() as session:
        session.add(
            Absence(
                clinic_id=world.clinic_id, account_id=world["sol"].account_id,
                starts_at=clock.now() - timedelta(hours=1),
                ends_at=clock.now() + timedelta(days=7),
                entered_by=world["ada"].account_id, entered_at=clock.now(),
            )
        )  # fmt: skip
    body = {"assignee": str(world["sol"].account_id)}

    answer = call("omar", f"POST /support-requests/{request}/assign", body)

    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (409, "colleague-away")


def test_a_request_closed_after_her_death_is_not_on_its_way_when_she_lives(
    call, clock, world, asked
):
    request = asked()
    ana = f"PATCH /patients/{world['ana'].patient_id}"
    died = {"care_status": "deceased", "died_on": "2026-03-02", "confirm": True}
    assert call("omar", ana, died).status_code == 200
    assert call("sol", f"POST /support-requests/{request}/close", {}).status_code == 200

    assert call("omar", ana, {"care_status": "active"}).status_code == 200

    assert call("sol", "GET /cascade").json["items"] == []


def test_whose_queue_it_is_not_reads_no_words_to_her_about_it(call, clock):
    check = {"id": str(uuid4()), "checked_at": clock.now().isoformat(), "safe_now": False}
    call("ana", "POST /patients/me/wellbeing-checks", check)
    [alert] = call("sol", "GET /alerts").json["items"]
    call("sol", f"POST /alerts/{alert['id']}/acknowledge", {"reply_to_patient": "I call you."})
    ana = alert["patient"]["id"]

    for reader, is_hers in (("sol", True), ("nora", True), ("chaya", False), ("cora", False)):
        items = call(reader, f"GET /patients/{ana}/replies").json["items"]
        assert ("I call you." in str(items)) is is_hers, reader
    assert "I call you." in str(call("ana", "GET /patients/me/replies").json)


def test_nobody_is_promised_that_somebody_looks_when_a_snooze_is_over(call, clock, app):
    answers = [{"symptom": "nausea", "frequency": 4, "severity": 4}]
    body = {"id": str(uuid4()), "reported_at": clock.now().isoformat(), "answers": answers}
    call("ana", "POST /patients/me/symptom-reports", body)
    [alert] = call("nora", "GET /alerts").json["items"]
    snooze = {"days": 3, "reason": "known"}
    assert call("nora", f"POST /alerts/{alert['id']}/snooze", snooze).status_code == 200

    [reply] = call("ana", "GET /patients/me/replies").json["items"]

    assert "looks again" not in str(reply)
    assert reply["text"] == (
        "The nurse knows about it. Until 5 March they are told again only if it gets worse."
    )


def test_a_need_whose_alert_is_snoozed_was_not_met(call, clock):
    check = {"id": str(uuid4()), "checked_at": clock.now().isoformat(), "distress": 5,
             "topics": ["practical"]}  # fmt: skip
    assert call("ana", "POST /patients/me/wellbeing-checks", check).status_code == 201
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    snooze = {"days": 3, "reason": "known"}
    assert call("sol", f"POST /alerts/{alert['id']}/snooze", snooze).status_code == 200

    [cascade] = call("sol", "GET /cascade?stage=ended").json["items"]

    assert cascade["ended_as"] == "not_needed"


def test_thoughts_of_suicide_opened_again_need_a_contact_of_their_own(call, clock):
    check = {"id": str(uuid4()), "checked_at": clock.now().isoformat(), "safe_now": False}
    assert call("ana", "POST /patients/me/wellbeing-checks", check).status_code == 201
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    path = f"POST /alerts/{alert['id']}"
    assert call("sol", f"{path}/contact-attempts", {"how": "phone", "reached": True}).status_code
    assert call("sol", f"{path}/close", CLOSING).status_code == 200
    clock.pass_time(days=3)
    assert call("sol", f"{path}/reopen", {}).status_code == 200

    assert call("sol", f"{path}/close", CLOSING).json["type"].endswith("contact-needed")

    assert call("sol", f"{path}/contact-attempts", {"how": "phone", "reached": True}).status_code
    assert call("sol", f"{path}/close", CLOSING).status_code == 200
