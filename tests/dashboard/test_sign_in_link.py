"""The pages for signing in with a code from an e-mail."""

import pytest
import sqlalchemy as sa

from service.accounts.session_models import MailedCode
from service.db import transaction
from tests.accounts.post_box import letters_in
from tests.dashboard.chromium import tab
from tests.dashboard.conftest import OURS, Browser, readable

ASK, CODE = "/sign-in/link", "/sign-in/link/code"


@pytest.fixture
def asked(app, stranger):
    """Ask for a code in the stranger's browser and return the one that was mailed."""

    def asked(name="nora", **form):
        answer = stranger.post(ASK, {"email": f"{name}@example.org", **form})
        assert answer.status_code == 303
        return answer, [one.code for one in letters_in(app)][-1:]

    return asked


def redeem(browser, mailed, code="", **form):
    return browser.post(CODE, {"mailed": mailed, "code": code, **form})


def test_s24_a_nurse_signs_in_with_a_code_from_an_email_and_her_app(stranger, can_sign_in, asked):
    phone = can_sign_in("nora")
    answer, [mailed] = asked(next="/sessions")
    assert answer.location == f"{CODE}?next=%2Fsessions"
    assert "Type the code from the e-mail" in stranger.text(answer.location)

    without = redeem(stranger, mailed)
    assert (without.status_code, "That did not work." in readable(without)) == (401, True)
    done = redeem(stranger, mailed, phone.code(), next="/sessions")

    assert (done.status_code, done.location) == (303, "/sessions")
    assert stranger.client.get_cookie("waymark-asked") is None
    assert "Nora" in stranger.text("/sessions")
    # It is no fresh sign-in.
    assert stranger.get("/passkeys").location == "/step-up?next=%2Fpasskeys"


def test_s24_the_link_opens_nothing_by_being_looked_at_nor_in_another_browser(
    app, stranger, can_sign_in, asked
):
    phone = can_sign_in("nora")
    _answer, [mailed] = asked()
    scanner = Browser(app)
    for browser in (scanner, stranger):
        assert browser.get(CODE).status_code == 200
        assert browser.get("/").location.startswith("/sign-in")
    assert "This code is not for this browser" in scanner.text(CODE)

    assert redeem(scanner, mailed, phone.code()).status_code == 401
    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(MailedCode.tries)).all() == [0]
    assert redeem(stranger, mailed, phone.code()).status_code == 303


def test_s24_five_tries_and_it_is_dead(stranger, can_sign_in, asked):
    phone = can_sign_in("nora")
    _answer, [mailed] = asked()
    for _ in range(5):
        assert redeem(stranger, "00000000", phone.code()).status_code == 401

    assert redeem(stranger, mailed, phone.code()).status_code == 401


def test_s22_asking_is_answered_the_same_for_nobody(app, world, stranger):
    answers = [
        Browser(app).post(ASK, {"email": f"{name}@example.org"}) for name in ("nora", "nobody")
    ]

    assert {(one.status_code, one.location) for one in answers} == {(303, CODE)}
    assert len({len(one.headers["Set-Cookie"]) for one in answers}) == 1
    assert len(letters_in(app)) == 1
    pages = [Browser(app).get(CODE).get_data() for _ in range(2)]
    assert pages[0] == pages[1]


def test_s17_what_the_browser_keeps_is_out_of_reach_and_ends_with_the_code(stranger, world, asked):
    answer, _ = asked()

    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"} <= set(cookie.split("; "))


def test_a_patient_is_led_to_the_app_and_not_signed_in(stranger, can_sign_in, asked):
    can_sign_in("ana", factor=False)
    _answer, [mailed] = asked("ana")

    answer = redeem(stranger, mailed)

    assert (answer.status_code, "for the care team" in readable(answer)) == (403, True)
    assert stranger.client.get_cookie("waymark") is None


def test_whoever_has_no_second_factor_yet_gives_the_password_before_setting_one_up(
    stranger, can_sign_in, asked
):
    can_sign_in("nora", factor=False)
    _answer, [mailed] = asked()

    assert redeem(stranger, mailed).location == "/second-factor"
    assert stranger.post("/second-factor/begin").location.startswith("/step-up?")


def test_it_never_leads_to_another_site(stranger, can_sign_in, asked):
    phone = can_sign_in("nora")
    answer, [mailed] = asked(next="//evil.example")
    assert answer.location == CODE

    done = redeem(stranger, mailed, phone.code(), next="https://evil.example/")

    assert done.location == "/"


def test_s17_another_site_asks_for_nothing_and_redeems_nothing(app, stranger, world):
    for path in (ASK, CODE):
        answer = stranger.post(path, {"email": "nora@example.org"}, headers={
            **OURS, "Sec-Fetch-Site": "cross-site"})  # fmt: skip
        assert answer.status_code == 403
    assert letters_in(app) == []


def test_too_many_wait_and_nothing_typed_sends_nothing(app, stranger, world):
    assert stranger.post(ASK, {"email": ""}).status_code == 422
    for _ in range(app.config["SIGN_INS_A_MINUTE"]):
        stranger.post(ASK, {"email": "nora@example.org"})

    refused = stranger.post(ASK, {"email": "nora@example.org"})

    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60


@pytest.mark.browser
def test_s18_the_browser_writes_the_code_of_the_link_into_the_form_and_sends_it_nowhere(
    app, chromium, address, can_sign_in
):
    phone = can_sign_in("nora")
    with tab(chromium, address) as page:
        seen = []
        page.on("request", lambda asked: seen.append(f"{asked.url} {asked.headers}"))
        page.goto("/sign-in")
        page.get_by_role("link", name="Sign in with a code from an e-mail").click()
        page.get_by_label("E-mail address").fill("nora@example.org")
        page.get_by_role("button", name="Send me a code").click()
        page.get_by_role("heading", name="Type the code from the e-mail").wait_for()
        [letter] = letters_in(app)

        page.goto(f"{CODE}#{letter.code}")

        field = page.get_by_label("Code from the e-mail")
        assert field.input_value() == letter.code
        assert page.url == f"{address}{CODE}"
        page.get_by_label("Six-digit code").fill(phone.code())
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{address}/")
        assert not [one for one in seen if letter.code in one]
