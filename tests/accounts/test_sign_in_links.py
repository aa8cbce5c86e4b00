"""A link from a mail: good once, briefly, and only for whoever asked for it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from service.accounts.models import Account
from service.accounts.passkey_models import Passkey
from service.accounts.session_models import MailedCode
from service.audit.models import AccessLogEntry, Event
from service.db import transaction
from service.notify.models import OutboxMessage
from service.notify.sealed_urls import opened_url
from tests.accounts.conftest import PASSWORD, bearer, slug
from tests.accounts.post_box import letters_in

ANA, NORA = {"email": "ana@example.org"}, {"email": "nora@example.org"}
ASK, REDEEM = "/auth/login/link", "/auth/login/link/redeem"


@pytest.fixture
def letters(app):
    """Return the mails that bring a code, oldest first."""
    return lambda: [one for one in letters_in(app) if one.code]


@pytest.fixture
def asked(post, letters):
    """Ask for a link and return what signs in with it."""

    def asked(who=ANA):
        answer = post(ASK, who)
        assert answer.status_code == 202
        return {"request": answer.json["request"], "code": letters()[-1].code}

    return asked


def refused(answer):
    return (answer.status_code, slug(answer)) == (401, "sign-in-failed")


def test_s24_a_link_signs_in_once(post, client, asked, world):
    link = asked()

    answer = post(REDEEM, link | {"device_name": "Ana's phone"})

    assert answer.status_code == 200
    me = client.get("/api/v1/me", headers=bearer(answer.json["access_token"]))
    assert me.json["email"] == ANA["email"]
    assert refused(post(REDEEM, link))


def test_s24_a_code_is_read_however_it_is_typed(post, asked, world):
    link = asked()

    typed = link["code"].replace("-", " ").lower().replace("0", "o")

    assert post(REDEEM, link | {"code": typed}).status_code == 200


def test_s24_the_mail_alone_opens_nothing_nor_does_another_request(post, asked, world):
    hers, strangers = asked(), asked()
    nobodys = post(ASK, {"email": "nobody@example.org"}).json["request"]
    bens = asked({"email": "ben@example.org"})

    for request in ("guess", "", strangers["request"], nobodys, bens["request"], hers["code"]):
        assert post(REDEEM, hers | {"request": request}).status_code in {401, 422}
    # What was tried elsewhere has not used hers up.
    assert post(REDEEM, hers).status_code == 200


def test_s24_after_five_tries_the_right_code_is_dead_too(post, asked, world):
    link = asked()
    for n in range(5):
        assert refused(post(REDEEM, link | {"code": f"GUESS-{n:02}"}))

    assert refused(post(REDEEM, link))
    assert post(REDEEM, asked()).status_code == 200


def test_s24_the_fifth_try_still_counts(post, asked, world):
    link = asked()
    for _ in range(4):
        assert refused(post(REDEEM, link | {"code": "00000000"}))

    assert post(REDEEM, link).status_code == 200


def test_s24_a_link_runs_out_after_ten_minutes(post, asked, world, clock):
    link = asked()
    clock.pass_time(minutes=10)

    assert refused(post(REDEEM, link))


def test_s24_brought_twice_at_once_it_works_once(app, post, asked, world):
    link = asked()

    def send(_n):
        return app.test_client().post(f"/api/v1{REDEEM}", json=link).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == [200, 401]


def test_s24_of_many_guesses_at_once_five_are_looked_at(app, post, asked, world):
    link = asked()

    def guess(n):
        body = link | {"code": f"0000-{n:04}"}
        return app.test_client().post(f"/api/v1{REDEEM}", json=body).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(guess, range(12))) == {401}
    with app.app_context(), transaction() as session:
        assert session.scalar(sa.select(MailedCode.tries)) == 5


def test_s24_a_new_password_voids_the_links_before_it(call, post, asked, ana_can_sign_in):
    link = asked()
    body = {"password": "three herons on one leg", "current_password": PASSWORD}
    assert call("ana", "POST /auth/password/change", body).status_code == 204

    assert refused(post(REDEEM, link))


def test_s22_the_answer_is_the_same_whether_or_not_there_is_such_an_account(
    app, post, world, letters, clock
):
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["ben"].account_id).disabled_at = clock.now()
        session.get_one(Account, world["olga"].account_id).clinic_id = None
    names = ("ana", "ben", "olga", "nobody")
    answers = [post(ASK, {"email": f"{name}@example.org"}) for name in names]

    assert {answer.status_code for answer in answers} == {202}
    assert {tuple(answer.json) for answer in answers} == {tuple(answers[0].json)}
    assert [len(answer.json["request"]) for answer in answers] == [43] * 4
    assert [letter.recipient_id for letter in letters()] == [world["ana"].account_id]


def test_an_account_closed_in_the_meantime_is_not_opened(app, post, asked, world, clock):
    link = asked()
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["ana"].account_id).disabled_at = clock.now()

    assert refused(post(REDEEM, link))


# -- The second factor


def test_s24_a_link_does_not_go_round_the_second_factor(post, asked, nora_can_sign_in):
    link = asked(NORA)

    assert refused(post(REDEEM, link))
    assert refused(post(REDEEM, link | {"totp_code": "000000"}))
    assert post(REDEEM, link | {"totp_code": nora_can_sign_in.code()}).status_code == 200


def test_s24_nor_does_it_stand_in_for_a_passkey(app, post, asked, world, nora_can_sign_in, clock):
    with app.app_context(), transaction() as session:
        nora = session.get_one(Account, world["nora"].account_id)
        nora.totp_secret = nora.totp_confirmed_at = None
        session.add(
            Passkey(
                account_id=nora.id, credential_id="x", public_key=b"x", sign_count=0, name="x",
                is_synced=False, created_at=clock.now(),
            )
        )  # fmt: skip

    assert refused(post(REDEEM, asked(NORA)))


def test_s24_who_reads_her_mail_cannot_guess_at_her_factor_with_link_after_link(
    post, asked, nora_can_sign_in
):
    answers = []
    for n in range(4):
        link = asked(NORA)
        there = {"REMOTE_ADDR": f"198.51.100.{n}"}
        answers += [
            post(REDEEM, link | {"totp_code": "000000"}, environ_overrides=there).status_code
            for _ in range(4)
        ]

    # Ten mistakes are free, as with a password; then the account waits.
    assert answers == [401] * 10 + [429] * 6
    # What is refused has not used the link up: it counts when the wait is over.
    nora_can_sign_in.clock.pass_time(seconds=30)
    body = link | {"totp_code": nora_can_sign_in.code()}
    assert post(REDEEM, body).status_code == 200


def test_s21_guesses_at_her_password_do_not_keep_her_link_waiting(post, asked, ana_can_sign_in):
    for n in range(11):
        there = {"REMOTE_ADDR": f"198.51.100.{n}"}
        answer = post("/auth/login", ANA | {"password": "a guess"}, environ_overrides=there)
    assert answer.status_code == 429

    assert post(REDEEM, asked()).status_code == 200


def test_a_link_is_no_fresh_sign_in(post, client, asked, ana_can_sign_in):
    headers = bearer(post(REDEEM, asked()).json["access_token"])

    begun = client.post("/api/v1/auth/totp", headers=headers)
    assert (begun.status_code, slug(begun)) == (403, "step-up-needed")
    proved = client.post("/api/v1/auth/step-up", json={"password": PASSWORD}, headers=headers)
    again = client.post("/api/v1/auth/totp", headers=bearer(proved.json["access_token"]))

    assert again.status_code == 200


# -- What is told, noted and kept


def test_s19_a_link_on_a_new_device_is_told_of(app, post, asked, world):
    post(REDEEM, asked() | {"device_name": "lost"})

    assert [one.text.startswith("Your account was signed in to") for one in letters_in(app)] == [
        False, True,
    ]  # fmt: skip


def test_a_link_is_in_the_access_log_and_so_is_one_refused(app, post, asked, world):
    link = asked()
    post(REDEEM, link | {"code": "00000000"})
    post(REDEEM, link | {"request": "somebody else"})
    post(REDEEM, link)

    with app.app_context(), transaction() as session:
        noted = session.execute(
            sa.select(AccessLogEntry.action, AccessLogEntry.account_id)
            .where(AccessLogEntry.route == "sign-in-links.redeem")
            .order_by(AccessLogEntry.id)
        ).all()
    ana = world["ana"].account_id
    assert [action for action, _ in noted] == [Event.REFUSED, Event.REFUSED, Event.SIGN_IN]
    assert [account == ana for _, account in noted] == [True, False, True]


def test_s18_neither_code_nor_secret_stands_in_an_address_a_log_or_the_database(
    app, post, asked, world, caplog
):
    caplog.set_level("DEBUG")
    link = asked()
    bare = link["code"].replace("-", "")
    with app.app_context(), transaction() as session:
        row = session.execute(sa.select(MailedCode.__table__)).one()
        message = session.scalars(sa.select(OutboxMessage)).one()
        url = opened_url(message.recipient_id, message.body)
        kept = f"{row} {message.body} {message.title} {message.collapse_key}"
    post(REDEEM, link)

    path, _, code = url.partition("#")
    assert code == link["code"]
    for secret in (link["code"], bare, link["request"]):
        assert secret not in kept
        assert secret not in path
        assert secret not in caplog.text


def test_s21_nobody_is_mailed_links_without_end(post, world, letters):
    for n in range(21):
        there = {"REMOTE_ADDR": f"198.51.100.{n}"}
        answer = post(ASK, ANA, environ_overrides=there)

    assert answer.status_code == 429
    assert len(letters()) == 20


def test_the_mail_says_that_the_code_is_for_nobody_else(asked, letters, world):
    asked()
    (letter,) = letters()

    assert "Give the eight characters to nobody." in letter.text
    assert letter.lasts_seconds == 600
