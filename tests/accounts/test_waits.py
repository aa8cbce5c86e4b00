"""Whoever guesses waits, longer after each mistake; nobody else does, and nobody for good."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.accounts import throttle
from service.accounts.session_actions import sign_out_everywhere
from service.accounts.session_models import AttemptWindow
from service.accounts.throttle_rules import ACCOUNT, DEVICE, next_try_at, of_addresses
from service.app import create_app
from service.config import Config
from service.db import db, transaction
from tests.accounts.conftest import PASSWORD, bearer, slug
from tests.conftest import MONDAY_MORNING, SECRET

ANA = {"email": "ana@example.org", "password": PASSWORD}
GUESS = ANA | {"password": "guessing"}
BEN = {"email": "ben@example.org", "password": "guessing"}
HOUR = timedelta(hours=1)


@pytest.fixture
def guess(app, clock, world):
    """Guess once at every account named, from the addresses beside them; return what was counted.

    Each guess is wrong.  ``patient`` waits as long as it is told, up to an hour, before it
    guesses again.
    """

    def guess(guesses, *, patient=False):
        looked_at = 0
        with app.app_context(), transaction() as session:
            for email, address in guesses:
                counters = (throttle.of_address(address, most=20), throttle.of_account(email))
                tried = throttle.begin(session, *counters, most=20, now=clock.now())
                looked_at += not tried.wait
                if patient and 0 < tried.wait <= HOUR.total_seconds():
                    clock.pass_time(seconds=tried.wait)
        return looked_at

    return guess


def test_s21_how_long_one_waits_after_how_many_mistakes():
    over_at = MONDAY_MORNING + ACCOUNT.within

    def minutes(mistakes, budget=ACCOUNT, over_at=over_at):
        at = next_try_at(budget, mistakes, over_at=over_at, now=MONDAY_MORNING)
        return at and (at - MONDAY_MORNING) / timedelta(minutes=1)

    assert [minutes(n) for n in (1, 9, 10, 11, 12)] == [None, None, 0.5, 1, 2]
    assert [minutes(n) for n in (16, 17, 99)] == [32, 60, 60]  # an hour is the longest
    assert minutes(100) == minutes(5000) == 30 * 24 * 60  # until all of them are forgotten
    assert [minutes(n, DEVICE) for n in (4, 5, 19, 20)] == [None, 0.5, 60, 30 * 24 * 60]
    soon = MONDAY_MORNING + timedelta(minutes=5)
    assert [minutes(n, of_addresses(20), soon) for n in (19, 20, 25)] == [None, 0.5, 5]


def test_s21_of_a_thousand_guesses_at_one_account_from_one_address_ten_are_looked_at(guess):
    assert guess([("ana", "198.51.100.7")] * 1000) == 10


def test_s21_whoever_waits_as_told_has_a_hundred_guesses_in_a_month(guess, clock):
    begun = clock.now()
    everywhere = [("ana", f"198.51.{n // 200}.{n % 200}") for n in range(220)]
    assert guess(everywhere, patient=True) == 100
    assert clock.now() - begun < timedelta(days=5)
    assert guess(everywhere[:20]) == 0
    # It is not for good: a month after the first mistake all of them are forgotten.
    clock.moment = begun + timedelta(days=30)
    assert guess(everywhere[:20]) == 10


def test_s21_one_account_from_two_hundred_addresses(guess):
    assert guess([("ana", f"198.51.100.{n}") for n in range(200)]) == 10


def test_s21_two_hundred_accounts_from_one_address(app, guess, clock):
    everybody = [(f"{n}@example.org", "198.51.100.7") for n in range(200)]
    assert guess(everybody) == 20
    with app.app_context(), transaction() as session:
        # Whoever has to wait leaves no row behind for each name she makes up.
        assert session.scalar(sa.select(sa.func.count(AttemptWindow.key))) == 21
    clock.pass_time(minutes=1)
    assert guess(everybody[:5]) == 1
    assert guess([("cleo@example.org", "198.51.100.8")]) == 1
    clock.pass_time(minutes=59)
    assert guess(everybody) == 20


def test_s21_being_right_makes_up_for_ones_own_mistakes_and_not_for_those_of_an_address(
    app, guess, clock, world
):
    guess([("ana", "198.51.100.7")] * 9 + [("ben", "198.51.100.7")] * 10)
    counters = (throttle.of_address("198.51.100.7", most=99), throttle.of_account("ana"))
    with app.app_context(), transaction() as session:
        right = throttle.begin(session, *counters, most=99, now=clock.now())
        throttle.succeed(session, right)
        kept = {row.key: row for row in session.scalars(sa.select(AttemptWindow))}
    address, ana = (kept[one.key] for one in right.spent)
    assert (address.mistakes, address.free_at) == (19, None)
    assert (ana.mistakes, ana.free_at) == (0, None)


def test_s21_the_owner_gets_in_where_she_was_before_while_strangers_wait(
    client, post, ana_can_sign_in, tokens_of_ana, clock
):
    hers = ANA | {"known_device": tokens_of_ana["known_device"]}
    headers = bearer(tokens_of_ana["access_token"])
    assert client.post("/api/v1/auth/logout", headers=headers).status_code == 204
    for n in range(10):
        there = {"REMOTE_ADDR": f"198.51.100.{n}"}
        assert post("/auth/login", GUESS, environ_overrides=there).status_code == 401

    refused = post("/auth/login", ANA)
    assert (refused.status_code, slug(refused)) == (429, "too-many")
    told = [refused.headers[name] for name in ("Retry-After", "RateLimit-Reset")]
    assert told == ["30", "30"]
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert post("/auth/login", hers).status_code == 200
    # That does not make it easier for the others.
    assert post("/auth/login", ANA).status_code == 429
    assert post("/auth/login", BEN).status_code == 401
    clock.pass_time(seconds=30)
    assert post("/auth/login", ANA).status_code == 200


def test_s21_whoever_stole_what_a_device_is_known_by_has_fewer_guesses(
    post, ana_can_sign_in, tokens_of_ana, clock
):
    stolen = GUESS | {"known_device": tokens_of_ana["known_device"]}
    statuses = [post("/auth/login", stolen).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    # Good for no other account, and its waits are not the account's.
    assert post("/auth/login", stolen | {"email": "ben@example.org"}).status_code == 401
    assert post("/auth/login", ANA).status_code == 200


@pytest.mark.parametrize("how", ["forged", "another's", "cut off", "wiped", "reset", "too old"])
def test_s21_what_is_not_known_as_hers_waits_with_the_strangers(
    app, client, call, world, post, ana_can_sign_in, tokens_of_ana, clock, how
):
    token = tokens_of_ana["known_device"]
    if how == "forged":
        token = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    if how == "another's":
        token = app.extensions["tokens"].sign(
            world["ben"].session_id, kind="known", expires_at=clock.now() + HOUR
        )
    if how in {"cut off", "wiped"}:
        [phone] = [
            one["id"] for one in call("ana", "GET /auth/sessions").json["items"]
            if not one["is_this_one"]
        ]  # fmt: skip
        wipe = "?wipe=true" if how == "wiped" else ""
        assert call("ana", f"DELETE /auth/sessions/{phone}{wipe}").status_code == 204
    if how == "reset":
        with app.app_context(), transaction() as session:
            sign_out_everywhere(
                session, world["ana"].account_id, because="password-reset", now=clock.now()
            )
    if how == "too old":
        clock.pass_time(days=90)
    for n in range(10):
        post("/auth/login", GUESS, environ_overrides={"REMOTE_ADDR": f"198.51.100.{n}"})

    assert post("/auth/login", ANA | {"known_device": token}).status_code == 429


def test_s21_an_address_nobody_has_waits_as_one_that_somebody_has(post, ana_can_sign_in, clock):
    def seen(email):
        answers = []
        for n in range(14):
            there = {"REMOTE_ADDR": f"198.51.100.{n}"}
            body = {"email": email, "password": "guessing"}
            answer = post("/auth/login", body, environ_overrides=there)
            answers.append((answer.status_code, answer.headers.get("Retry-After"), slug(answer)))
            clock.pass_time(seconds=20 if n > 10 else 0)
        return answers

    of_ana = seen("ana@example.org")
    assert [status for status, *_ in of_ana] == [401] * 10 + [429] * 3 + [401]
    assert seen("nobody@example.org") == of_ana


def test_s21_a_code_by_mail_ends_the_waiting_on_a_new_phone(
    app, post, ana_can_sign_in, clock, guess, mailed
):
    guess([("ana@example.org", f"198.51.{n // 200}.{n % 200}") for n in range(220)], patient=True)
    assert int(post("/auth/login", ANA).headers["Retry-After"]) > 20 * 24 * 3600
    post("/auth/password/forgot", {"email": "ana@example.org"})
    body = {"code": mailed()[0], "password": "three herons on one leg"}
    assert post("/auth/password/reset", body).status_code == 204

    assert post("/auth/login", ANA | {"password": body["password"]}).status_code == 200


def test_s21_codes_guessed_at_make_an_address_wait_and_a_right_one_does_not(post, world, clock):
    guessed = {"code": "nobody-asked", "password": PASSWORD}
    for _ in range(20):
        assert post("/auth/password/reset", guessed).status_code == 422
    clock.pass_time(minutes=1)
    assert post("/auth/password/reset", guessed).status_code == 422
    refused = post("/auth/password/reset", guessed)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    # Asking for a mail is no guess.
    assert post("/auth/password/forgot", {"email": "ana@example.org"}).status_code == 202


def test_s21_two_workers_count_together_by_the_address_a_proxy_of_ours_says(
    app, database_url, clock, post, ana_can_sign_in
):
    config = Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=database_url, TRUSTED_PROXIES=1)
    second = create_app(config, clock)
    second.extensions["passwords"] = app.extensions["passwords"]
    statuses = []
    for n in range(12):
        said = {"X-Forwarded-For": f"198.51.100.{n}"}
        worker = second.test_client() if n % 2 else app.test_client()
        answer = worker.post("/api/v1/auth/login", json=GUESS, headers=said)
        statuses.append(answer.status_code)
    with second.app_context():
        db.engine.dispose()
    assert statuses == [401] * 10 + [429] * 2
