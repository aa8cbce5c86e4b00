"""Taking with a word to her, handing on, taking over, snoozing, and what a crisis asks for."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Account
from service.alerts.models import Alert, AlertStep
from service.clinical import knowledge
from service.db import transaction
from tests.dashboard.conftest import readable, seen_in

CLOSING = {"outcome": "spoken_to", "action": "We spoke", "contact_made": "yes"}


@pytest.fixture
def nausea(call, report):
    """Ana is very sick: an alert that may be snoozed; returns its id."""
    report(answers=[{"symptom": "nausea", "frequency": 4, "severity": 4}])
    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    return alert["id"]


@pytest.fixture
def page(browse):
    """Open an alert as somebody: her browser, its path, and the mark of what she saw."""

    def page(name, alert):
        browser, path = browse(name), f"/alerts/{alert}"
        return browser, path, seen_in(browser.get(path))

    return page


@pytest.fixture
def alert_of(call):
    return lambda id, name="nora": call(name, f"GET /alerts/{id}").json


def steps(app, kind):
    with app.app_context(), transaction() as session:
        return [
            step.detail for step in session.scalars(sa.select(AlertStep).filter_by(kind=kind))
        ]  # fmt: skip


def test_whoever_takes_it_can_send_her_a_line_that_is_offered(page, app, fever):
    nora, path, seen = page("nora", fever)
    [first, *_rest] = knowledge().answers.replies_in("en")
    assert first in nora.text(path)

    sent = {"seen": seen, "offered": first, "reply_to_patient": " "}
    assert nora.post(f"{path}/acknowledge", sent).status_code == 303
    assert [step["reply"] for step in steps(app, "acknowledged")] == [first]
    assert f"Reply to her: {first}" in nora.text(path)


def test_her_own_words_go_before_a_line_that_is_offered(page, app, fever):
    nora, path, seen = page("nora", fever)
    sent = {"seen": seen, "offered": "A line.", "reply_to_patient": "Lie down, I call you."}

    assert nora.post(f"{path}/acknowledge", sent).status_code == 303
    assert [step["reply"] for step in steps(app, "acknowledged")] == ["Lie down, I call you."]


def test_taking_it_without_a_word_says_nothing(page, app, fever):
    nora, path, seen = page("nora", fever)

    assert nora.post(f"{path}/acknowledge", {"seen": seen, "offered": ""}).status_code == 303
    assert [step.get("reply") for step in steps(app, "acknowledged")] == [None]


def test_she_can_be_told_something_with_a_contact(page, app, fever):
    nora, path, seen = page("nora", fever)
    sent = {"seen": seen, "how": "phone", "reached": "no", "reply_to_patient": "I try again at 2."}

    assert nora.post(f"{path}/contact-attempts", sent).status_code == 303
    assert [step["reply"] for step in steps(app, "contact_attempt")] == ["I try again at 2."]


def test_a_word_to_her_that_came_too_late_is_not_lost(page, fever):
    nora, path, seen = page("nora", fever)
    omar, _path, _seen = page("omar", fever)
    assert omar.post(f"{path}/acknowledge", {"seen": seen}).status_code == 303
    answer = nora.post(f"{path}/acknowledge", {"seen": seen, "reply_to_patient": "Drink water."})

    assert answer.status_code == 409
    assert "taken by Omar (physician) before you" in readable(answer)
    assert "Drink water." in readable(answer)


def test_it_is_handed_to_a_colleague_who_works_on_the_queue(page, world, fever, alert_of):
    nora, path, seen = page("nora", fever)
    text = nora.text(path)
    assert "Omar, physician (on duty)" in text
    assert "Chaya, chaplain" not in text

    to = {"seen": seen, "assignee": str(world["omar"].account_id)}
    assert nora.post(f"{path}/assign", to).status_code == 303
    assert alert_of(fever)["assignee"]["display_name"] == "Omar"
    assert "Waiting for Omar (physician)" in nora.text(path)


@pytest.mark.parametrize("whom", ["chaya", "olga", "ana", "nobody", ""])
def test_it_goes_to_nobody_who_does_not_work_on_the_queue(page, world, fever, alert_of, whom):
    nora, path, seen = page("nora", fever)
    id = str(world[whom].account_id) if whom in world.people else whom
    answer = nora.post(f"{path}/assign", {"seen": seen, "assignee": id})

    assert answer.status_code == 422
    assert alert_of(fever)["assignee"] is None


def test_taking_over_from_a_colleague_is_said_aloud(page, world, fever, alert_of):
    omar, path, seen = page("omar", fever)
    assert omar.post(f"{path}/acknowledge", {"seen": seen}).status_code == 303
    nora, path, seen = page("nora", fever)
    assert "Omar (physician) has this alert." in nora.text(path)
    mine = {"seen": seen, "assignee": str(world["nora"].account_id)}

    refused = nora.post(f"{path}/assign", mine)
    assert refused.status_code == 422
    assert "say that you take it over all the same" in readable(refused)
    assert alert_of(fever)["assignee"]["display_name"] == "Omar"
    assert nora.post(f"{path}/assign", {**mine, "confirm": "yes"}).status_code == 303
    assert alert_of(fever)["assignee"]["display_name"] == "Nora"
    assert "has this alert" not in nora.text(path)


@pytest.mark.parametrize(
    ("step", "form", "kept"),
    [
        ("close", {**CLOSING, "action": "Called the ward"}, "Called the ward"),
        ("snooze", {"days": "5", "reason": "Known for months"}, "Known for months"),
        ("assign", {"assignee": "nora"}, "gone to Omar"),
    ],
)
def test_who_decides_after_a_colleague_took_it_is_told_and_may_send_it_again(
    page, world, nausea, alert_of, step, form, kept
):
    nora, path, seen = page("nora", nausea)
    omar, _path, _seen = page("omar", nausea)
    assert omar.post(f"{path}/acknowledge", {"seen": seen}).status_code == 303
    if "assignee" in form:
        form = {"assignee": str(world["nora"].account_id), "confirm": "yes"}
    answer = nora.post(f"{path}/{step}", {"seen": seen, **form})

    assert answer.status_code == 409
    assert "has gone to Omar (physician) since you opened this page" in readable(answer)
    assert kept in readable(answer)
    assert alert_of(nausea)["state"] == "acknowledged"
    again = {"seen": seen_in(answer), **form}
    assert nora.post(f"{path}/{step}", again).status_code == 303


def test_a_contact_is_written_down_whoever_has_the_alert(page, fever, alert_of):
    nora, path, seen = page("nora", fever)
    omar, _path, _seen = page("omar", fever)
    assert omar.post(f"{path}/acknowledge", {"seen": seen}).status_code == 303
    made = {"seen": seen, "how": "phone", "reached": "yes"}

    assert nora.post(f"{path}/contact-attempts", made).status_code == 303
    assert alert_of(fever)["state"] == "in_progress"


def test_what_is_known_is_snoozed_for_days_with_a_reason(page, app, nausea):
    nora, path, seen = page("nora", nausea)
    for wrong in ({"days": "0", "reason": "x"}, {"days": "31", "reason": "x"},
                  {"days": "two", "reason": "x"}, {"days": "7", "reason": " "}, {}):  # fmt: skip
        answer = nora.post(f"{path}/snooze", {"seen": seen, **wrong})
        assert answer.status_code == 422
    assert steps(app, "snoozed") == []

    known = {"seen": seen, "days": "30", "reason": "Since the new pills; plan made."}
    assert nora.post(f"{path}/snooze", known).status_code == 303
    text = nora.text(path)
    assert "Snoozed until 1 April 10:00" in text  # by then summer time has begun
    assert "Since the new pills; plan made." in text
    assert len(steps(app, "snoozed")) == 1


@pytest.mark.parametrize(("kind", "who"), [("fever", "nora"), ("not_safe", "sol")])
def test_an_emergency_is_never_snoozed_and_the_page_says_why(page, request, kind, who):
    browser, path, _seen = page(who, request.getfixturevalue(kind))
    text = browser.text(path)

    assert "It cannot be snoozed." in text
    assert "For how many days" not in text


def test_a_crisis_stands_on_top_with_numbers_and_what_to_ask_first(page, not_safe):
    sol, path, seen = page("sol", not_safe)
    text = sol.text(path)
    for told in ("988", "911", *knowledge().answers.ask_first, "nobody yet. Whoever takes it is.",
                 "She has not been reached yet.", "Her safety plan"):  # fmt: skip
        assert told in text
    assert text.index("Ask first") < text.index("Why")

    assert sol.post(f"{path}/acknowledge", {"seen": seen}).status_code == 303
    assert "Who is named: you." in sol.text(path)


def test_no_other_alert_asks_about_safety(page, fever):
    nora, path, _seen = page("nora", fever)
    text = nora.text(path)

    assert "Ask first" not in text
    assert "safety plan" not in text


def test_closing_a_crisis_says_what_became_of_her_safety_plan(page, app, not_safe):
    sol, path, seen = page("sol", not_safe)
    reached = {"seen": seen, "how": "phone", "reached": "yes"}
    assert sol.post(f"{path}/contact-attempts", reached).status_code == 303
    closing = {"seen": seen, **CLOSING}

    for plan in ("", "forgotten"):
        refused = sol.post(f"{path}/close", {**closing, "safety_plan": plan})
        assert refused.status_code == 422
        assert "Say what became of her safety plan." in readable(refused)
        assert "We spoke" in readable(refused)
    assert sol.post(f"{path}/close", {**closing, "safety_plan": "reviewed"}).status_code == 303
    assert "Her safety plan Looked at again with her" in sol.text(path)
    with app.app_context(), transaction() as session:
        assert session.scalar(sa.select(Alert.safety_plan)) == "reviewed"


def test_who_opens_it_again_second_is_told_by_whom_it_was(page, fever):
    nora, path, seen = page("nora", fever)
    omar, _path, _seen = page("omar", fever)
    assert nora.post(f"{path}/close", {"seen": seen, **CLOSING}).status_code == 303
    assert omar.post(f"{path}/reopen").status_code == 303
    answer = nora.post(f"{path}/reopen")

    assert answer.status_code == 409
    assert "has been opened again in the meantime, by Omar (physician)" in readable(answer)


def test_the_history_speaks_plainly_of_every_step(page, app, world, fever, clock):
    steps_told = {
        "taken_over": {"from": str(world["omar"].account_id)},
        "handed_over": {"to": str(world["nora"].account_id)},
        "declined": {"reason": "I am fine."},
        "nobody_left": {}, "heard_again": {},
    }  # fmt: skip
    with app.app_context(), transaction() as session:
        alert = session.scalars(sa.select(Alert)).one()
        for kind, detail in steps_told.items():
            session.add(
                AlertStep(
                    id=uuid4(), alert_id=alert.id, patient_id=alert.patient_id, at=clock.now(),
                    kind=kind, detail=detail,
                )
            )  # fmt: skip
    nora, path, _seen = page("nora", fever)
    text = nora.text(path)

    for told in ("Taken over from Omar", "Handed over to Nora", "She said that she needs nobody",
                 "I am fine.", "everybody there is had been told",
                 "She reported the same again"):  # fmt: skip
        assert told in text


def test_a_drill_and_what_nobody_answered_are_marked(page, app, clock, fever):
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Alert).values(is_drill=True, unanswered_since=clock.now()))
    nora, path, _seen = page("nora", fever)

    for text in (nora.text(path), nora.text("/queues/nursing")):
        assert "Drill : a made-up case" in text
        assert "Nobody has answered" in text


def test_nobody_is_offered_a_colleague_who_has_left(page, app, world, clock, fever):
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["omar"].account_id).disabled_at = clock.now()
    nora, path, _seen = page("nora", fever)

    assert "Omar, physician" not in nora.text(path)
