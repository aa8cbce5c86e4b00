"""Proving oneself again before what is dangerous."""

import pytest

from tests.accounts.conftest import PASSWORD, bearer, slug

NORA = {"email": "nora@example.org", "password": PASSWORD}
SOMEBODY = "0190a000-0000-7000-8000-000000000001"
DANGEROUS = [
    ("ana", "POST /auth/totp"), ("ada", "POST /staff"), ("ada", "PATCH /staff/{}"),
    ("ada", "POST /staff/{}/sign-out"), ("ada", "POST /staff/{}/second-factor/reset"),
]  # fmt: skip
BODIES = {
    "POST /staff": {"email": "x@example.org", "display_name": "X", "role": "nurse"},
    "PATCH /staff/{}": {"display_name": "X"},
}


@pytest.mark.parametrize(("who", "what"), DANGEROUS)
def test_what_is_dangerous_takes_a_sign_in_of_the_last_five_minutes(call, world, clock, who, what):
    def status_and_type():
        answer = call(who, what.format(SOMEBODY), BODIES.get(what, {}))
        return answer.status_code, "step-up-needed" in answer.get_data(as_text=True)

    clock.pass_time(minutes=4, seconds=59)
    assert status_and_type()[1] is False
    clock.pass_time(seconds=1)
    assert status_and_type() == (403, True)


def test_s13_proving_oneself_opens_five_minutes_on_new_tokens_and_the_old_are_dead(
    client, post, nora_can_sign_in, clock
):
    first = post("/auth/login", NORA | {"totp_code": nora_can_sign_in.code()}).json
    clock.pass_time(minutes=6)
    begin = "/api/v1/auth/totp"
    assert slug(client.post(begin, headers=bearer(first["access_token"]))) == "step-up-needed"

    proof = {"password": PASSWORD, "totp_code": nora_can_sign_in.code()}
    renewed = post("/auth/step-up", proof, headers=bearer(first["access_token"]))

    assert renewed.status_code == 200
    assert client.post(begin, headers=bearer(renewed.json["access_token"])).status_code == 200
    assert client.get("/api/v1/me", headers=bearer(first["access_token"])).status_code == 401
    old = post("/auth/refresh", {"refresh_token": first["refresh_token"]})
    assert old.status_code == 401
    new = post("/auth/refresh", {"refresh_token": renewed.json["refresh_token"]})
    assert new.status_code == 200
    clock.pass_time(minutes=5)
    late = client.post(begin, headers=bearer(new.json["access_token"]))
    assert slug(late) == "step-up-needed"


def test_the_password_alone_proves_nobody_who_has_a_second_factor(call, nora_can_sign_in):
    code = nora_can_sign_in.code()
    wrong = [
        {"password": PASSWORD}, {"password": "guessing", "totp_code": code},
        {"password": PASSWORD, "totp_code": "000000"},
    ]  # fmt: skip

    for proof in wrong:
        answer = call("nora", "POST /auth/step-up", proof)
        assert (answer.status_code, slug(answer)) == (422, "proof-wrong")
    right = {"password": PASSWORD, "totp_code": code}
    assert call("nora", "POST /auth/step-up", right).status_code == 200


def test_s21_after_five_mistakes_whoever_is_signed_in_waits_longer_after_each(
    call, nora_can_sign_in, clock
):
    for wait in (0, 30, 60):
        for _ in range(1 if wait else 5):
            clock.pass_time(seconds=wait)
            wrong = call("nora", "POST /auth/step-up", {"password": "guessing"})
            assert (wrong.status_code, slug(wrong)) == (422, "proof-wrong")
    right = {"password": PASSWORD, "totp_code": nora_can_sign_in.code()}
    refused = call("nora", "POST /auth/step-up", right)
    assert (refused.status_code, slug(refused)) == (429, "too-many")
    assert refused.headers["Retry-After"] == "120"

    clock.pass_time(seconds=120)
    right = {"password": PASSWORD, "totp_code": nora_can_sign_in.code()}
    assert call("nora", "POST /auth/step-up", right).status_code == 200


def test_s21_the_digits_that_confirm_a_factor_are_counted_too(call, world, clock):
    call("ana", "POST /auth/totp")
    wrong = [call("ana", "POST /auth/totp/confirm", {"totp_code": "12345"}) for _ in range(6)]

    assert [answer.status_code for answer in wrong] == [422] * 5 + [429]
    assert wrong[0].json["errors"][0]["pointer"] == "/totp_code"
    assert wrong[5].headers["Retry-After"] == "30"
