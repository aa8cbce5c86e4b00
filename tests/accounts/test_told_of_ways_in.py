"""Whoever a way in belongs to is told of it by mail: a new device, a new password, a new factor."""

import pyotp
import pytest
import sqlalchemy as sa

from service.accounts.models import Role
from service.db import db, transaction
from service.notify.models import OutboxMessage
from service.notify.sealed_urls import opened_url
from tests.accounts.conftest import PASSWORD, newcomer

ANA = {"email": "ana@example.org", "password": PASSWORD}
NORA = {"email": "nora@example.org", "password": PASSWORD}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
# A first sign-in on a device; the mail is one of them.
SIGN_IN = {"sqlite": 18, "postgresql": 16}
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140.0 Safari/537 Edg/140.0"


@pytest.fixture
def told(app, world):
    """Return what somebody was mailed since the last look, and make sure nobody else was."""
    seen = set()

    def told(name):
        with app.app_context(), transaction() as session:
            new = [
                one
                for one in session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id))
                if one.id not in seen and not one.body.get("sealed_url")
            ]
        seen.update(one.id for one in new)
        for one in new:
            assert (one.recipient_id, one.channel) == (world[name].account_id, "email")
            assert one.patient_id == world[name].patient_id
            assert one.to_staff is (name == "nora")
        return [one.body["text"].split(". If it was not you")[0] for one in new]

    return told


NEW_DEVICE = (
    "Your account was signed in to in the Waymark app, on a device it has not been used on lately"
)


def test_s19_a_device_not_used_for_ninety_days_is_told_of_and_no_other(
    post, told, ana_can_sign_in, clock
):
    phone = ANA | {"device_name": "Ana's phone"}
    assert post("/auth/login", ANA | {"password": "guessing"}).status_code == 401
    assert told("ana") == []
    assert post("/auth/login", phone).status_code == 200
    assert told("ana") == [NEW_DEVICE]
    clock.pass_time(days=89)
    assert post("/auth/login", phone).status_code == 200
    assert told("ana") == []
    assert post("/auth/login", phone | {"device_name": "A tablet"}).status_code == 200
    assert told("ana") == [NEW_DEVICE]
    clock.pass_time(days=90)
    assert post("/auth/login", phone).status_code == 200
    assert told("ana") == [NEW_DEVICE]


def test_s19_a_phone_that_was_wiped_is_new_when_it_comes_back(post, told, call, ana_can_sign_in):
    phone = ANA | {"device_name": "lost"}
    post("/auth/login", phone)
    devices = call("ana", "GET /auth/sessions").json["items"]
    [lost] = [one["id"] for one in devices if one["device_name"] == "lost"]
    assert call("ana", f"DELETE /auth/sessions/{lost}?wipe=true").status_code == 204
    assert told("ana") == [NEW_DEVICE]

    post("/auth/login", phone)

    assert told("ana") == [NEW_DEVICE]


def test_s19_nobody_is_told_of_registering(app, post, world, invited):
    code = invited(role=Role.PATIENT)

    assert post("/auth/register", newcomer(invitation_code=code)).status_code == 201

    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(OutboxMessage)).all() == []


def test_s19_staff_are_told_of_a_browser_they_have_not_used(
    client, post, told, nora_can_sign_in, clock
):
    def sign_in(browser):
        clock.pass_time(minutes=1)
        answer = client.post(
            "/sign-in", data=NORA | {"code": nora_can_sign_in.code()},
            headers={"Sec-Fetch-Site": "same-origin", "User-Agent": browser},
        )  # fmt: skip
        assert answer.status_code == 303
        return told("nora")

    text = "Your account was signed in to on Waymark's pages, in a browser, on a device it has not"
    assert [one.startswith(text) for one in sign_in(FIREFOX)] == [True]
    assert sign_in(FIREFOX) == []
    assert len(sign_in(EDGE)) == 1
    assert "Firefox on Linux" in client.get("/sessions").get_data(as_text=True)


def test_s19_a_new_password_is_told_of_once(app, post, told, ana_can_sign_in):
    post("/auth/password/forgot", {"email": ANA["email"]})
    with app.app_context(), transaction() as session:
        message = session.scalars(sa.select(OutboxMessage)).one()
        code = opened_url(message.recipient_id, message.body).partition("#")[2]
    new = {"code": code, "password": "three herons on one leg"}

    assert post("/auth/password/reset", new).status_code == 204
    assert post("/auth/password/reset", new).status_code == 422

    assert told("ana") == ["Your account has a new password"]


def test_s19_a_changed_second_factor_is_told_of(call, told, nora_can_sign_in, world, clock):
    secret = call("nora", "POST /auth/totp", {}).json["secret"]
    assert told("nora") == []
    body = {"totp_code": pyotp.TOTP(secret).at(clock.moment)}
    assert call("nora", "POST /auth/totp/confirm", body).status_code == 200
    assert told("nora") == ["A new second factor is in force"]
    assert call("nora", "POST /auth/recovery-codes").status_code == 201
    assert told("nora") == ["New recovery codes were made"]
    reset = f"POST /staff/{world['nora'].account_id}/second-factor/reset"
    assert call("ada", reset).status_code == 204
    assert told("nora") == ["An administrator of your clinic has taken your second factor away"]


def test_s19_a_sign_in_costs_one_statement_more_and_a_mail_another(
    app, post, counted, ana_can_sign_in
):
    def sign_in():
        assert post("/auth/login", ANA | {"device_name": "Ana's phone"}).status_code == 200

    first, again = counted(sign_in), counted(sign_in)

    with app.app_context():
        dialect = db.engine.dialect.name
    assert (first, first - again) == (SIGN_IN[dialect], 1)
