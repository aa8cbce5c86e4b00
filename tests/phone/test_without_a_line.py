"""The line is cut and restored: nothing is lost, nothing comes twice, nothing waits that must not."""

from contextlib import ExitStack
from datetime import timedelta

import pytest

from examples.phone.serving import Phone
from tests.phone.conftest import serving

pytestmark = pytest.mark.browser

CALL = "tel:2065550100"


def test_a_fever_without_a_line_says_call_and_arrives_once_hours_later(
    phone, call, clock, world, on_ribociclib
):
    plan = {"sections": {"people": "My sister Tomasa"}}
    assert (
        call("sol", f"PUT /patients/{world['ana'].patient_id}/safety-plan", plan).status_code == 200
    )
    with phone() as ana:
        ana.sign_in()
        ana.is_offline()
        ana.page.goto("/")  # the app itself is on the phone
        ana.is_on("Today")
        ana.open("Check in")
        ana.page.get_by_label("Your temperature, in °C or °F").fill("101.3")
        ana.tap("Send")
        advice = ana.page.get_by_role("dialog", name="Call now")
        assert advice.get_by_role("link").first.get_attribute("href") == CALL
        assert "It has not reached your clinic yet." in advice.inner_text()
        ana.tap("I have read this")
        ana.state_is("No line · On this phone, waiting to be sent: 1")
        ana.page.reload()
        ana.is_on("Today")
        ana.state_is("No line · On this phone, waiting to be sent: 1")
        ana.open("Numbers to call")
        ana.is_on("Numbers to call")
        numbers = ana.page.locator("main .numbers a")
        assert [one.get_attribute("href") for one in numbers.all()] == ["tel:988", CALL, "tel:911"]
        ana.reads("My sister Tomasa")
        ana.page.get_by_text("Please talk to someone now").click()
        ana.reads("Are you safe right now?")
        ana.page.evaluate("import('/events.js').then(({said}) => said('changed'))")
        ana.reads("Are you safe right now?")
        ana.page.goto("/#/sharing")
        ana.reads("This needs a line.")
        assert call("nora", "GET /alerts?queue=nursing").json["items"] == []
        clock.pass_time(hours=3)
        ana.tell_time()
        ana.is_offline(False)
        told = ana.page.get_by_role("dialog")
        told.get_by_text("This is about what you noted 3 hours ago (09:00).").wait_for()
        assert told.get_by_role("link").get_attribute("href") == CALL
        ana.tap("I have read this")
        ana.state_is("Sent 12:00")
        # What needed a line works again.
        ana.open("More")
        ana.open("See who sees what")
        ana.page.get_by_role("button", name="Say no: Messages").click()
        ana.reads("Saved. It holds from now on.")
        ana.is_offline()
        ana.page.get_by_role("button", name="Say yes: Messages").click()
        ana.reads("This needs a line.")

    assert call("ana", "GET /patients/me/consents/messages").json["given"] is False
    [report] = call("ana", "GET /patients/me/symptom-reports").json["items"]
    assert (report["temperature_c"], report["reported_at"]) == (38.5, "2026-03-02T17:00:00Z")
    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    assert alert["severity"] == "urgent"


def test_who_is_in_danger_is_given_the_crisis_line_without_a_line(phone, call):
    low = {
        "id": "0195b0a0-0000-7000-8000-000000000002", "questionnaire": "phq-2",
        "answers": {"1": 3, "2": 3}, "status": "completed", "answered_at": "2026-03-02T17:00:00Z",
    }  # fmt: skip
    assert call("ana", "POST /patients/me/questionnaire-responses", low).status_code == 201
    with phone() as ana:
        ana.sign_in()
        ana.is_offline()
        advice = ana.page.get_by_role("dialog", name="Call now")
        ana.open("Say how you feel")
        ana.choose("Are you safe right now?", "No, or I am not sure")
        ana.tap("Send")
        assert advice.get_by_role("link").first.get_attribute("href") == "tel:988"
        ana.tap("I have read this")
        ana.page.goto("/#/today")
        ana.open("Answer them")
        ana.choose("Thoughts that you would be better off dead", "Several days")
        assert advice.get_by_role("link").first.get_attribute("href") == "tel:988"
        ana.tap("I have read this")
        # Item 9 acts on save, also of a form she does not finish.
        ana.is_offline(False)
        ana.page.get_by_role("dialog").get_by_role("heading", level=2).wait_for()
        ana.tap("I have read this")
        ana.all_is_sent()

    rules = [
        reason["rule"]
        for alert in call("sol", "GET /alerts?queue=social_work").json["items"]
        for reason in call("sol", f"GET /alerts/{alert['id']}").json["reasons"]
    ]
    assert "SI-9" in rules
    asked = call("ana", "GET /patients/me/questionnaire-responses").json["items"]
    [unfinished] = [one for one in asked if one["questionnaire"] == "phq-9"]
    assert (unfinished["status"], unfinished["answers"]) == ("in-progress", {"9": 1})


def test_a_site_that_does_not_answer_is_tried_again_and_gets_it_once(phone, app, call, can_sign_in):
    with ExitStack() as open_now, ExitStack() as waymark:
        port = waymark.enter_context(serving(app))
        address = open_now.enter_context(serving(Phone(f"http://127.0.0.1:{port}")))
        ana = open_now.enter_context(phone(base=f"http://127.0.0.1:{address}"))
        ana.sign_in()
        waymark.close()  # its web server is down, the phone's is not
        ana.open("Replies")
        ana.page.get_by_label("Ask your team something").fill("May I swim?")
        ana.tap("Keep this question")
        ana.state_is("No line · On this phone, waiting to be sent: 1")
        with serving(app, port):
            ana.state_is("Sent 09:00")  # by itself, after a while

    [question] = call("ana", "GET /patients/me/questions").json["items"]
    assert question["text"] == "May I swim?"


def test_what_is_refused_is_told_and_can_be_mended_or_removed(phone, call, clock):
    with phone() as ana:
        ana.sign_in()
        ana.tell_time(clock.now() + timedelta(days=2))
        for _ in range(2):
            ana.page.goto("/#/check-in")
            ana.page.get_by_label("Your temperature, in °C or °F").fill("36.6")
            ana.tap("Send")
            ana.is_on("Today")
        ana.state_is("Could not be sent: 2")
        ana.tell_time()
        ana.tap("Could not be sent: 2", role="link")
        ana.reads("The clock of this phone seems wrong.")
        ana.tap("Send with the time it is now")
        ana.state_is("Could not be sent: 1")
        ana.tap("Remove it from this phone")
        ana.reads("Everything is sent.")
        ana.all_is_sent()

    [report] = call("ana", "GET /patients/me/symptom-reports").json["items"]
    assert report["reported_at"] == "2026-03-02T17:00:00Z"
