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


def test_lost_answers_to_a_refresh_and_to_a_push_cost_nothing(phone, call, clock):
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
        ana.open("Replies")
        ana.page.get_by_label("Ask your team something").fill("May I swim?")
        ana.tap("Keep this question")
        ana.reads("No answer yet.")
        ana.all_is_sent()
        assert keys == [keys[0]] * 2
        # Pulled as hers before it was pushed again.
        assert len(pushes) == 1
    assert len(call("ana", "GET /patients/me/questions").json["items"]) == 1


@pytest.mark.parametrize("is_wiped", [False, True])
def test_cut_off_from_elsewhere_she_keeps_or_loses_what_is_on_the_phone(phone, call, is_wiped):
    with phone() as ana:
        ana.sign_in()
        ana.is_offline()
        ana.open("Replies")
        ana.page.get_by_label("Ask your team something").fill("May I swim?")
        ana.tap("Keep this question")
        ana.state_is("No line · On this phone, waiting to be sent: 1")
        sessions = call("ana", "GET /auth/sessions").json["items"]
        [hers] = [one for one in sessions if one["device_name"] == "Waymark phone"]
        wipe = str(is_wiped).lower()
        gone = call("ana", f"DELETE /auth/sessions/{hers['id']}?wipe={wipe}")
        assert gone.status_code == 204
        ana.is_offline(False)
        ana.is_on("Sign in")
        assert bool(ana.all_held()["questions"]) is not is_wiped
        ana.sign_in()
    kept = call("ana", "GET /patients/me/questions").json["items"]
    assert len(kept) == (0 if is_wiped else 1)


def test_somebody_else_neither_sees_nor_sends_what_is_hers(phone, call, can_sign_in):
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
