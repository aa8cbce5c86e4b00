"""Signing in, staying signed in, being cut off."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from service.accounts.models import Account
from service.accounts.passwords import Passwords
from service.accounts.session_models import DeviceSession, RefreshToken
from service.accounts.sign_in_actions import begin_sign_in, finish_sign_in
from service.accounts.tokens import sha256_of
from service.db import db, transaction
from tests.accounts.conftest import PASSWORD, bearer, slug

ANA = {"email": "ana@example.org", "password": PASSWORD}
NORA = {"email": "nora@example.org", "password": PASSWORD}


def test_signing_in_gives_ten_minutes_of_access(client, tokens_of_ana, clock):
    assert tokens_of_ana["token_type"] == "Bearer"
    assert tokens_of_ana["expires_in"] == 600
    headers = bearer(tokens_of_ana["access_token"])
    clock.pass_time(seconds=599)
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    clock.pass_time(seconds=1)

    refused = client.get("/api/v1/me", headers=headers)

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_an_address_may_be_typed_in_any_case(post, ana_can_sign_in):
    assert post("/auth/login", ANA | {"email": " ANA@example.org"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        ANA | {"password": "a long walk by the river"},
        ANA | {"email": "nobody@example.org"},
        ANA | {"password": PASSWORD + " "},
        ANA | {"password": "x"},
        NORA,  # no code
        NORA | {"totp_code": "000000x"},
        NORA | {"password": "wrong", "totp_code": "123456"},
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(post, ana_can_sign_in, nora_can_sign_in, body):
    reference = post("/auth/login", ANA | {"password": "certainly not"})

    answer = post("/auth/login", body)

    assert answer.status_code == reference.status_code == 401
    assert slug(answer) == "sign-in-failed"
    assert _without_instance(answer) == _without_instance(reference)
    assert {k for k, _ in answer.headers} == {k for k, _ in reference.headers}


def test_a_closed_account_is_like_none(app, world, post, ana_can_sign_in, clock):
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["ana"].account_id).disabled_at = clock.now()

    assert slug(post("/auth/login", ANA)) == "sign-in-failed"


@pytest.mark.parametrize("what", ["password changed", "account closed"])
def test_what_changes_while_somebody_signs_in_counts(app, world, ana_can_sign_in, clock, what):
    with app.app_context(), transaction() as session:
        attempt = begin_sign_in(session, email=ANA["email"], address=None, most=20, now=clock.now())
    with app.app_context(), transaction() as session:
        ana = session.get_one(Account, world["ana"].account_id)
        if what == "password changed":
            ana.password_hash = "$argon2id$another"
        else:
            ana.disabled_at = clock.now()

    with app.app_context(), transaction() as session:
        let_in = finish_sign_in(session, attempt, is_right=True, totp_code=None, now=clock.now())

    assert let_in is None


def test_staff_need_the_code_their_phone_shows(post, nora_can_sign_in):
    answer = post("/auth/login", NORA | {"totp_code": nora_can_sign_in.code()})

    assert answer.status_code == 200


def test_a_code_is_good_once(post, nora_can_sign_in):
    body = NORA | {"totp_code": nora_can_sign_in.code()}
    assert post("/auth/login", body).status_code == 200

    again = post("/auth/login", body)

    assert again.status_code == 401
    assert slug(again) == "sign-in-failed"


def test_an_older_code_is_void_once_a_newer_one_was_used(post, nora_can_sign_in):
    earlier, now = nora_can_sign_in.code(steps=-1), nora_can_sign_in.code()
    assert post("/auth/login", NORA | {"totp_code": now}).status_code == 200

    assert post("/auth/login", NORA | {"totp_code": earlier}).status_code == 401


def test_one_code_brought_twice_at_once_lets_one_in(app, nora_can_sign_in):
    body = NORA | {"totp_code": nora_can_sign_in.code()}

    assert sorted(_at_once(app, "/auth/login", body)) == [200, 401]


def test_wrong_codes_are_counted_as_wrong_passwords_are(post, nora_can_sign_in, clock):
    wrong = f"{(int(nora_can_sign_in.code()) + 1) % 1_000_000:06}"
    for _ in range(10):
        assert post("/auth/login", NORA | {"totp_code": wrong}).status_code == 401

    assert post("/auth/login", NORA | {"totp_code": nora_can_sign_in.code()}).status_code == 429
    clock.pass_time(seconds=30)
    assert post("/auth/login", NORA | {"totp_code": nora_can_sign_in.code()}).status_code == 200


def test_a_stranger_cannot_use_up_the_owners_codes(post, nora_can_sign_in):
    for _ in range(6):
        post("/auth/login", NORA | {"password": "guessing", "totp_code": "123456"})

    assert post("/auth/login", NORA | {"totp_code": nora_can_sign_in.code()}).status_code == 200


def test_staff_without_a_second_factor_reach_their_own_account_only(
    app, world, post, client, nora_can_sign_in
):
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["nora"].account_id).totp_confirmed_at = None
    headers = bearer(post("/auth/login", NORA).json["access_token"])

    assert client.get("/api/v1/me", headers=headers).status_code == 200
    refused = client.post("/api/v1/invitations", json={"role": "patient"}, headers=headers)
    assert refused.status_code == 403
    assert slug(refused) == "second-factor-needed"


def test_an_old_hash_is_renewed_at_signing_in(app, world, post, ana_can_sign_in):
    app.extensions["passwords"] = Passwords(time_cost=2, memory_kib=64)

    assert post("/auth/login", ANA).status_code == 200
    with app.app_context(), transaction() as session:
        assert "t=2" in session.get_one(Account, world["ana"].account_id).password_hash
    assert post("/auth/login", ANA).status_code == 200


# -- How often


REGISTERING = {
    "invitation_code": "nobody-was-invited", "email": "new@example.org", "password": PASSWORD,
    "display_name": "New", "time_zone": "UTC", "locale": "en-US",
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body"),
    [("/auth/login", ANA), ("/auth/register", REGISTERING),
     ("/auth/password/forgot", {"email": "ana@example.org"}),
     ("/auth/password/reset", {"code": "nobody-asked", "password": PASSWORD})],
)  # fmt: skip
def test_whatever_counts_tries_says_how_many_are_left(post, path, body):
    answers = [post(path, body) for _ in range(2)]
    told = [
        [answer.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")]
        for answer in answers
    ]
    assert told == [["20", "19", "60"], ["20", "18", "60"]]


def test_twenty_tries_a_minute_an_address_and_then_it_waits(post, ana_can_sign_in, clock):
    for n in range(20):
        assert post("/auth/login", ANA | {"email": f"{n}@example.org"}).status_code == 401
    clock.pass_time(seconds=12)

    refused = post("/auth/login", ANA)

    assert refused.status_code == 429
    assert slug(refused) == "too-many"
    assert refused.headers["Retry-After"] == "48"
    assert refused.headers["RateLimit-Remaining"] == "0"
    elsewhere = post("/auth/login", ANA, environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 200
    clock.pass_time(seconds=48)
    assert post("/auth/login", ANA).status_code == 200


def test_an_account_tried_from_everywhere_waits_and_others_do_not(
    post, ana_can_sign_in, nora_can_sign_in
):
    for n in range(10):
        there = {"REMOTE_ADDR": f"198.51.100.{n}"}
        body = ANA | {"password": "guessing"}
        assert post("/auth/login", body, environ_overrides=there).status_code == 401

    assert post("/auth/login", ANA).status_code == 429
    nora = NORA | {"totp_code": nora_can_sign_in.code()}
    assert post("/auth/login", nora).status_code == 200


def test_a_whole_ipv6_network_counts_as_one_address(post, world):
    body = ANA | {"password": "guessing"}
    for n in range(20):
        there = {"REMOTE_ADDR": f"2001:db8:0:1::{n:x}"}
        post("/auth/login", body | {"email": f"{n}@example.org"}, environ_overrides=there)

    inside = post("/auth/login", body, environ_overrides={"REMOTE_ADDR": "2001:db8:0:1:ffff::1"})
    outside = post("/auth/login", body, environ_overrides={"REMOTE_ADDR": "2001:db8:0:2::1"})

    assert (inside.status_code, outside.status_code) == (429, 401)


def test_tries_at_the_same_moment_are_all_counted(app, world):
    body = ANA | {"password": "guessing"}

    statuses = _at_once(app, "/auth/login", body, times=24)

    assert sorted(statuses) == [401] * 10 + [429] * 14


# -- Staying signed in


def test_a_refresh_token_is_exchanged_for_the_next_pair(client, post, tokens_of_ana):
    second = post("/auth/refresh", {"refresh_token": tokens_of_ana["refresh_token"]})

    assert second.status_code == 200
    assert second.json["refresh_token"] != tokens_of_ana["refresh_token"]
    headers = bearer(second.json["access_token"])
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    third = post("/auth/refresh", {"refresh_token": second.json["refresh_token"]})
    assert third.status_code == 200


def test_a_spent_token_used_again_signs_the_device_out(client, post, tokens_of_ana):
    first = {"refresh_token": tokens_of_ana["refresh_token"]}
    second = post("/auth/refresh", first).json

    again = post("/auth/refresh", first)

    assert again.status_code == 401
    assert slug(again) == "token-reused"
    next_of_the_family = post("/auth/refresh", {"refresh_token": second["refresh_token"]})
    assert next_of_the_family.status_code == 401
    headers = bearer(second["access_token"])
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_other_devices_stay_signed_in_when_one_is_lost(call, post, tokens_of_ana):
    first = {"refresh_token": tokens_of_ana["refresh_token"]}
    post("/auth/refresh", first)
    post("/auth/refresh", first)

    assert call("ana", "GET /me").status_code == 200


def test_of_two_refreshes_at_once_one_wins(app, world, tokens_of_ana):
    body = {"refresh_token": tokens_of_ana["refresh_token"]}

    assert sorted(_at_once(app, "/auth/refresh", body)) == [200, 401]
    with app.app_context(), transaction() as session:
        spent_at = session.get_one(RefreshToken, sha256_of(body["refresh_token"])).spent_at
        assert spent_at is not None


@pytest.mark.parametrize("token", ["x", "é", "x" * 1024, "' OR 1=1 --"])
def test_an_unknown_token_is_nobodys(post, world, token):
    answer = post("/auth/refresh", {"refresh_token": token})

    assert answer.status_code == 401
    assert slug(answer) == "not-signed-in"


def test_s11_a_lost_answer_is_given_again_for_ten_seconds_to_who_asked(
    client, post, tokens_of_ana, clock
):
    first = {"refresh_token": tokens_of_ana["refresh_token"]}
    hers = {"headers": {"Idempotency-Key": "of her phone"}}
    lost = post("/auth/refresh", first, **hers).json
    clock.pass_time(seconds=9)

    again = post("/auth/refresh", first, **hers)

    assert (again.status_code, again.json["refresh_token"]) == (200, lost["refresh_token"])
    third = post("/auth/refresh", {"refresh_token": lost["refresh_token"]})
    assert third.status_code == 200
    # The answer has arrived since: whoever asks once more is somebody else.
    assert slug(post("/auth/refresh", first, **hers)) == "token-reused"


@pytest.mark.parametrize(("key", "seconds"), [("of her phone", 10), ("a guess", 1), ("", 1)])
def test_s10_a_spent_token_of_another_or_too_late_kills_the_family(
    client, post, tokens_of_ana, clock, key, seconds
):
    first = {"refresh_token": tokens_of_ana["refresh_token"]}
    second = post("/auth/refresh", first, headers={"Idempotency-Key": "of her phone"}).json
    clock.pass_time(seconds=seconds)

    again = post("/auth/refresh", first, headers={"Idempotency-Key": key})

    assert slug(again) == "token-reused"
    assert post("/auth/refresh", {"refresh_token": second["refresh_token"]}).status_code == 401
    headers = bearer(second["access_token"])
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_s11_twenty_at_once_with_one_key_all_get_the_same_next_token(app, world, tokens_of_ana):
    body = {"refresh_token": tokens_of_ana["refresh_token"]}

    def send(_n):
        answer = app.test_client().post(
            "/api/v1/auth/refresh", json=body, headers={"Idempotency-Key": "of her phone"}
        )
        return answer.json["refresh_token"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(20)))) == 1


def test_s15_thirty_days_of_silence_or_ninety_in_all_end_a_sign_in(post, tokens_of_ana, clock):
    token = tokens_of_ana["refresh_token"]
    for _ in range(3):
        clock.pass_time(days=29)
        answer = post("/auth/refresh", {"refresh_token": token})
        assert answer.status_code == 200
        token = answer.json["refresh_token"]
    clock.pass_time(days=3)

    assert post("/auth/refresh", {"refresh_token": token}).status_code == 401


def test_s15_a_month_of_silence_ends_a_sign_in(post, tokens_of_ana, clock):
    clock.pass_time(days=30)
    late = post("/auth/refresh", {"refresh_token": tokens_of_ana["refresh_token"]})

    assert late.status_code == 401


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(client, post, tokens_of_ana):
    swapped = post("/auth/refresh", {"refresh_token": tokens_of_ana["access_token"]})

    assert swapped.status_code == 401
    headers = bearer(tokens_of_ana["refresh_token"])
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_only_hashes_of_tokens_are_kept(app, tokens_of_ana):
    with app.app_context(), db.engine.connect() as connection:
        kept = connection.execute(sa.select(RefreshToken.__table__)).all()

    assert tokens_of_ana["refresh_token"] not in repr(kept)
    assert sha256_of(tokens_of_ana["refresh_token"]) in repr(kept)


# -- Devices


def test_signing_out_ends_this_device_at_once(client, post, tokens_of_ana):
    headers = bearer(tokens_of_ana["access_token"])

    assert client.post("/api/v1/auth/logout", headers=headers).status_code == 204

    assert client.get("/api/v1/me", headers=headers).status_code == 401
    refused = post("/auth/refresh", {"refresh_token": tokens_of_ana["refresh_token"]})
    assert refused.status_code == 401


def test_her_devices_are_listed_newest_first_and_cut_off_one_by_one(
    client, post, call, world, ana_can_sign_in, clock
):
    clock.pass_time(hours=1)
    phone = post("/auth/login", ANA | {"device_name": "Ana's phone"}).json
    headers = bearer(phone["access_token"])

    listed = client.get("/api/v1/auth/sessions", headers=headers).json["items"]

    assert [entry["device_name"] for entry in listed] == ["Ana's phone", None]
    assert [entry["is_this_one"] for entry in listed] == [True, False]
    cut = client.delete(f"/api/v1/auth/sessions/{listed[1]['id']}", headers=headers)
    assert cut.status_code == 204
    assert call("ana", "GET /me").status_code == 401
    again = client.delete(f"/api/v1/auth/sessions/{listed[1]['id']}", headers=headers)
    assert again.status_code == 204


def test_devices_are_paged(client, post, ana_can_sign_in, clock):
    for _ in range(3):
        clock.pass_time(minutes=1)
        token = post("/auth/login", ANA).json["access_token"]

    first = client.get("/api/v1/auth/sessions?limit=3", headers=bearer(token)).json
    rest = client.get(
        f"/api/v1/auth/sessions?limit=3&cursor={first['next_cursor']}", headers=bearer(token)
    ).json

    assert len(first["items"]) == 3
    assert len(rest["items"]) == 1
    assert rest["next_cursor"] is None


def test_nobody_cuts_off_somebody_elses_device(call, world):
    answer = call("ben", f"DELETE /auth/sessions/{world['ana'].session_id}")

    assert answer.status_code == 404
    assert call("ana", "GET /me").status_code == 200


def test_signing_in_starts_a_new_session_every_time(app, post, ana_can_sign_in, world):
    post("/auth/login", ANA)
    post("/auth/login", ANA)

    with app.app_context(), transaction() as session:
        found = session.scalars(
            sa.select(DeviceSession).where(DeviceSession.account_id == world["ana"].account_id)
        ).all()
    assert len({device.id for device in found}) == 3


def _at_once(app, path, body, times=2):
    def send(_n):
        return app.test_client().post(f"/api/v1{path}", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(send, range(times)))


def _without_instance(answer):
    return {name: value for name, value in answer.json.items() if name != "instance"}
