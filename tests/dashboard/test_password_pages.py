"""The pages for whoever has forgotten her password, to which the mailed link leads."""

import pytest

from tests.accounts.conftest import PASSWORD
from tests.accounts.post_box import letters_in
from tests.dashboard.chromium import tab
from tests.dashboard.conftest import Browser, readable

FORGOT, RESET = "/password/forgot", "/password/reset"
NEW = "a walk along the grey harbor"


@pytest.fixture
def mailed(app, stranger):
    """Ask for a new password of somebody's and return the code in the last mail."""

    def mailed(name="nora"):
        answer = stranger.post(FORGOT, {"email": f"{name}@example.org"})
        assert (answer.status_code, answer.location) == (303, f"{FORGOT}?sent=1")
        return letters_in(app)[-1].code

    return mailed


def set_new(browser, code, password=NEW, again=None):
    form = {"mailed": code, "password": password, "again": password if again is None else again}
    return browser.post(RESET, form)


def sign_in(browser, password, code):
    form = {"email": "nora@example.org", "password": password, "code": code}
    return browser.post("/sign-in", form).status_code


def test_s24_s27_a_nurse_sets_a_new_password_and_still_needs_her_factor(
    app, stranger, can_sign_in, mailed, browse
):
    phone, before = can_sign_in("nora"), browse("nora")
    code = mailed()

    done = set_new(stranger, code)

    assert (done.status_code, done.location) == (303, "/sign-in?done=password")
    assert "Your new password is in force" in stranger.text(done.location)
    assert before.get("/").location.startswith("/sign-in")  # every device is signed out
    assert letters_in(app)[-1].text.startswith("Your account has a new password.")
    assert sign_in(stranger, NEW, "") == 401
    assert sign_in(stranger, PASSWORD, phone.code()) == 401
    assert sign_in(stranger, NEW, phone.code()) == 303


def test_s24_the_link_is_good_once_and_for_ten_minutes(stranger, can_sign_in, mailed, clock):
    can_sign_in("nora")
    first = mailed()
    assert set_new(stranger, first).status_code == 303
    again = set_new(stranger, first)
    assert (again.status_code, "Ask for a new e-mail" in readable(again)) == (422, True)

    late = mailed()
    clock.pass_time(minutes=10, seconds=1)
    assert set_new(stranger, late).status_code == 422


def test_looking_at_the_page_or_a_slip_does_not_use_the_link_up(stranger, can_sign_in, mailed):
    can_sign_in("nora")
    code = mailed()
    assert stranger.get(RESET).status_code == 200
    for slip in ({"again": "another"}, {"password": "nora nora"}, {"password": ""}):
        refused = set_new(stranger, code, **slip)
        assert refused.status_code == 422
        assert code in refused.get_data(as_text=True), "what was typed is still there"

    assert set_new(stranger, code).status_code == 303


def test_s22_asking_is_answered_the_same_for_nobody(app, world):
    answers = [
        Browser(app).post(FORGOT, {"email": f"{name}@example.org"}) for name in ("nora", "nobody")
    ]

    assert {(one.status_code, one.location) for one in answers} == {(303, f"{FORGOT}?sent=1")}
    assert len(letters_in(app)) == 1


def test_s21_whoever_asks_again_and_again_has_to_wait(stranger, world):
    answers = [stranger.post(FORGOT, {"email": "nora@example.org"}) for _ in range(21)]

    assert {one.status_code for one in answers[:20]} == {303}
    assert answers[20].status_code == 429
    assert int(answers[20].headers["Retry-After"]) > 0
    assert "Please wait" in readable(answers[20])


@pytest.mark.browser
def test_s18_the_code_goes_from_the_link_into_the_form_and_nowhere_else(
    chromium, address, can_sign_in, mailed
):
    can_sign_in("nora")
    code = mailed()
    with tab(chromium, address) as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{RESET}#{code}")
        page.wait_for_function("() => document.querySelector('[data-mailed-code]').value !== ''")
        assert page.url == f"{address}{RESET}"
        page.get_by_label("New password").fill(NEW)
        page.get_by_label("The same password again").fill(NEW)
        page.get_by_role("button", name="Set the new password").click()
        page.get_by_text("Your new password is in force").wait_for()
        assert not any(code in url for url in asked)
