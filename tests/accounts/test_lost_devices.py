"""A phone that is in the wrong hands, and an app that is too old."""

import pytest

from service.config import Config
from service.environment import BadConfig
from tests.accounts.conftest import PASSWORD
from tests.conftest import MASTER_KEYS, SECRET

ANA = {"email": "ana@example.org", "password": PASSWORD, "device_name": "lost"}


def test_s96_a_lost_phone_is_told_to_forget_and_opens_nothing(post, ana_can_sign_in, call, client):
    lost = post("/auth/login", ANA).json
    bearer = {"Authorization": f"Bearer {lost['access_token']}"}
    [its] = [
        one
        for one in call("ana", "GET /auth/sessions").json["items"]
        if one["device_name"] == "lost"
    ]
    assert call("ben", f"DELETE /auth/sessions/{its['id']}?wipe=true").status_code == 404
    assert client.get("/api/v1/me", headers=bearer).status_code == 200

    assert call("ana", f"DELETE /auth/sessions/{its['id']}?wipe=true").status_code == 204

    told = [
        client.get("/api/v1/me", headers=bearer),
        client.post("/api/v1/patients/me/notes", headers=bearer, json={}),
        post("/auth/refresh", {"refresh_token": lost["refresh_token"]}),
    ]
    assert [answer.status_code for answer in told] == [410] * 3
    assert {answer.json["type"].rpartition("/")[2] for answer in told} == {"wipe"}
    assert call("ana", "GET /me").status_code == 200


def test_s96_an_app_that_is_too_old_is_asked_to_update(app, call):
    assert call("ana", "GET /me", headers={"App-Version": "1.0"}).status_code == 200
    app.config["OLDEST_APP"] = (2, 1)
    try:
        answers = {
            version: call("ana", "GET /me", headers={"App-Version": version} if version else {})
            for version in (
                "1.9.9",
                "2",
                "2.0.9",
                "2.1",
                "2.1.0",
                "2.10",
                "3",
                "x",
                "-1",
                "9" * 99,
                "",
            )
        }
    finally:
        app.config["OLDEST_APP"] = None
    refused = {version for version, answer in answers.items() if answer.status_code == 426}
    # Whoever says no version is no app of ours: a browser, a script, other people's software.
    assert refused == {"1.9.9", "2", "2.0.9", "x", "-1", "9" * 99}
    assert answers["2"].json["type"].endswith("/app-too-old")


def test_s96_the_oldest_app_is_a_version(tmp_path):
    env = {
        "SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS,
        "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite",
    }  # fmt: skip
    assert Config.from_env({**env, "OLDEST_APP": "2.1"}).OLDEST_APP == (2, 1)
    with pytest.raises(BadConfig, match="OLDEST_APP"):
        Config.from_env({**env, "OLDEST_APP": "two"})
