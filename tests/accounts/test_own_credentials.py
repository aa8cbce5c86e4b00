"""Changing one's own password, and the address one signs in with."""

import pytest
import sqlalchemy as sa

from service.accounts.models import Account, Invitation, Role
from service.accounts.session_models import MailedCode
from service.db import transaction
from tests.accounts.conftest import PASSWORD, bearer, newcomer, slug
from tests.accounts.post_box import letters_in

NEW = "three herons on one leg"
ANA = {"email": "ana@example.org"}
ASKED = "Somebody asked to sign in to your account with another e-mail address. Nothing has changed"
CHANGED = "Your account is now signed in to with another e-mail address."


@pytest.fixture
def letters(app):
    """Return the mails there are, oldest first."""
    return lambda: letters_in(app)


@pytest.fixture
def ask(call, letters):
    """Ask for another address as somebody, and return what confirms it."""

    def ask(email="ana@new.example", name="ana"):
        answer = call(name, "POST /auth/address", {"email": email})
        assert answer.status_code == 202
        [code] = [one.code for one in letters() if one.code][-1:]
        return {"request": answer.json["request"], "code": code}

    return ask


# -- The password


def change(call, name="ana", **body):
    return call(name, "POST /auth/password/change", {"password": NEW, **body})


def test_s12_a_new_password_ends_all_other_sessions_and_is_told_of(
    call, post, client, tokens_of_ana, letters
):
    assert change(call).status_code == 204

    assert call("ana", "GET /me").status_code == 200
    elsewhere = client.get("/api/v1/me", headers=bearer(tokens_of_ana["access_token"]))
    assert elsewhere.status_code == 401
    refresh = {"refresh_token": tokens_of_ana["refresh_token"]}
    assert post("/auth/refresh", refresh).status_code == 401
    assert post("/auth/login", ANA | {"password": PASSWORD}).status_code == 401
    assert post("/auth/login", ANA | {"password": NEW}).status_code == 200
    told = [one.text for one in letters() if "new password" in one.text]
    assert len(told) == 1


def test_it_takes_the_present_password_or_a_fresh_sign_in(call, post, ana_can_sign_in, clock):
    clock.pass_time(minutes=5)

    refused = change(call)
    assert (refused.status_code, slug(refused)) == (403, "step-up-needed")
    wrong = change(call, current_password="a guess")
    assert (wrong.status_code, slug(wrong)) == (422, "proof-wrong")
    assert change(call, current_password=PASSWORD).status_code == 204
    assert post("/auth/login", ANA | {"password": NEW}).status_code == 200


def test_s27_the_present_password_alone_does_not_go_round_a_second_factor(
    call, nora_can_sign_in, clock
):
    clock.pass_time(minutes=5)

    assert slug(change(call, "nora", current_password=PASSWORD)) == "proof-wrong"
    code = nora_can_sign_in.code()
    proved = change(call, "nora", current_password=PASSWORD, totp_code=code)
    assert proved.status_code == 204


def test_s21_guesses_at_the_present_password_are_counted(call, ana_can_sign_in, clock):
    clock.pass_time(minutes=5)

    answers = [change(call, current_password=f"guess {n}").status_code for n in range(6)]

    assert answers == [422] * 5 + [429]
    assert change(call, current_password=PASSWORD).status_code == 429


def test_s20_a_new_password_is_measured_as_elsewhere(call, ana_can_sign_in, nora_can_sign_in):
    assert slug(change(call, password="too short")) == "password-too-short"
    assert slug(change(call, password="password12345678")) == "password-too-common"
    assert slug(change(call, password="ana ana ana ana ana")) == "password-too-common"
    assert change(call, "nora", password="8 chars!").status_code == 204


def test_a_code_for_a_forgotten_password_is_void_then(call, post, ana_can_sign_in, mailed):
    post("/auth/password/forgot", ANA)
    (code,) = mailed()
    assert change(call).status_code == 204

    refused = post("/auth/password/reset", {"code": code, "password": "and yet another one"})

    assert slug(refused) == "reset-code-invalid"


# -- The address


def test_s19_a_new_address_counts_once_its_code_is_given_and_both_are_told(
    call, post, ana_can_sign_in, ask, letters
):
    code = ask()
    assert [(one.mailbox, bool(one.code)) for one in letters()] == [
        ("ana@new.example", True), ("ana@example.org", False),
    ]  # fmt: skip
    assert letters()[1].text.startswith(ASKED)
    assert post("/auth/login", ANA | {"password": PASSWORD}).status_code == 200
    before = len(letters())

    confirmed = call("ana", "POST /auth/address/confirm", code)

    assert (confirmed.status_code, confirmed.json["email"]) == (200, "ana@new.example")
    told = letters()[before:]
    assert [one.mailbox for one in told] == ["ana@example.org", None]
    assert all(one.text.startswith(CHANGED) and "new.example" not in one.text for one in told)
    assert post("/auth/login", ANA | {"password": PASSWORD}).status_code == 401
    there = {"email": "ANA@new.example", "password": PASSWORD}
    assert post("/auth/login", there).status_code == 200


def test_it_takes_a_fresh_sign_in(call, world, clock, letters):
    clock.pass_time(minutes=5)

    answer = call("ana", "POST /auth/address", {"email": "ana@new.example"})

    assert (answer.status_code, slug(answer), letters()) == (403, "step-up-needed", [])


def test_s24_a_code_confirms_once_for_her_and_for_nobody_else(call, world, ask):
    code = ask()

    bens = call("ben", "POST /auth/address/confirm", code)
    assert (bens.status_code, slug(bens)) == (422, "mailed-code-invalid")
    assert call("ben", "GET /me").json["email"] == "ben@example.org"
    assert call("ana", "POST /auth/address/confirm", code).status_code == 200
    assert call("ana", "POST /auth/address/confirm", code).status_code == 422


def test_s24_five_wrong_codes_end_it_and_so_do_ten_minutes(app, call, world, ask, clock):
    code = ask()
    for _ in range(5):
        wrong = call("ana", "POST /auth/address/confirm", code | {"code": "00000000"})
        assert slug(wrong) == "mailed-code-invalid"
    assert call("ana", "POST /auth/address/confirm", code).status_code == 422
    code = ask("ana@newer.example")
    clock.pass_time(minutes=10)

    assert call("ana", "POST /auth/address/confirm", code).status_code == 422
    assert call("ana", "GET /me").json["email"] == "ana@example.org"


def test_s24_asking_again_ends_the_change_before(app, call, world, ask):
    first, second = ask("ana@first.example"), ask("ana@second.example")

    assert call("ana", "POST /auth/address/confirm", first).status_code == 422
    assert call("ana", "POST /auth/address/confirm", second).json["email"] == "ana@second.example"
    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(MailedCode)).all() == []


def test_s24_a_code_to_sign_in_confirms_no_address_and_the_other_way_round(call, post, ask):
    link = post("/auth/login/link", ANA).json["request"]
    code = ask()

    assert post("/auth/login/link/redeem", code).status_code == 401
    wrong = call("ana", "POST /auth/address/confirm", code | {"request": link})
    assert slug(wrong) == "mailed-code-invalid"


@pytest.mark.parametrize("whose", ["ben", "olga"])  # of her clinic, and of another
def test_s22_an_address_of_somebody_else_is_answered_the_same_and_never_taken(
    call, world, ask, letters, whose
):
    free = call("ana", "POST /auth/address", {"email": "nobody@example.org"})
    theirs = call("ana", "POST /auth/address", {"email": f"{whose}@example.org"})
    assert (free.status_code, set(free.json)) == (theirs.status_code, set(theirs.json))

    # Only who reads its mail gets further, and learns it then.
    code = ask(f"{whose}@example.org")
    answer = call("ana", "POST /auth/address/confirm", code)

    assert (answer.status_code, slug(answer)) == (422, "email-unavailable")
    assert call("ana", "GET /me").json["email"] == "ana@example.org"
    assert call(whose, "GET /me").json["email"] == f"{whose}@example.org"
    assert not any(one.text.startswith(CHANGED) for one in letters())


def test_codes_sent_to_the_former_address_are_void(call, post, ana_can_sign_in, ask, letters):
    post("/auth/password/forgot", ANA)
    reset = letters()[-1].code
    link = {"request": post("/auth/login/link", ANA).json["request"], "code": letters()[-1].code}
    assert call("ana", "POST /auth/address/confirm", ask()).status_code == 200

    assert post("/auth/login/link/redeem", link).status_code == 401
    body = {"code": reset, "password": NEW}
    assert slug(post("/auth/password/reset", body)) == "reset-code-invalid"


def test_the_invitation_that_let_her_in_stays_hers(app, client, post, letters, invited):
    code = invited(role=Role.PATIENT, email="dana@example.org")
    registered = post("/auth/register", newcomer(invitation_code=code))
    headers = bearer(registered.json["access_token"])
    body = {"email": "dana@new.example"}
    asked = client.post("/api/v1/auth/address", json=body, headers=headers).json
    confirm = {"request": asked["request"], "code": letters()[0].code}
    done = client.post("/api/v1/auth/address/confirm", json=confirm, headers=headers)
    assert done.status_code == 200

    with app.app_context(), transaction() as session:
        kept = session.scalars(sa.select(Invitation.email_key)).all()
        accounts = session.scalars(sa.select(Account.email_key)).all()
    assert kept == ["dana@new.example"]
    assert "dana@example.org" not in accounts


def test_s21_nobody_mails_strangers_without_end(call, world):
    for n in range(21):
        answer = call("ana", "POST /auth/address", {"email": f"stranger{n}@example.org"})

    assert answer.status_code == 429


def test_what_is_no_address_is_refused(call, world):
    answer = call("ana", "POST /auth/address", {"email": "not an address"})

    assert answer.json["errors"][0]["pointer"] == "/email"
