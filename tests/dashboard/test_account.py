"""The page on which somebody changes her password and the address she signs in with."""

import pytest

from tests.accounts.conftest import PASSWORD
from tests.accounts.post_box import letters_in
from tests.dashboard.conftest import Browser, readable

NEW = "eight herons"


@pytest.fixture
def nora(browse, can_sign_in):
    """Nora's browser, in which she has just signed in."""
    can_sign_in("nora")
    return browse("nora")


def new_password(browser, password=NEW, again=None):
    form = {"password": password, "again": password if again is None else again}
    return browser.post("/account/password", form)


def test_s12_a_new_password_signs_all_other_browsers_out(app, nora, browse):
    elsewhere = browse("nora")

    answer = new_password(nora)

    assert (answer.status_code, answer.location) == (303, "/account?done=password")
    assert "Your new password is in force" in nora.text(answer.location)
    assert elsewhere.get("/").location.startswith("/sign-in")
    [letter] = letters_in(app)
    assert letter.text.startswith("Your account has a new password.")


def test_what_is_no_good_password_is_said_at_its_field(nora):
    different = new_password(nora, again="something else")
    short, common = new_password(nora, "short"), new_password(nora, "password")

    assert {one.status_code for one in (different, short, common)} == {422}
    assert "The two passwords are not the same." in readable(different)
    assert "Choose one that is harder to guess." in readable(common)
    assert 'id="password-error"' in short.get_data(as_text=True)


def test_whoever_has_not_proved_herself_just_now_does_so_first(app, nora, clock):
    clock.pass_time(minutes=6)

    assert nora.get("/account").location == "/step-up?next=%2Faccount"
    assert new_password(nora).location.startswith("/step-up?")
    asked = nora.post("/account/address", {"email": "nora@new.example"})
    assert asked.location.startswith("/step-up?")
    assert letters_in(app) == []


def test_s19_a_new_address_counts_once_its_code_is_typed(app, nora):
    asked = nora.post("/account/address", {"email": "nora@new.example"})
    assert asked.location == "/account/address"
    assert "you sign in with nora@example.org as before" in nora.text("/account/address")
    to_new, to_old = letters_in(app)
    assert (to_new.mailbox, to_old.mailbox) == ("nora@new.example", "nora@example.org")

    wrong = nora.post("/account/address/confirm", {"mailed": "00000000"})
    assert (wrong.status_code, "not valid here" in readable(wrong)) == (422, True)
    done = nora.post("/account/address/confirm", {"mailed": to_new.code})

    assert done.location == "/account?done=address"
    assert "nora@new.example" in nora.text("/account")
    assert [one.mailbox for one in letters_in(app)[2:]] == ["nora@example.org", None]


def test_s24_another_browser_of_hers_confirms_nothing(app, nora, browse):
    nora.post("/account/address", {"email": "nora@new.example"})
    code = letters_in(app)[0].code
    elsewhere = browse("nora")
    assert "No code was asked for in this browser" in elsewhere.text("/account/address")

    refused = elsewhere.post("/account/address/confirm", {"mailed": code})

    assert refused.status_code == 422
    assert nora.post("/account/address/confirm", {"mailed": code}).status_code == 303


def test_an_address_of_somebody_else_is_said_to_her_who_reads_its_mail(app, nora):
    nora.post("/account/address", {"email": "olga@example.org"})
    code = letters_in(app)[0].code

    refused = nora.post("/account/address/confirm", {"mailed": code})

    assert (refused.status_code, "cannot be used" in readable(refused)) == (422, True)
    assert nora.post("/account/address", {"email": "no address"}).status_code == 422


def test_signing_in_with_the_new_password_and_address(app, nora, can_sign_in):
    phone = can_sign_in("nora")
    nora.post("/account/address", {"email": "nora@new.example"})
    nora.post("/account/address/confirm", {"mailed": letters_in(app)[0].code})
    new_password(nora)
    form = {"email": "nora@new.example", "password": NEW, "code": phone.code()}

    assert Browser(app).post("/sign-in", form | {"password": PASSWORD}).status_code == 401
    assert Browser(app).post("/sign-in", form).status_code == 303
