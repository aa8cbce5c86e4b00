"""The pages of passkeys, without the browser that makes them."""

import json

import pytest

from tests.accounts.authenticator import Authenticator
from tests.dashboard.conftest import OURS, readable


@pytest.fixture(autouse=True)
def named_site(app):
    before = app.config["PUBLIC_URL"]
    app.config["PUBLIC_URL"] = "https://waymark.test"
    yield
    app.config["PUBLIC_URL"] = before


def add(browser, key, name="Ward laptop"):
    credential = key.make(browser.post("/passkeys/options").json)
    return browser.post("/passkeys", {"name": name, "credential": json.dumps(credential)})


def sign_in(browser, key, **form):
    credential = key.sign(browser.post("/sign-in/passkey/options").json)
    return browser.post("/sign-in/passkey", {"credential": json.dumps(credential), **form})


def test_s23_a_passkey_is_added_named_used_and_removed(browse, stranger):
    nora, key = browse("nora"), Authenticator()
    assert add(nora, key, name="").status_code == 422
    assert add(nora, key).headers["Location"] == "/passkeys?done=added"
    [row] = nora.get("/passkeys").get_data(as_text=True).split("/rename")[:-1]
    path = f"/passkeys/{row.rpartition('/')[2]}"
    assert nora.post(f"{path}/rename", {"name": "Old laptop"}).status_code == 303
    assert "Old laptop" in nora.text("/passkeys")

    answer = sign_in(stranger, key, next="/sessions")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sessions")
    assert stranger.get("/").status_code == 200
    assert browse("omar").post(f"{path}/remove").status_code == 404
    assert nora.post(f"{path}/remove").status_code == 303
    assert stranger.get("/").status_code == 303
    assert sign_in(stranger, key).status_code == 401


def test_only_staff_come_in_here_and_only_from_a_page_of_ours(call, stranger):
    key = Authenticator()
    made = key.make(call("ana", "POST /auth/passkeys/options").json["public_key"])
    body = {"name": "Phone", "credential": made}
    assert call("ana", "POST /auth/passkeys", body).status_code == 201

    assert "for the care team" in readable(sign_in(stranger, key))
    for nonsense in ("", "{", "[]", '{"response": {}}'):
        answer = stranger.post("/sign-in/passkey", {"credential": nonsense})
        assert answer.status_code == 401
    forged = {"headers": OURS | {"Sec-Fetch-Site": "cross-site"}}
    assert stranger.post("/sign-in/passkey/options", **forged).status_code == 403


def test_whoever_signed_in_long_ago_proves_herself_first(browse, clock):
    nora = browse("nora")
    clock.pass_time(minutes=6)

    answer = nora.get("/passkeys")
    assert (answer.status_code, answer.location) == (303, "/step-up?next=%2Fpasskeys")
    assert nora.post("/passkeys/options").location.startswith("/step-up?")
