"""Ana's day on the reference phone: what she taps arrives, and what comes back is shown."""

import pytest

from service.accounts.models import Grant
from service.db import transaction

pytestmark = pytest.mark.browser

FEED = "/patients/me/feed"


def test_what_she_says_arrives_and_she_is_told_what_to_do(phone, call, on_ribociclib):
    with phone() as ana:
        ana.sign_in()
        ana.open("Check in")
        ana.is_on("Check-in")
        ana.choose("Is there a warning sign today?", "No")
        ana.page.get_by_label("Your temperature, in °C or °F").fill("98.2")
        nausea = ana.page.get_by_role("group", name="Feeling sick: how often")
        assert ana.page.get_by_role("group", name="Feeling sick: how bad").is_hidden()
        nausea.get_by_label("Much of the time").check()
        ana.choose("Feeling sick: how bad", "Medium")
        ana.tap("Send")
        told = ana.page.get_by_role("dialog", name="A symptom to keep an eye on")
        told.get_by_text("About what you noted at 09:00.").wait_for()
        ana.tap("I have read this")
        ana.is_on("Today")
        ana.reads("You have checked in today.")
        ana.tap("Taken")
        ana.page.get_by_role("heading", name="ribociclib").wait_for(state="detached")
        ana.open("Say how you feel")
        ana.choose("How hard have the last 7 days", "3")
        ana.choose("What is it about?", "Money, work, insurance, getting there")
        ana.tap("Send")
        ana.is_on("A few questions")
        ana.choose("Feeling nervous", "Several days")
        ana.tap("Send")
        ana.is_on("Today")
        ana.all_is_sent()

    [report] = call("ana", "GET /patients/me/symptom-reports").json["items"]
    assert report["temperature_c"] == 36.8
    assert {"symptom": "nausea", "frequency": 3, "severity": 2, "grade": 2} in report["answers"]
    [check] = call("ana", "GET /patients/me/wellbeing-checks").json["items"]
    assert (check["distress"], check["topics"]) == (3, ["practical"])
    [asked] = call("ana", "GET /patients/me/questionnaire-responses").json["items"]
    assert (asked["questionnaire"], asked["answers"]["3"], asked["total"]) == ("phq-4", 1, None)
    [course] = call("ana", "GET /patients/me/treatments").json["items"]
    days = "from=2026-03-02&to=2026-03-02"
    [dose] = call("ana", f"GET /patients/me/treatments/{course['id']}/doses?{days}").json["items"]
    assert dose["status"] == "taken"


def test_what_comes_back_is_shown_and_her_question_goes_out(phone, call, report, on_ribociclib):
    report(answers=[{"symptom": "nausea", "frequency": 1, "severity": 1}])
    with phone() as ana:
        ana.sign_in()
        ana.open("Replies")
        ana.page.get_by_label("Ask your team something").fill("May I fly?")
        # What comes in meanwhile takes nothing out of her hands.
        ana.page.evaluate("import('/events.js').then(({said}) => said('changed'))")
        ana.tap("Keep this question")
        ana.reads("No answer yet.")
        ana.reads("Your symptom report has been received.")
        ana.open("Read")
        ana.reads("Why you see this: On ribociclib")
        ana.page.get_by_role("button", name="Keep: Fever").click()
        ana.page.get_by_role("button", name="Do not keep: Fever").wait_for()
        ana.open("Fever on treatment is an emergency")
        ana.page.get_by_role("heading", name="What to have ready").wait_for()
        ana.all_is_sent()

    [question] = call("ana", "GET /patients/me/questions").json["items"]
    assert question["text"] == "May I fly?"
    [fever] = [
        one for one in call("ana", f"GET {FEED}").json["items"] if one["slug"] == "chemo-fever"
    ]
    assert fever["saved_at"]
    assert fever["read_at"]


def test_she_changes_what_her_family_sees_and_ends_it(phone, app, call, world, clock):
    with app.app_context(), transaction() as session:
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=["symptoms"], granted_at=clock.now(),
            )
        )  # fmt: skip
    clock.pass_time(minutes=1)
    events = f"GET /patients/{world['ana'].patient_id}/events"
    assert call("hugo", events).status_code == 403
    with phone() as ana:
        ana.sign_in()
        ana.page.goto("/#/sharing")
        ana.choose("Hugo", "Dates and reminders")
        ana.tap("Save")
        ana.reads("Saved. It holds from now on.")
        assert call("hugo", events).status_code == 200
        ana.tap("Stop sharing")
        ana.reads("Sees nothing now.")
    assert call("hugo", events).status_code in {403, 404}


def test_same_as_last_time_is_one_tap(phone, call, clock, report):
    before = report(answers=[{"symptom": "nausea", "frequency": 1, "severity": 1}])
    clock.pass_time(days=1)
    with phone() as ana:
        ana.sign_in()
        ana.tap("Same as on 2 March")
        ana.reads("You have checked in today.")
        ana.all_is_sent()

    newest, _ = call("ana", "GET /patients/me/symptom-reports").json["items"]
    assert newest["id"] != before["id"]
    assert newest["answers"] == before["answers"]


def test_reminders_are_accepted_and_answered_and_a_missed_dose_reaches_the_nurse(
    phone, call, on_ribociclib
):
    [lab] = [
        one
        for one in call("ana", "GET /patients/me/reminders").json["items"]
        if one["kind"] == "lab"
    ]
    body = {
        "id": "0195b0a0-0000-7000-8000-000000000001", "kind": "custom", "title": "Walk",
        "recurrence": None, "local_start": "2026-03-02T16:00", "time_zone": None, "discreet": True,
    }  # fmt: skip
    assert call("ana", "POST /patients/me/reminders", body).status_code == 201
    with phone() as ana:
        ana.sign_in()
        ana.page.locator(f"#day-{lab['id']}").fill("2026-03-04T08:30")
        ana.page.locator(f"#accept-{lab['id']}").click()
        ana.page.locator(f"#accept-{lab['id']}").wait_for(state="detached")
        ana.tap("Done")
        ana.page.get_by_role("heading", name="Walk").wait_for(state="detached")
        ana.open("Not taken")
        ana.tap("It makes me feel bad")
        ana.is_on("Today")
        ana.all_is_sent()

    accepted = call("ana", f"GET /patients/me/reminders/{lab['id']}").json
    assert (accepted["status"], accepted["local_start"]) == ("active", "2026-03-04T08:30")
    rung = call("ana", f"GET /patients/me/reminder-occurrences?reminder_id={body['id']}").json[
        "items"
    ]
    assert [one["status"] for one in rung] == ["done"]
    assert call("nora", "GET /alerts?queue=nursing").json["items"]
