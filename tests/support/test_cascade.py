"""The cascade: screened or asked, offered, contacted, assessed, followed up, and how it ends."""

from uuid import UUID

import pytest

from service.alerts.models import Alert
from service.alerts.steps import Herself
from service.care import cascading
from service.care.rules import rule_set
from service.clinical import BadKnowledge, knowledge
from service.db import transaction

CLOSING = {"outcome": "spoken_to", "action": "talked it over", "contact_made": True}
ASSESSED = {"need": "Somebody to talk to each week", "step": 3}
PHQ = {str(item): 0 for item in range(1, 10)}


def steps_of(call, cascade, who="sol"):
    detail = call(who, f"GET /cascade/{cascade['id']}").json
    return [(step["kind"], step["by"] and step["by"]["display_name"]) for step in detail["steps"]]


def close(call, who, alert_id, **closing):
    answer = call(who, f"POST /alerts/{alert_id}/close", {**CLOSING, **closing})
    assert answer.status_code == 200, answer.json


@pytest.mark.parametrize(
    ("said", "kind", "step"),
    [({"distress": 4}, "distress", 2), ({"distress": 8}, "distress", 3),
     ({"safe_now": False}, "suicidal_thoughts", 4),
     ({"distress": 5, "topics": ["practical"]}, "practical", 3)],
)  # fmt: skip
def test_a_positive_screen_begins_a_cascade_at_the_step_of_its_rule(
    check_in, running, said, kind, step
):
    check_in(**said)

    [one] = running()
    assert (one["kind"], one["step"], one["source"]) == (kind, step, "screen")
    assert one["step_name"] == knowledge().stepped_care.steps[step].name
    assert one["stage"] == "offered"


def test_nothing_begins_where_nothing_was_found(check_in, running):
    check_in(distress=3)
    assert running() == []


def test_alerts_of_other_queues_begin_none(call, clock, running):
    body = {
        "id": "0195f0a0-0000-7000-8000-000000000001", "reported_at": clock.now().isoformat(),
        "answers": [], "red_flags": ["chest_pain"],
    }  # fmt: skip
    call("ana", "POST /patients/me/symptom-reports", body)
    assert call("nora", "GET /alerts").json["items"] != []
    assert running("nora") == []


def test_what_she_was_not_shown_was_not_offered(answered, running, clock):
    answered("phq-9", {**PHQ, **dict.fromkeys("12345678", 2)})
    [severe] = running()
    assert (severe["kind"], severe["step"], severe["stage"]) == ("depression", 4, "opened")

    clock.pass_time(hours=1)
    answered("c-ssrs", {"4": True}, by="nora", status="completed")
    [worse] = running()
    # Of equal steps the more pressing names it; what a clinician reads is no offer to her.
    assert (worse["id"], worse["kind"]) == (severe["id"], "suicidal_thoughts")
    assert worse["offered_at"] is None


def test_the_text_that_gave_way_to_another_offered_nothing(check_in, running):
    check_in(distress=8, topics=["meaning"], safe_now=False)

    by_queue = {one["queue"]: one for one in running()}
    assert by_queue["social_work"]["stage"] == "offered"
    assert (by_queue["chaplaincy"]["kind"], by_queue["chaplaincy"]["stage"]) == (
        "spiritual", "opened",
    )  # fmt: skip


def test_a_reason_that_joins_lifts_the_step_and_none_lowers_it(check_in, running, clock, call):
    check_in(distress=4)
    clock.pass_time(hours=1)
    check_in(safe_now=False)
    [lifted] = running()
    assert (lifted["kind"], lifted["step"]) == ("suicidal_thoughts", 4)
    assert ("raised", None) in steps_of(call, lifted)

    clock.pass_time(hours=1)
    check_in(distress=9)
    [still] = running()
    assert (still["id"], still["step"]) == (lifted["id"], 4)


def test_the_same_answer_again_begins_nothing_new(check_in, running, clock):
    check_in(distress=8)
    clock.pass_time(hours=1)
    check_in(distress=8)
    assert len(running()) == 1


def test_spiritual_needs_go_to_the_chaplain_and_practical_ones_to_the_social_worker(
    check_in, running, call
):
    check_in(distress=5, topics=["meaning", "practical"])

    assert [one["kind"] for one in running("chaya")] == ["spiritual"]
    assert {one["kind"] for one in running("sol", queue="social_work")} == {"practical"}
    [alert] = call("chaya", "GET /alerts").json["items"]
    assert alert["rules"] == ["SPIR"]


def test_a_wish_has_the_cascade_of_its_request_and_no_other(check_in, asked, running):
    asked("chaplain")
    [one] = running("chaya")
    assert (one["source"], one["kind"], one["step"]) == ("request", "chaplain", 3)
    check_in("ana", distress=2, contact_wanted=["support_group"])
    kinds = {(one["source"], one["kind"], one["step"]) for one in running("sol")}
    assert kinds == {("request", "chaplain", 3), ("request", "support_group", 2)}


def test_a_request_for_a_nurse_is_no_step_of_stepped_care(asked, running):
    asked("nurse")
    [one] = running("nora")
    assert (one["kind"], one["step"], one["step_name"]) == ("nurse", None, None)


def test_from_screen_to_follow_up(call, check_in, running, go_on, clock):
    check_in(distress=8)
    [one] = running()
    call("sol", f"POST /alerts/{one['alert_id']}/acknowledge", {})
    assert running()[0]["assignee"]["display_name"] == "Sol"
    tried = {"how": "phone", "reached": False}
    call("sol", f"POST /alerts/{one['alert_id']}/contact-attempts", tried)
    assert running()[0]["stage"] == "offered"
    call("sol", f"POST /alerts/{one['alert_id']}/contact-attempts", {**tried, "reached": True})
    assert running()[0]["stage"] == "contacted"

    assessed = go_on("sol", one, "assess", **ASSESSED, follow_up_on="2026-03-09").json
    assert (assessed["stage"], assessed["need"]) == ("assessed", ASSESSED["need"])
    close(call, "sol", one["alert_id"])
    [still] = running()
    assert (still["id"], still["ended_at"]) == (one["id"], None)

    clock.pass_time(days=7)
    done = go_on("sol", one, "follow-up", outcome="Better", next_on=None).json
    assert (done["stage"], done["ended_as"]) == ("followed_up", "completed")
    assert steps_of(call, one) == [
        ("opened", None), ("offered", None), ("tried", "Sol"), ("contacted", "Sol"),
        ("assessed", "Sol"), ("source_closed", "Sol"), ("followed_up", "Sol"), ("ended", "Sol"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "contact_made", "ended_as"),
    [("spoken_to", True, "completed"), ("advice_given", False, "completed"),
     ("not_reached", False, "not_reached"), ("referred", True, "referred"),
     ("no_action", False, "not_needed")],
)  # fmt: skip
def test_closing_an_alert_says_how_its_cascade_ended(
    call, check_in, running, outcome, contact_made, ended_as
):
    check_in(distress=8)
    [one] = running()
    close(call, "sol", one["alert_id"], outcome=outcome, contact_made=contact_made)

    assert running() == []
    [ended] = running(stage="ended")
    assert ended["ended_as"] == ended_as
    assert (ended["contacted_at"] is not None) is contact_made


def test_what_she_declines_ends_as_declined_by_nobody_of_the_team(
    app, check_in, running, call, clock, world
):
    check_in(distress=8)
    [one] = running()
    with app.app_context(), transaction() as session:
        alert = session.get_one(Alert, UUID(one["alert_id"]))
        cascading.on_decline(session, alert, Herself(world["ana"].account_id), now=clock.now())
    [ended] = running(stage="ended")
    assert (ended["ended_as"], ended["assignee"]) == ("declined", None)
    assert steps_of(call, one)[-1] == ("ended", "Ana")


def test_opening_an_alert_again_lets_its_cascade_go_on(call, check_in, running):
    check_in(distress=8)
    [one] = running()
    close(call, "sol", one["alert_id"])
    call("sol", f"POST /alerts/{one['alert_id']}/reopen", {})

    [again] = running()
    assert (again["id"], again["ended_as"]) == (one["id"], None)
    assert steps_of(call, one)[-1] == ("reopened", "Sol")


def test_something_new_after_the_end_begins_another(check_in, running, go_on, clock):
    check_in(distress=8)
    [one] = running()
    assert go_on("sol", one, "end", **{"as": "declined"}).status_code == 200
    clock.pass_time(hours=1)
    check_in(safe_now=False)
    [other] = running()
    assert other["id"] != one["id"]
    assert other["alert_id"] == one["alert_id"]


def test_death_ends_what_is_on_its_way_and_undoing_it_opens_it_again(
    call, check_in, asked, running, world
):
    check_in(distress=8)
    asked("social_worker")
    before = {one["id"] for one in running()}
    path = f"PATCH /patients/{world['ana'].patient_id}"
    death = {"care_status": "deceased", "died_on": "2026-03-01", "confirm": True}
    assert call("nora", path, death).status_code == 200

    assert {one["kind"] for one in running()} == {"bereavement"}
    ended = {one["id"]: one["ended_as"] for one in running(stage="ended")}
    assert ended == dict.fromkeys(before, "deceased")

    assert call("nora", path, {"care_status": "active"}).status_code == 200
    assert {one["id"] for one in running()} == before


def test_who_is_second_is_told_and_who_has_seen_it_may_change_it(check_in, running, go_on):
    check_in(distress=8)
    [one] = running()
    first = go_on("sol", one, "assess", **ASSESSED)
    second = go_on("nora", one, "assess", need="Something else", step=2)
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json["type"].endswith("/cascade-moved-on")

    outdated = go_on("nora", one, "assess", seen=one["version"], need="Something else", step=2)
    assert outdated.status_code == 412
    seen = first.json["version"]
    assert go_on("nora", one, "assess", seen=seen, need="Something else", step=2).json["step"] == 2


def test_an_offer_is_made_once_and_only_until_it_ends(answered, running, go_on):
    answered("phq-9", {**PHQ, **dict.fromkeys("12345678", 2)})
    [one] = running()
    offered = go_on("sol", one, "offer", what="A group on Thursdays", note="She will think of it")
    assert (offered.status_code, offered.json["stage"]) == (200, "offered")
    assert offered.json["steps"][-1]["note"] == "A group on Thursdays\nShe will think of it"
    assert go_on("omar", one, "offer", what="The same").status_code == 409
    assert go_on("sol", one, "end", **{"as": "declined"}).status_code == 200
    late = go_on("omar", one, "end", **{"as": "completed"})
    assert (late.status_code, late.json["type"].rpartition("/")[2]) == (409, "cascade-ended")


@pytest.mark.parametrize("day", ["2026-03-01", "2027-03-04"])
def test_a_follow_up_lies_ahead_and_not_too_far(check_in, running, go_on, day):
    check_in(distress=8)
    [one] = running()
    answer = go_on("sol", one, "assess", **ASSESSED, follow_up_on=day)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/follow_up_on")
    assert running()[0]["assessed_at"] is None


def test_a_follow_up_is_done_once_for_each_day_it_is_due(check_in, running, go_on, clock):
    check_in(distress=8)
    [one] = running()
    go_on("sol", one, "assess", **ASSESSED, follow_up_on="2026-03-03")
    clock.pass_time(days=1)
    first = go_on("sol", one, "follow-up", outcome="Sleeps again", next_on="2026-03-10")
    assert (first.status_code, first.json["follow_up_on"]) == (200, "2026-03-10")
    assert go_on("nora", one, "follow-up", outcome="The same").status_code == 409
    clock.pass_time(days=7)
    assert go_on("nora", one, "follow-up", outcome="Well").status_code == 200


@pytest.mark.parametrize("act", ["offer", "assess", "follow-up", "end"])
def test_only_who_works_on_its_queue_knows_of_it(check_in, running, go_on, call, act):
    check_in(distress=5, topics=["meaning"])
    [one] = running("chaya")
    bodies = {
        "offer": {"what": "x"}, "assess": ASSESSED, "follow-up": {}, "end": {"as": "completed"},
    }  # fmt: skip
    for stranger in ("nora", "cora", "olga"):
        assert go_on(stranger, one, act, **bodies[act]).status_code == 404
        assert call(stranger, f"GET /cascade/{one['id']}").status_code == 404
        assert one["id"] not in [seen["id"] for seen in running(stranger)]
    for outsider in ("ana", "eva", "ada"):
        assert go_on(outsider, one, act, **bodies[act]).status_code == 403


def test_whoever_moves_it_on_is_in_her_access_log(check_in, running, go_on, call):
    check_in(distress=8)
    [one] = running()
    go_on("sol", one, "assess", **ASSESSED)
    log = {
        (row["name"], row["topic"], row["action"])
        for row in call("ana", "GET /patients/me/access-log").json["items"]
    }
    assert {("Sol", "requests", "read"), ("Sol", "requests", "write")} <= log


def test_every_rule_of_social_needs_has_its_step_and_no_step_names_a_rule_that_is_not_there():
    social = {
        rule.id
        for rule in rule_set().rules
        for case in rule.cases
        if case.outcome.alert
        and case.outcome.alert.queue in {"social_work", "chaplaincy"}
        and case.outcome.alert.severity != "info"
    }
    stepped = knowledge().stepped_care
    assert social == set(stepped.rules)
    with pytest.raises(BadKnowledge, match="there is no rule 'PRACT'"):
        stepped.check_rules(social - {"PRACT"})
