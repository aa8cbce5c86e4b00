"""The key a browser subscribes with."""

import re

from click.testing import CliRunner

from service.cli import main
from service.notify.push.vapid import VapidKey
from tests.conftest import MASTER_KEYS, SECRET


def test_a_browser_is_given_the_public_half(app, call, monkeypatch):
    key = VapidKey.new()
    monkeypatch.setitem(app.config, "VAPID_PRIVATE_KEY", key.private_text)

    answer = call("ana", "GET /me/push-key")

    assert answer.status_code == 200
    assert answer.json == {"public_key": key.public_text}
    assert re.fullmatch(r"B[A-Za-z0-9_-]{86}", key.public_text)


def test_a_site_without_web_push_says_so(call):
    answer = call("ana", "GET /me/push-key")
    assert answer.status_code == 404
    assert answer.json["type"].endswith("/no-web-push")


def test_it_is_for_those_who_have_signed_in(call):
    assert call(None, "GET /me/push-key").status_code == 401


def test_a_new_key_is_the_setting_and_its_public_half():
    done = CliRunner().invoke(main, ["vapid-key"])
    assert done.exit_code == 0
    setting, public = done.output.splitlines()
    key = VapidKey.from_text(setting.removeprefix("VAPID_PRIVATE_KEY="))
    assert public.endswith(f" {key.public_text}")
    assert CliRunner().invoke(main, ["vapid-key"]).output != done.output


def test_a_key_that_is_none_stops_the_start(tmp_path):
    env = {
        "SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite",
        "VAPID_PRIVATE_KEY": "none of a key", "VAPID_SUBJECT": "mailto:it@harbor.example",
    }  # fmt: skip
    done = CliRunner().invoke(main, ["jobs"], env=env)
    assert done.exit_code == 1
    assert done.stderr == "Error: VAPID_PRIVATE_KEY: not base64url\n"
