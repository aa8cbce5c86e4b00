"""Tokens of the reference phone, signing out, and being told from afar to forget."""

import pytest

from tests.accounts.conftest import PASSWORD
from tests.phone.conftest import SHELL_ONLY

pytestmark = pytest.mark.browser


def test_signing_out_wipes_what_is_on_the_phone(phone, call):
    with phone() as ana:
        ana.sign_in()
        ana.open("More")
        ana.tap("Sign out")
        ana.tap("Sign out and delete")
        ana.is_on("Sign in")
        assert all(not held for held in ana.all_held().values())
        assert ana.page.evaluate(SHELL_ONLY)
        ana.page.reload()
        ana.is_on("Sign in")
    assert len(call("ana", "GET /auth/sessions").json["items"]) == 1  # the one of the test


def test_lost_answers_to_a_refresh_and_to_a_push_cost_nothing(phone, call, clock, on_ribociclib):
    with phone() as ana:
        ana.sign_in()
        clock.pass_time(minutes=11)  # the access token has run out
        ana.tell_time()
        keys, pushes = [], []

        def lose_the_first(seen, what):
            def lose(route):
                if route.request.method != "POST":
                    return route.continue_()
                seen.append(what(route.request))
                if len(seen) > 1:
                    return route.continue_()
                assert route.fetch().status == 200
                return route.abort()

            return lose

        refresh = lose_the_first(keys, lambda request: request.headers["idempotency-key"])
        ana.page.route("**/auth/refresh", refresh)
        ana.page.route("**/sync?*", lose_the_first(pushes, lambda request: request.post_data))
        ana.open("Check in")
        ana.page.get_by_label("Your temperature, in °C or °F").fill("38.5")
        ana.tap("Send")
        # What Waymark said of it was in the lost answer; sent again, it is said again.
        told = ana.page.get_by_role("dialog", name="Fever on treatment")
        told.wait_for()
        ana.tap("I have read this")
        ana.all_is_sent()
        assert keys == [keys[0]] * 2
        assert len(pushes) == 2
    assert len(call("ana", "GET /patients/me/symptom-reports").json["items"]) == 1
    assert len(call("nora", "GET /alerts?queue=nursing").json["items"]) == 1


def test_wiped_from_elsewhere_the_phone_forgets_what_was_not_sent_too(phone, call):
    with phone() as ana:
        ana.sign_in()
        ana.is_offline()
        ana.open("Replies")
        ana.page.get_by_label("Ask your team something").fill("May I swim?")
        ana.tap("Keep this question")
        ana.state_is("No line · On this phone, waiting to be sent: 1")
        [hers, *_] = call("ana", "GET /auth/sessions").json["items"]
        assert hers["device_name"] == "Waymark phone"
        gone = call("ana", f"DELETE /auth/sessions/{hers['id']}?wipe=true")
        assert gone.status_code == 204
        ana.is_offline(False)
        ana.is_on("Sign in")
        assert not ana.all_held()["questions"]
        assert ana.page.evaluate("localStorage.length") == 0
    assert call("ana", "GET /patients/me/questions").json["items"] == []


def test_signed_out_from_elsewhere_what_waits_goes_out_as_hers_alone(phone, call, can_sign_in):
    can_sign_in("ben", factor=False)
    with phone() as ana:
        ana.sign_in()
        ana.is_offline()
        ana.open("Replies")
        ana.page.get_by_label("Ask your team something").fill("May I swim?")
        ana.tap("Keep this question")
        ana.state_is("No line · On this phone, waiting to be sent: 1")
        [hers, *_] = call("ana", "GET /auth/sessions").json["items"]
        assert call("ana", f"DELETE /auth/sessions/{hers['id']}").status_code == 204
        ana.is_offline(False)
        ana.is_on("Sign in")
        ana.reads("What was not sent is still here")
        ana.page.get_by_label("E-mail address").fill("ben@example.org")
        ana.page.get_by_label("Password").fill(PASSWORD)
        ana.tap("Sign in")
        ana.reads("Somebody else has notes on this phone that are not sent yet.")
        ana.sign_in()
        ana.all_is_sent()
    assert len(call("ana", "GET /patients/me/questions").json["items"]) == 1
    assert call("ben", "GET /patients/me/questions").json["items"] == []


def test_who_is_no_patient_is_told_so(phone, can_sign_in):
    can_sign_in("hugo", factor=False)
    with phone() as ana:
        ana.page.goto("/")
        ana.page.get_by_label("E-mail address").fill("hugo@example.org")
        ana.page.get_by_label("Password").fill("wrong wrong wrong")
        ana.tap("Sign in")
        ana.reads("Address, password or code is not right.")
        ana.page.get_by_label("Password").fill(PASSWORD)
        ana.tap("Sign in")
        ana.reads("This app is for patients.")
