"""Answering an alert through the forms, alone and with a colleague at the same time."""

import pytest

from service.alerts.escalation import take_due_steps
from service.clinical import knowledge
from service.db import transaction
from tests.dashboard.conftest import readable, seen_in

CLOSING = {
    "outcome": "seen", "action": "Blood count taken", "contact_made": "yes",
    "note": "For the team", "reply_to_patient": "Your blood count is fine.",
}  # fmt: skip


@pytest.fixture
def page(browse, fever):
    """Open the alert as somebody: her browser, and the mark of what she saw."""

    def page(name, alert=fever):
        browser = browse(name)
        return browser, seen_in(browser.get(f"/alerts/{alert}"))

    return page


@pytest.fixture
def state(call, fever):
    return lambda: call("nora", f"GET /alerts/{fever}").json["state"]


def test_an_alert_is_taken_worked_on_and_closed_and_she_hears_back(page, call, fever, state):
    nora, seen = page("nora")
    path = f"/alerts/{fever}"

    taken = nora.post(f"{path}/acknowledge", {"seen": seen})
    assert taken.location == f"{path}?done=take"
    assert "It is yours" in nora.text(taken.location)
    assert "Taken: you" in nora.text(path)
    attempt = {"seen": seen, "how": "phone", "reached": "yes", "note": "She can come at eleven."}
    assert nora.post(f"{path}/contact-attempts", attempt).status_code == 303
    assert state() == "in_progress"
    assert nora.post(f"{path}/close", {"seen": seen, **CLOSING}).status_code == 303

    text = nora.text(path)
    for told in ("Reached her by you", "She can come at eleven.", "Closed by you",
                 "Seen in the clinic", "Blood count taken"):  # fmt: skip
        assert told in text
    [reply] = call("ana", "GET /patients/me/replies").json["items"]
    assert reply["reply"] == "Your blood count is fine."
    assert nora.post(f"{path}/reopen").status_code == 303
    assert state() == "acknowledged"


def test_whoever_answers_sees_where_she_is_called(page, browse, call, fever, world):
    path = f"/patients/{world['ana'].patient_id}"
    assert "Her number" not in browse("nora").text(f"/alerts/{fever}") + browse("nora").text(path)

    call("ana", "PATCH /patients/me", {"phone": "+1 206 555 0100"})

    nora, _seen = page("nora")
    for shown in (f"/alerts/{fever}", path):
        assert 'href="tel:+12065550100">+1 206 555 0100<' in nora.get(shown).text


def test_taking_it_on_the_queue_comes_back_to_the_queue(page, fever):
    nora, seen = page("nora")
    answer = nora.post(f"/alerts/{fever}/acknowledge", {"seen": seen, "back": "queue"})

    assert answer.location == f"/queues/nursing?taken={fever}"
    assert "Taken: you" in nora.text(answer.location)


def test_the_second_of_two_is_told_who_was_first(page, fever):
    nora, seen = page("nora")
    omar, _seen = page("omar")
    assert omar.post(f"/alerts/{fever}/acknowledge", {"seen": seen}).status_code == 303

    for back in ("", "queue"):
        answer = nora.post(f"/alerts/{fever}/acknowledge", {"seen": seen, "back": back})
        assert answer.status_code == 409
        assert "taken by Omar (physician) before you" in readable(answer)


def test_closing_what_a_colleague_has_closed_loses_nothing_she_wrote(page, fever):
    nora, seen = page("nora")
    omar, _seen = page("omar")
    assert omar.post(f"/alerts/{fever}/close", {"seen": seen, **CLOSING}).status_code == 303
    mine = {**CLOSING, "action": "Called her husband & mother"}
    answer = nora.post(f"/alerts/{fever}/close", {"seen": seen, **mine})

    assert answer.status_code == 409
    assert "has been closed in the meantime" in readable(answer)
    assert "Called her husband & mother" in readable(answer)


@pytest.mark.parametrize("step", ["acknowledge", "contact-attempts", "close"])
def test_nobody_answers_what_came_in_after_she_looked(page, report, clock, fever, state, step):
    nora, seen = page("nora")
    clock.pass_time(minutes=5)
    report(reported_at="2026-03-02T09:05:00-08:00", red_flags=["seizure"])
    form = {"seen": seen, "how": "phone", "reached": "yes", **CLOSING}
    answer = nora.post(f"/alerts/{fever}/{step}", form)

    assert answer.status_code == 409
    text = readable(answer)
    assert "Something new has come in about Ana" in text
    assert "seizure" in text.lower()
    assert state() == "open"
    if step == "close":
        assert "Your blood count is fine." in text
    assert nora.post(f"/alerts/{fever}/{step}", form | {"seen": seen_in(answer)}).status_code == 303


def test_what_is_missing_is_asked_for_and_the_rest_stays(page, fever, state):
    nora, seen = page("nora")
    form = {"seen": seen, **CLOSING, "action": "  ", "outcome": ""}
    answer = nora.post(f"/alerts/{fever}/close", form)

    assert answer.status_code == 422
    text = readable(answer)
    assert "Choose what came of it." in text
    assert "Say in a few words what was done." in text
    assert "Your blood count is fine." in text
    assert state() == "open"


@pytest.mark.parametrize(
    "wrong",
    [
        {"how": "pigeon", "reached": "yes"},
        {"how": "phone"},
        {"how": "phone", "reached": "perhaps"},
        {"how": "phone", "reached": "yes", "note": "x" * 10_001},
        {},
    ],
)
def test_half_a_contact_is_no_contact(page, fever, state, wrong):
    nora, seen = page("nora")
    answer = nora.post(f"/alerts/{fever}/contact-attempts", {"seen": seen, **wrong})

    assert answer.status_code == 422
    assert state() == "open"


def test_an_alert_about_suicide_closes_only_after_somebody_has_spoken_with_her(
    page, call, not_safe
):
    sol, seen = page("sol", not_safe)
    path = f"/alerts/{not_safe}"
    closing = {"seen": seen, "safety_plan": "made", **CLOSING}
    refused = sol.post(f"{path}/close", closing)
    assert refused.status_code == 409
    assert "record a contact in which she was reached" in readable(refused)
    assert "Your blood count is fine." in readable(refused)

    for reached, status in (("no", 409), ("yes", 303)):
        attempt = {"seen": seen, "how": "phone", "reached": reached}
        assert sol.post(f"{path}/contact-attempts", attempt).status_code == 303
        assert sol.post(f"{path}/close", closing).status_code == status
    assert call("sol", f"GET /alerts/{not_safe}").json["state"] == "closed"


def test_a_closed_alert_cannot_be_opened_beside_another(page, report, fever, clock):
    nora, seen = page("nora")
    assert nora.post(f"/alerts/{fever}/close", {"seen": seen, **CLOSING}).status_code == 303
    clock.pass_time(minutes=10)
    report(reported_at="2026-03-02T09:10:00-08:00", temperature_c=39)
    answer = nora.post(f"/alerts/{fever}/reopen")

    assert answer.status_code == 409
    assert "has an open alert in this queue already" in readable(answer)


def test_text_no_database_takes_is_cleaned_before_it_gets_there(page, fever):
    nora, seen = page("nora")
    form = {**CLOSING, "seen": seen, "action": "Blood\x00 count"}

    assert nora.post(f"/alerts/{fever}/close", form).status_code == 303
    assert "Blood count" in nora.text(f"/alerts/{fever}")


def test_another_clinics_nurse_can_do_nothing_about_it(browse, fever, state):
    olga = browse("olga")
    for step in ("acknowledge", "contact-attempts", "close", "reopen"):
        assert olga.post(f"/alerts/{fever}/{step}", {"seen": "x", **CLOSING}).status_code == 404
    assert state() == "open"


def test_who_was_told_when_nobody_answered_stands_in_the_history(browse, app, fever, clock):
    clock.pass_time(minutes=31)
    with app.app_context(), transaction() as session:
        for _round in range(3):
            take_due_steps(session, policy=knowledge().policy, now=clock.now())
    text = browse("nora").text(f"/alerts/{fever}")

    assert "Nobody had answered: reminded Nora" in text
    assert "Nobody had answered: told Omar" in text


def test_who_was_reached_before_is_to_be_contacted_about_what_is_new(page, report, fever, clock):
    nora, seen = page("nora")
    path = f"/alerts/{fever}"
    reached = {"seen": seen, "how": "phone", "reached": "yes", "note": ""}
    assert nora.post(f"{path}/contact-attempts", reached).status_code == 303
    assert "to contact her" not in nora.text(path)

    clock.pass_time(minutes=10)
    report(red_flags=["chest_pain"])
    assert "to take it" in nora.text(path)
    assert nora.post(f"{path}/acknowledge", {"seen": seen_in(nora.get(path))}).status_code == 303
    assert "to contact her" in nora.text(path)


def test_the_page_knows_whether_she_was_reached(browse, not_safe):
    sol, path = browse("sol"), f"/alerts/{not_safe}"
    assert "First record a contact" in sol.text(path)

    reached = {"seen": seen_in(sol.get(path)), "how": "phone", "reached": "yes", "note": ""}
    assert sol.post(f"{path}/contact-attempts", reached).status_code == 303
    assert "Somebody has reached her" in sol.text(path)
