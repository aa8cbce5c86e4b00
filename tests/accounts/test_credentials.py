"""A forgotten password, a second factor."""

from concurrent.futures import ThreadPoolExecutor

import pyotp
import sqlalchemy as sa

from service.accounts.models import Account
from service.accounts.session_models import PasswordReset
from service.accounts.tokens import sha256_of
from service.db import transaction
from service.notify.models import OutboxMessage
from tests.accounts.conftest import PASSWORD, bearer, slug

NEW = "three herons on one leg"
ANA = {"email": "ana@example.org"}


def test_a_mailed_code_sets_a_new_password(post, call, tokens_of_ana, mailed):
    assert post("/auth/password/forgot", ANA).status_code == 202
    (code,) = mailed()

    answer = post("/auth/password/reset", {"code": code, "password": NEW})

    assert answer.status_code == 204
    assert post("/auth/login", ANA | {"password": PASSWORD}).status_code == 401
    assert post("/auth/login", ANA | {"password": NEW}).status_code == 200
    # Whoever was signed in anywhere is not any more.
    assert call("ana", "GET /me").status_code == 401
    refused = post("/auth/refresh", {"refresh_token": tokens_of_ana["refresh_token"]})
    assert refused.status_code == 401


def test_the_answer_is_the_same_whether_or_not_there_is_such_an_address(post, world, mailed):
    known = post("/auth/password/forgot", ANA)
    unknown = post("/auth/password/forgot", {"email": "nobody@example.org"})

    assert known.status_code == unknown.status_code == 202
    assert known.json == unknown.json
    assert {k for k, _ in known.headers} == {k for k, _ in unknown.headers}
    assert len(mailed()) == 1


def test_the_mail_is_hers_useful_for_ten_minutes_and_holds_no_clinical_word(
    app, post, world, clock, mailed
):
    post("/auth/password/forgot", {"email": "ANA@example.org"})

    with app.app_context(), transaction() as session:
        message = session.scalars(sa.select(OutboxMessage)).one()
        reset = session.scalars(sa.select(PasswordReset)).one()
    assert message.recipient_id == world["ana"].account_id
    assert message.patient_id == world["ana"].patient_id
    assert (message.useful_until - clock.now()).total_seconds() == 600
    (code,) = mailed()
    assert reset.sha256 == sha256_of(code)
    assert code not in message.collapse_key


def test_a_reset_code_is_good_once(post, ana_can_sign_in, mailed):
    post("/auth/password/forgot", ANA)
    body = {"code": mailed()[0], "password": NEW}
    assert post("/auth/password/reset", body).status_code == 204

    again = post("/auth/password/reset", body | {"password": "and yet another one"})

    assert (again.status_code, slug(again)) == (422, "reset-code-invalid")
    assert post("/auth/login", ANA | {"password": NEW}).status_code == 200


def test_a_reset_code_brought_twice_at_once_works_once(app, post, ana_can_sign_in, mailed):
    post("/auth/password/forgot", ANA)
    code = mailed()[0]

    def send(n):
        body = {"code": code, "password": f"{NEW} {n}"}
        return app.test_client().post("/api/v1/auth/password/reset", json=body).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == [204, 422]


def test_a_reset_code_runs_out_after_ten_minutes(post, ana_can_sign_in, mailed, clock):
    post("/auth/password/forgot", ANA)
    clock.pass_time(minutes=10)

    answer = post("/auth/password/reset", {"code": mailed()[0], "password": NEW})

    assert slug(answer) == "reset-code-invalid"


def test_once_a_password_is_set_earlier_codes_are_void(post, ana_can_sign_in, mailed):
    post("/auth/password/forgot", ANA)
    post("/auth/password/forgot", ANA)
    first, second = mailed()
    assert post("/auth/password/reset", {"code": second, "password": NEW}).status_code == 204

    refused = post("/auth/password/reset", {"code": first, "password": "and yet another one"})

    assert slug(refused) == "reset-code-invalid"


def test_the_new_password_has_to_be_a_good_one(post, ana_can_sign_in, mailed):
    post("/auth/password/forgot", ANA)
    code = mailed()[0]

    too_common = post("/auth/password/reset", {"code": code, "password": "password12345678"})
    too_short = post("/auth/password/reset", {"code": code, "password": "short"})

    assert slug(too_common) == "password-too-common"
    assert too_short.json["errors"][0]["pointer"] == "/password"
    # Neither has spent the code.
    assert post("/auth/password/reset", {"code": code, "password": NEW}).status_code == 204


def test_nobody_is_mailed_without_end(post, world, mailed):
    for n in range(21):
        there = {"REMOTE_ADDR": f"198.51.100.{n}"}
        answer = post("/auth/password/forgot", ANA, environ_overrides=there)

    assert answer.status_code == 429
    assert len(mailed()) == 20


def test_a_new_password_leaves_the_second_factor_in_force(post, nora_can_sign_in, mailed):
    post("/auth/password/forgot", {"email": "nora@example.org"})
    post("/auth/password/reset", {"code": mailed()[0], "password": NEW})
    nora = {"email": "nora@example.org", "password": NEW}

    assert post("/auth/login", nora).status_code == 401
    assert post("/auth/login", nora | {"totp_code": nora_can_sign_in.code()}).status_code == 200


# -- The second factor


def test_staff_set_up_a_second_factor_and_see_patients_then(app, call, world, clock):
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["nora"].account_id).totp_confirmed_at = None
    assert call("nora", "POST /invitations", {"role": "patient"}).status_code == 403

    begun = call("nora", "POST /auth/totp", {})
    assert begun.status_code == 200
    assert begun.json["otpauth_uri"].startswith("otpauth://totp/Waymark:nora%40example.org?")
    assert begun.json["secret"] in begun.json["otpauth_uri"]
    # Shown is not confirmed.
    assert call("nora", "POST /invitations", {"role": "patient"}).status_code == 403
    code = pyotp.TOTP(begun.json["secret"]).at(clock.moment)
    confirmed = call("nora", "POST /auth/totp/confirm", {"totp_code": code})

    assert confirmed.status_code == 200
    assert confirmed.json["second_factor"] is True
    assert call("nora", "POST /invitations", {"role": "patient"}).status_code == 201


def test_a_wrong_code_confirms_nothing(call, world, clock):
    call("ana", "POST /auth/totp", {})

    answer = call("ana", "POST /auth/totp/confirm", {"totp_code": "12345"})

    assert (answer.status_code, slug(answer)) == (422, "factor-code-wrong")
    assert call("ana", "GET /me").json["second_factor"] is False


def test_what_was_begun_ten_minutes_ago_is_begun_again(call, world, clock):
    secret = call("ana", "POST /auth/totp", {}).json["secret"]
    clock.pass_time(minutes=10)

    code = pyotp.TOTP(secret).at(clock.moment)
    answer = call("ana", "POST /auth/totp/confirm", {"totp_code": code})

    assert (answer.status_code, slug(answer)) == (409, "no-factor-pending")


def test_the_code_that_confirmed_is_spent(call, post, ana_can_sign_in, clock):
    secret = call("ana", "POST /auth/totp", {}).json["secret"]
    code = pyotp.TOTP(secret).at(clock.moment)
    call("ana", "POST /auth/totp/confirm", {"totp_code": code})
    body = ANA | {"password": PASSWORD, "totp_code": code}

    assert post("/auth/login", body).status_code == 401
    clock.pass_time(seconds=30)
    body["totp_code"] = pyotp.TOTP(secret).at(clock.moment)
    assert post("/auth/login", body).status_code == 200


def test_replacing_a_factor_takes_a_fresh_sign_in_and_the_old_one_holds_until_then(
    call, post, nora_can_sign_in, clock
):
    nora = {"email": "nora@example.org", "password": PASSWORD}

    begun = call("nora", "POST /auth/totp", {})

    assert begun.status_code == 200
    assert post("/auth/login", nora | {"totp_code": nora_can_sign_in.code()}).status_code == 200
    code = pyotp.TOTP(begun.json["secret"]).at(clock.moment)
    assert call("nora", "POST /auth/totp/confirm", {"totp_code": code}).status_code == 200
    clock.pass_time(seconds=30)
    assert post("/auth/login", nora | {"totp_code": nora_can_sign_in.code()}).status_code == 401


def test_a_new_factor_signs_out_all_other_devices(client, call, tokens_of_ana, clock):
    secret = call("ana", "POST /auth/totp", {}).json["secret"]
    code = pyotp.TOTP(secret).at(clock.moment)

    call("ana", "POST /auth/totp/confirm", {"totp_code": code})

    assert call("ana", "GET /me").status_code == 200
    elsewhere = client.get("/api/v1/me", headers=bearer(tokens_of_ana["access_token"]))
    assert elsewhere.status_code == 401


def test_asking_again_before_confirming_shows_another_secret(call, world, clock):
    first = call("ana", "POST /auth/totp", {}).json["secret"]
    second = call("ana", "POST /auth/totp", {}).json["secret"]

    assert first != second
    of_the_first = {"totp_code": pyotp.TOTP(first).at(clock.moment)}
    assert call("ana", "POST /auth/totp/confirm", of_the_first).status_code == 422
