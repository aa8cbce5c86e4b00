"""Answering an alert: taking it, trying to reach her, closing it, opening it again."""

import pytest

from tests.alerts.conftest import CLOSING, kinds

CLINICAL = ("pain", "chest", "nausea", "fever", "suicid", "cancer", "symptom", "crisis", "severe")


def test_the_second_to_take_it_is_told_so(emergency, alert, do):
    emergency()
    assert do("nora", alert(), "acknowledge").status_code == 200
    late = do("omar", alert(), "acknowledge")
    assert (late.status_code, late.json["type"].rpartition("/")[2]) == (409, "already-acknowledged")
    assert alert()["acknowledged_by"]["display_name"] == "Nora"


def test_taking_it_twice_oneself_changes_nothing(emergency, alert, do):
    emergency()
    first = do("nora", alert(), "acknowledge")
    again = do("nora", alert(), "acknowledge")
    assert (again.status_code, again.json) == (200, first.json)


def test_handing_it_over_is_said_outright_and_told(emergency, alert, do, told, world):
    emergency()
    do("nora", alert(), "acknowledge")
    told()
    answer = do("nora", alert(), "assign", assignee=str(world["omar"].account_id))
    assert answer.json["assignee"]["display_name"] == "Omar"
    assert told() == ["omar"]


@pytest.mark.parametrize("who", ["chaya", "olga", "ana"])
def test_it_is_handed_only_to_who_works_on_it(emergency, alert, do, world, who):
    emergency()
    answer = do("nora", alert(), "assign", assignee=str(world[who].account_id))
    assert answer.status_code == 404


def test_the_first_attempt_to_reach_her_starts_the_work(emergency, alert, do):
    emergency()
    answer = do("nora", alert(), "contact-attempts", how="phone", reached=False, note="no answer")
    assert answer.status_code == 201
    now = alert()
    assert (now["state"], now["acknowledged_by"]["display_name"]) == ("in_progress", "Nora")
    assert kinds(now) == ["opened", "acknowledged", "contact_attempt"]
    assert [one["detail"]["reached"] for one in now["contact_attempts"]] == [False]


def test_thoughts_of_suicide_are_closed_by_somebody_who_has_spoken_with_her(
    not_safe, alert, do, clock
):
    not_safe()
    refused = do("sol", alert("social_work"), "close", **CLOSING)
    assert (refused.status_code, refused.json["type"].rpartition("/")[2]) == (409, "contact-needed")
    do("sol", alert("social_work"), "contact-attempts", how="phone", reached=False)
    assert do("sol", alert("social_work"), "close", **CLOSING).status_code == 409
    do("sol", alert("social_work"), "contact-attempts", how="phone", reached=True)
    not_made = {**CLOSING, "contact_made": False}
    assert do("sol", alert("social_work"), "close", **not_made).status_code == 409
    closed = do("sol", alert("social_work"), "close", **CLOSING)
    assert (closed.status_code, closed.json["state"]) == (200, "closed")


def test_a_contact_from_before_the_last_report_does_not_count(not_safe, alert, do, clock):
    not_safe()
    do("sol", alert("social_work"), "contact-attempts", how="phone", reached=True)
    clock.pass_time(hours=2)
    not_safe()
    assert do("sol", alert("social_work"), "close", **CLOSING).status_code == 409
    do("sol", alert("social_work"), "contact-attempts", how="visit", reached=True)
    assert do("sol", alert("social_work"), "close", **CLOSING).status_code == 200


def test_she_hears_back_without_a_clinical_word_on_her_phone(call, emergency, alert, do, outbox):
    emergency()
    do("nora", alert(), "close", **CLOSING, reply_to_patient="Your scan is clear. Rest today.")
    [reply] = call("ana", "GET /patients/me/replies").json["items"]
    assert reply["reply"] == "Your scan is clear. Rest today."
    assert "nurse" in reply["text"]
    [(name, _, title)] = outbox("reply")
    assert name == "ana"
    assert not [word for word in CLINICAL if word in title.lower()]


def test_no_message_says_what_it_is_about(
    emergency, not_safe, severe, alert, do, outbox, tick, clock
):
    emergency()
    not_safe()
    severe("nausea")
    for _ in range(8):
        clock.pass_time(minutes=16)
        tick()
    titles = " ".join(title for _, _, title in outbox()).lower()
    assert titles
    assert not [word for word in CLINICAL if word in titles]
    assert "ana" not in titles.split()


def test_closing_without_a_reply_sends_her_nothing(emergency, alert, do, outbox):
    emergency()
    do("nora", alert(), "close", **CLOSING)
    assert outbox("reply") == []


def test_closing_twice_is_a_conflict(emergency, alert, do):
    emergency()
    found = alert()
    assert do("nora", found, "close", **CLOSING).status_code == 200
    for what, body in (("close", CLOSING), ("acknowledge", {}),
                       ("contact-attempts", {"how": "phone", "reached": True})):  # fmt: skip
        again = do("nora", found, what, **body)
        assert (again.status_code, again.json["type"].rpartition("/")[2]) == (409, "alert-closed")


def test_a_closed_alert_opened_again_is_the_openers(call, emergency, alert, do):
    emergency()
    found = alert()
    do("nora", found, "close", **CLOSING)
    opened = do("omar", found, "reopen")
    assert opened.status_code == 200
    assert (opened.json["state"], opened.json["assignee"]["display_name"]) == (
        "acknowledged",
        "Omar",
    )
    assert (opened.json["closed_at"], opened.json["outcome"]) == (None, None)
    assert kinds(opened.json)[-2:] == ["closed", "reopened"]
    assert do("omar", found, "reopen").status_code == 409


def test_it_is_not_opened_again_beside_another(emergency, alert, do, clock):
    emergency()
    found = alert()
    do("nora", found, "close", **CLOSING)
    clock.pass_time(hours=1)
    emergency()
    answer = do("nora", found, "reopen")
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (409, "alert-not-closed")


def test_alerts_of_another_clinic_are_not_there(call, emergency, alert, do):
    emergency()
    found = alert()
    assert call("olga", "GET /alerts").json["items"] == []
    assert call("olga", f"GET /alerts/{found['id']}").status_code == 404
    for what, body in (("acknowledge", {}), ("close", CLOSING), ("reopen", {})):
        assert do("olga", found, what, **body).status_code == 404


def test_a_chaplain_sees_no_nursing_alert(call, emergency, alert, do):
    emergency()
    found = alert()
    assert call("chaya", "GET /alerts").json["items"] == []
    assert call("chaya", "GET /alerts?queue=nursing").json["items"] == []
    assert call("chaya", f"GET /alerts/{found['id']}").status_code == 404
    assert do("chaya", found, "acknowledge").status_code == 404


@pytest.mark.parametrize("who", ["ana", "hugo", "eva", "per"])
def test_who_is_not_on_the_care_team_sees_no_alerts(call, emergency, alert, who):
    emergency()
    assert call(who, "GET /alerts").status_code == 403
    assert call(who, f"GET /alerts/{alert()['id']}").status_code == 403


def test_every_look_at_an_alert_is_in_her_access_log(call, not_safe, alert, do):
    not_safe()
    do("sol", alert("social_work"), "acknowledge")
    log = call("ana", "GET /patients/me/access-log").json["items"]
    looks = {(one["name"], one["topic"], one["action"]) for one in log}
    assert ("Nora", "alerts", "read") in looks
    assert ("Sol", "alerts", "write") in looks


@pytest.mark.parametrize(
    ("what", "body", "kind"),
    [("acknowledge", {}, "acknowledged"),
     ("contact-attempts", {"how": "phone", "reached": False}, "contact_attempt")],
)  # fmt: skip
def test_she_may_be_told_something_along_the_way(emergency, alert, do, outbox, what, body, kind):
    emergency()
    answer = do("nora", alert(), what, **body, reply_to_patient="I call you at four.")
    assert answer.status_code in {200, 201}
    [step] = [one for one in answer.json["history"] if one["kind"] == kind]
    assert step["detail"]["reply"] == "I call you at four."
    assert answer.json["reply_to_patient"] is None  # what she is told at the end is another thing
    [(name, _, title)] = outbox("reply")
    assert (name, title) == ("ana", "You have a message from your care team.")


def test_the_same_said_twice_reaches_her_once_and_something_new_once_more(
    emergency, alert, do, outbox
):
    emergency()
    for said in ("I call you.", "I call you.", None, "At five, not four."):
        assert do("nora", alert(), "acknowledge", reply_to_patient=said).status_code == 200
    assert len(outbox("reply")) == 2
    replies = [one["detail"].get("reply") for one in alert()["history"]]
    assert [said for said in replies if said] == ["I call you.", "At five, not four."]


def test_a_reply_is_a_few_sentences(emergency, alert, do):
    emergency()
    for said in ("x" * 2001, "", "a\u0000b"):
        assert do("nora", alert(), "acknowledge", reply_to_patient=said).status_code == 422
    assert do("nora", alert(), "acknowledge", reply_to_patient="x" * 2000).status_code == 200


def test_what_became_of_her_safety_plan_is_kept(not_safe, alert, do):
    not_safe()
    do("sol", alert("social_work"), "contact-attempts", how="phone", reached=True)
    found = alert("social_work")
    assert do("sol", found, "close", **CLOSING, safety_plan="burnt").status_code == 422
    closed = do("sol", found, "close", **CLOSING, safety_plan="reviewed")
    assert (closed.status_code, closed.json["safety_plan"]) == (200, "reviewed")
    assert closed.json["history"][-1]["detail"]["safety_plan"] == "reviewed"
