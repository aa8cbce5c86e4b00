"""The ways out of a site: built from its settings, or a start that says what is wrong."""

import dataclasses
import json
import logging

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from service.config import Config
from service.environment import BadConfig
from service.notify.channels import ConsoleChannel
from service.notify.mail import MailChannel
from service.notify.push.channel import PushChannel
from service.notify.push.vapid import VapidKey
from service.notify.ways_out import channels_from
from tests.conftest import MASTER_KEYS, SECRET, FixedClock

ENV = {"SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS}
HIDDEN = "hunter2hunter2"


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    fcm = {
        "project_id": "p", "client_email": "a@p.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
        "private_key": pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)).decode(),
    }  # fmt: skip
    (folder / "fcm.json").write_text(json.dumps(fcm))
    (folder / "apns.p8").write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    (folder / "bad").write_text(HIDDEN)
    return folder


@pytest.fixture
def whole(files):
    """Every provider there is."""
    return ENV | {
        "VAPID_PRIVATE_KEY": VapidKey.new().private_text,
        "VAPID_SUBJECT": "mailto:it@harbor.example",
        "FCM_CREDENTIALS_FILE": str(files / "fcm.json"),
        "APNS_KEY_FILE": str(files / "apns.p8"), "APNS_KEY_ID": "K", "APNS_TEAM_ID": "T",
        "APNS_TOPIC": "org.example.waymark", "SMTP_URL": f"smtp://waymark:{HIDDEN}@mail.example",
        "MAIL_FROM": "Waymark <no-reply@harbor.example>",
    }  # fmt: skip


def built(env):
    settings = dataclasses.asdict(Config.from_env(env))
    return channels_from(settings, FixedClock(), lambda message: None)


def test_a_site_with_every_provider_uses_them(whole, caplog):
    channels = built(whole)
    assert isinstance(channels["push"], PushChannel)
    assert isinstance(channels["email"], MailChannel)
    assert caplog.text == ""


def test_a_site_with_none_writes_lines_and_says_so_once(caplog):
    channels = built(ENV)
    assert isinstance(channels["push"], ConsoleChannel)
    assert isinstance(channels["email"], ConsoleChannel)
    told = [record.getMessage().partition(" ")[0] for record in caplog.records]
    assert told[:3] == ["VAPID_PRIVATE_KEY", "FCM_CREDENTIALS_FILE", "APNS_KEY_FILE"]
    assert "SMTP_URL" in told
    assert all(record.levelno == logging.WARNING for record in caplog.records)


def test_what_is_missing_beside_others_is_named_once(whole, caplog):
    del whole["FCM_CREDENTIALS_FILE"]
    assert isinstance(built(whole)["push"], PushChannel)
    assert caplog.messages == ["FCM_CREDENTIALS_FILE is not set: no pushes to Android phones"]


@pytest.mark.parametrize(
    "missing",
    [
        "VAPID_PRIVATE_KEY", "VAPID_SUBJECT", "APNS_KEY_FILE", "APNS_KEY_ID", "APNS_TEAM_ID",
        "APNS_TOPIC", "SMTP_URL", "MAIL_FROM",
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_empty", [True, False])
def test_half_a_provider_stops_the_start_and_is_named(whole, missing, is_empty):
    if is_empty:
        whole[missing] = ""
    else:
        del whole[missing]
    with pytest.raises(BadConfig, match=f"^{missing}: needed beside "):
        built(whole)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("VAPID_PRIVATE_KEY", HIDDEN, "not 32 bytes in base64url"),
        ("VAPID_PRIVATE_KEY", "A" * 43, ""),
        ("VAPID_PRIVATE_KEY", "_" * 43, ""),
        ("VAPID_PRIVATE_KEY", "not base64!", "not base64url"),
        ("VAPID_SUBJECT", "it@harbor.example", "must begin with mailto: or https://"),
        ("WEB_PUSH_HOSTS", "https://push.example.org", "must be host names"),
        ("WEB_PUSH_HOSTS", "push.example.org,*", "must be host names"),
        ("FCM_CREDENTIALS_FILE", "bad", "not JSON"),
        ("FCM_CREDENTIALS_FILE", "nowhere", "the file cannot be read (No such file or directory)"),
        ("APNS_KEY_FILE", "bad", "not a private key"),
        ("APNS_KEY_FILE", "", "needed beside"),
        ("APNS_SANDBOX", "perhaps", "'perhaps' is neither yes nor no"),
        ("SMTP_URL", f"http://u:{HIDDEN}@x", "must begin with smtp://"),
        ("SMTP_URL", f"smtp://u:{HIDDEN}@x:y", "the port is not a number"),
        ("MAIL_FROM", "Waymark", "not an e-mail address"),
    ],
)
def test_a_setting_that_is_unusable_stops_the_start_and_is_named(whole, files, name, value, why):
    whole[name] = str(files / value) if name.endswith("_FILE") and value else value
    with pytest.raises(BadConfig) as raised:
        built(whole)
    assert str(raised.value).startswith(f"{name}: {why}")
    assert HIDDEN not in str(raised.value)


def test_push_services_can_be_named(whole):
    whole["WEB_PUSH_HOSTS"] = "push.example.org, *.push.example.net"
    assert Config.from_env(whole).WEB_PUSH_HOSTS == ("push.example.org", "*.push.example.net")
    assert isinstance(built(whole)["push"], PushChannel)


def test_secrets_stay_out_of_what_is_printed(whole):
    printed = repr(Config.from_env(whole))
    assert HIDDEN not in printed
    assert whole["VAPID_PRIVATE_KEY"] not in printed
