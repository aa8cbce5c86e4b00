"""Passkeys: added, used, forged, replayed, copied, removed."""

from typing import Any

import pytest
import sqlalchemy as sa

from service.accounts.models import Account
from service.db import transaction
from service.notify.models import OutboxMessage
from tests.accounts.authenticator import PRESENT, Authenticator
from tests.accounts.conftest import PASSWORD, bearer, slug


@pytest.fixture(autouse=True)
def named_site(app):
    """A passkey is for a name: the site has one here."""
    before = app.config["PUBLIC_URL"]
    app.config["PUBLIC_URL"] = "https://waymark.test"
    yield
    app.config["PUBLIC_URL"] = before


@pytest.fixture
def add(call):
    """Add a passkey of somebody's and return the answer."""

    def add(name: str, authenticator: Authenticator, options: Any = None) -> Any:
        if options is None:
            options = call(name, "POST /auth/passkeys/options").json["public_key"]
        body = {"name": "Laptop", "credential": authenticator.make(options)}
        return call(name, "POST /auth/passkeys", body)

    return add


@pytest.fixture
def asked(post):
    """Ask for a challenge to sign in with."""
    return lambda: post("/auth/login/passkey/options", {}).json["public_key"]


@pytest.fixture
def sign_in(post, asked):
    """Sign in with a passkey."""

    def sign_in(authenticator: Authenticator, options: Any = None) -> Any:
        signed = authenticator.sign(options or asked())
        return post("/auth/login/passkey", {"credential": signed, "device_name": "Phone"})

    return sign_in


@pytest.fixture
def change(app, world):
    """Change something of an account."""

    def change(name: str, **columns: Any) -> None:
        with app.app_context(), transaction() as session:
            account = session.get_one(Account, world[name].account_id)
            for column, value in columns.items():
                setattr(account, column, value)

    return change


def test_s23_a_passkey_alone_lets_staff_in_as_with_both_factors(
    app, client, call, add, sign_in, change, post, cheap_passwords, world
):
    change("nora", totp_confirmed_at=None, password_hash=cheap_passwords.hash(PASSWORD))
    assert slug(call("nora", "GET /panel")) == "second-factor-needed"
    key = Authenticator()

    added = add("nora", key)

    assert added.status_code == 201, added.json
    assert added.json["name"] == "Laptop"
    # Where it was added she has proved herself as well as where she signs in with it.
    assert call("nora", "GET /panel").status_code == 200
    answer = sign_in(key)
    assert answer.status_code == 200, answer.json
    here = bearer(answer.json["access_token"])
    assert client.get("/api/v1/panel", headers=here).status_code == 200
    (kept,) = client.get("/api/v1/auth/passkeys", headers=here).json["items"]
    assert kept["last_used_at"] is not None
    # Nobody gets round it with the password, not even to set up a second factor of her own.
    known = {"email": "nora@example.org", "password": PASSWORD}
    assert slug(post("/auth/login", known)) == "sign-in-failed"
    # Once the phone that has it is lost, her administrator takes it away.
    nora = world["nora"].account_id
    assert call("ada", f"POST /staff/{nora}/second-factor/reset").status_code == 204
    assert slug(sign_in(key)) == "sign-in-failed"
    assert post("/auth/login", known).status_code == 200


def test_s23_what_is_forged_replayed_or_copied_is_refused(add, asked, sign_in, post, clock):
    key = Authenticator()
    assert add("ana", key).status_code == 201
    bad = {
        "another site's page": {"origin": "https://waymark.test.evil.example"},
        "another site's passkey": {"rp_id": "evil.example"},
        "nobody unlocked it": {"flags": PRESENT},
        "another key": {"key": Authenticator().key},
        "somebody else's": {"user_handle": "AAAAAAAAAAAAAAAAAAAAAA"},
        "no key of ours": {"credential_id": b"unknown"},
    }
    for why, changes in bad.items():
        forged = Authenticator(
            **{"credential_id": key.credential_id, "key": key.key, "count": key.count,
               "user_handle": key.user_handle, **changes}
        )  # fmt: skip
        assert slug(sign_in(forged)) == "sign-in-failed", why
        clock.pass_time(minutes=1)

    options = asked()
    assert sign_in(key, options).status_code == 200
    assert slug(sign_in(key, options)) == "sign-in-failed", "a challenge is good once"
    late = asked()
    clock.pass_time(minutes=5)
    assert slug(sign_in(key, late)) == "sign-in-failed", "a challenge is good for five minutes"
    copied = Authenticator(
        credential_id=key.credential_id, key=key.key, user_handle=key.user_handle, count=0
    )
    assert slug(sign_in(copied)) == "sign-in-failed", "its counter has not gone on"
    key.count = 100
    assert sign_in(key).status_code == 200


def test_a_passkey_is_added_for_this_site_only_and_in_answer_to_ones_own_challenge(
    call, add, asked, clock
):
    ask = "POST /auth/passkeys/options"
    hers = call("ana", ask).json["public_key"]

    assert slug(add("nora", Authenticator(), hers)) == "passkey-refused"
    assert slug(add("ana", Authenticator(), {**asked(), "user": hers["user"]})) == "passkey-refused"
    assert slug(add("ana", Authenticator(origin="https://evil.example"))) == "passkey-refused"
    assert slug(add("ana", Authenticator(rp_id="evil.example"))) == "passkey-refused"
    assert slug(add("ana", Authenticator(flags=PRESENT))) == "passkey-refused"
    key = Authenticator()
    assert add("ana", key, hers).status_code == 201
    assert slug(add("ana", Authenticator(), hers)) == "passkey-refused"
    assert slug(add("nora", key)) == "passkey-known"
    excluded = call("ana", ask).json["public_key"]["excludeCredentials"]
    assert len(excluded) == 1
    clock.pass_time(minutes=6)
    assert slug(call("ana", ask)) == "step-up-needed"


def test_s12_a_removed_passkey_opens_nothing_and_other_devices_are_signed_out(
    app, client, call, add, sign_in, change, world
):
    change("nora", totp_confirmed_at=None)
    key, spare = Authenticator(), Authenticator()
    first = f"/auth/passkeys/{add('nora', key).json['id']}"
    assert slug(call("nora", f"DELETE {first}")) == "last-second-factor"
    assert add("nora", spare).status_code == 201
    elsewhere = bearer(sign_in(key).json["access_token"])
    assert call("ana", f"DELETE {first}").status_code == 404
    assert call("nora", f"PATCH {first}", {"name": "Old phone"}).json["name"] == "Old phone"

    assert call("nora", f"DELETE {first}").status_code == 204

    assert slug(sign_in(key)) == "sign-in-failed"
    assert client.get("/api/v1/me", headers=elsewhere).status_code == 401
    assert sign_in(spare).status_code == 200
    with app.app_context(), transaction() as session:
        mails = session.scalars(
            sa.select(OutboxMessage).where(
                OutboxMessage.recipient_id == world["nora"].account_id
            ).order_by(OutboxMessage.created_at, OutboxMessage.id)
        ).all()  # fmt: skip
        assert sorted(mail.body["text"].split(".")[0] for mail in mails) == [
            "A passkey was added to your account", "A passkey was added to your account",
            "A passkey was removed from your account",
            "Your account was signed in to in the Waymark app, on a device it has not been used on "
            "lately",
        ]  # fmt: skip


def test_what_makes_no_sense_is_refused_in_plain_words(call, add, post, asked):
    credential = Authenticator().make(call("ana", "POST /auth/passkeys/options").json["public_key"])
    for part in ("clientDataJSON", "attestationObject"):
        for nonsense in ("A", "!", "e30", "W10", "bnVsbA", "9w", "8J-YgA", "ow", "a2" * 9000):
            body = {"name": "X", "credential": {
                **credential, "response": {**credential["response"], part: nonsense}}}  # fmt: skip
            assert call("ana", "POST /auth/passkeys", body).status_code == 422, (part, nonsense)
    assert post("/auth/login/passkey", {"credential": credential}).status_code == 422


def test_a_site_without_a_name_has_no_passkeys(app, call, post):
    app.config["PUBLIC_URL"] = "http://127.0.0.1:8000"

    assert slug(call("ana", "POST /auth/passkeys/options")) == "no-passkeys"
    assert slug(post("/auth/login/passkey/options", {})) == "no-passkeys"
