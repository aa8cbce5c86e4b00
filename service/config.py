"""Settings, read from the environment once, at start-up, and never again."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

# Settings that make sense together only, a line for each provider of messages.
_TOGETHER = (
    ("VAPID_PRIVATE_KEY", "VAPID_SUBJECT"),
    ("APNS_KEY_FILE", "APNS_KEY_ID", "APNS_TEAM_ID", "APNS_TOPIC"),
    ("SMTP_URL", "MAIL_FROM"),
)
# What stands in examples, ours and others', in the place of a secret.
_EXAMPLES = (
    "change", "your-", "your_", "yoursecret", "example", "placeholder", "insert", "0123456789",
    "abcdefgh", "password", "qwerty", "test-secret",
)  # fmt: skip
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class BadConfig(Exception):
    """A setting is missing or unusable; the message names it, so start-up stops there."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every setting the service reads.

    Names are upper case because Flask and its extensions look them up by these names
    (``app.config.from_object``).  Durations are ``timedelta``; nothing is a bare number of
    seconds.  A secret has no default, so a forgotten one fails at start-up, not in use.
    """

    SECRET_KEY: str = field(repr=False)
    SQLALCHEMY_DATABASE_URI: str = field(repr=False)
    PROBLEM_BASE_URL: str = "https://waymark.example/problems/"
    PUBLIC_URL: str = "http://127.0.0.1:8000"

    ACCESS_TOKEN_LIFETIME: timedelta = timedelta(minutes=10)
    REFRESH_TOKEN_LIFETIME: timedelta = timedelta(days=60)
    DASHBOARD_SESSION_LIFETIME: timedelta = timedelta(hours=12)
    # A screen somebody has walked away from; a page that only refreshes itself is no use of it.
    DASHBOARD_IDLE: timedelta = timedelta(minutes=15)
    INVITATION_LIFETIME: timedelta = timedelta(days=14)
    # A site that takes patients without an invitation names its own clinic for them.
    SELF_REGISTRATION: bool = False
    # Off only where there is no TLS at all: the demo on loopback.
    COOKIES_NEED_TLS: bool = True

    # Argon2id; the defaults are the second recommendation of RFC 9106 (64 MiB, three passes).
    PASSWORD_TIME_COST: int = 3
    PASSWORD_MEMORY_KIB: int = 65536

    CALLS_A_MINUTE: int = 600
    SIGN_INS_A_MINUTE: int = 20
    TRUSTED_PROXIES: int = 0

    TICK: timedelta = timedelta(seconds=15)
    LEASE: timedelta = timedelta(seconds=30)
    # How many messages go out over one channel at once.
    SENDERS: int = 16
    HEARTBEAT_LATE_AFTER: timedelta = timedelta(minutes=5)

    # A demo may be set to another day; a site that cares for people may not.
    DEMO_CLOCK_SHIFT: timedelta = timedelta(0)
    # Providers of messages; ``None`` where there is none.  What they hold is checked where the
    # channels are built (``service/notify/ways_out.py``).
    VAPID_PRIVATE_KEY: str | None = field(default=None, repr=False)
    VAPID_SUBJECT: str | None = None
    # Empty for the browsers' own push services.
    WEB_PUSH_HOSTS: tuple[str, ...] = ()
    FCM_CREDENTIALS_FILE: str | None = None
    APNS_KEY_FILE: str | None = None
    APNS_KEY_ID: str | None = None
    APNS_TEAM_ID: str | None = None
    APNS_TOPIC: str | None = None
    APNS_SANDBOX: bool = False
    SMTP_URL: str | None = field(default=None, repr=False)
    MAIL_FROM: str | None = None

    # A site's own knowledge, laid over ours; ``None`` where it goes by ours as shipped.
    KNOWLEDGE_DIR: Path | None = None

    # The oldest version of an app that is let in, by what its ``App-Version`` says.
    OLDEST_APP: tuple[int, ...] | None = None
    # Whom to tell of a hole: ``mailto:`` or ``https:``, shown in ``/.well-known/security.txt``.
    SECURITY_CONTACT: str | None = None

    MAX_CONTENT_LENGTH: int = 1024 * 1024

    # What flask-smorest asks for.
    API_TITLE: str = "Waymark"
    API_VERSION: str = "v1"
    OPENAPI_VERSION: str = "3.1.0"
    OPENAPI_URL_PREFIX: str = "/api/v1"
    OPENAPI_JSON_PATH: str = "openapi.json"

    def __post_init__(self) -> None:
        _refuse_weak(self.SECRET_KEY)
        if urlsplit(self.SQLALCHEMY_DATABASE_URI).scheme not in {"sqlite", "postgresql+psycopg"}:
            raise BadConfig("DATABASE_URL: must begin with sqlite:/// or postgresql://")
        if self.SENDERS < 1:
            raise BadConfig("SENDERS: needs at least 1")
        if not self.DASHBOARD_IDLE:
            raise BadConfig("DASHBOARD_IDLE_MINUTES: needs at least 1")
        if self.DEMO_CLOCK_SHIFT and self.COOKIES_NEED_TLS:
            raise BadConfig("DEMO_CLOCK_SHIFT_SECONDS: is for the demo on loopback alone")
        _refuse_unreadable(self.KNOWLEDGE_DIR)
        _refuse_unreachable(self.SECURITY_CONTACT)
        for names in _TOGETHER:
            missing = [name for name in names if getattr(self, name) is None]
            if missing and len(missing) < len(names):
                given = next(name for name in names if name not in missing)
                raise BadConfig(f"{', '.join(missing)}: needed beside {given}")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Build the settings from environment variables.

        ``DATABASE_URL`` defaults to the embedded database ``sqlite:///waymark.sqlite``.

        Raises:
            BadConfig: a required variable is absent, or one does not say what it should.
        """
        if "SECRET_KEY" not in env:
            raise BadConfig("environment variable SECRET_KEY is not set")
        return cls(
            SECRET_KEY=env["SECRET_KEY"],
            SQLALCHEMY_DATABASE_URI=database_url(
                env.get("DATABASE_URL", "sqlite:///waymark.sqlite")
            ),
            PUBLIC_URL=env.get("PUBLIC_URL", cls.PUBLIC_URL).rstrip("/"),
            SELF_REGISTRATION=_boolean(env, "SELF_REGISTRATION", cls.SELF_REGISTRATION),
            COOKIES_NEED_TLS=_boolean(env, "COOKIES_NEED_TLS", cls.COOKIES_NEED_TLS),
            DASHBOARD_IDLE=timedelta(minutes=_whole(env, "DASHBOARD_IDLE_MINUTES", 15)),
            PASSWORD_TIME_COST=_whole(env, "PASSWORD_TIME_COST", cls.PASSWORD_TIME_COST),
            PASSWORD_MEMORY_KIB=_whole(env, "PASSWORD_MEMORY_KIB", cls.PASSWORD_MEMORY_KIB),
            CALLS_A_MINUTE=_whole(env, "CALLS_A_MINUTE", cls.CALLS_A_MINUTE),
            SIGN_INS_A_MINUTE=_whole(env, "SIGN_INS_A_MINUTE", cls.SIGN_INS_A_MINUTE),
            TRUSTED_PROXIES=_whole(env, "TRUSTED_PROXIES", cls.TRUSTED_PROXIES),
            TICK=timedelta(seconds=_whole(env, "TICK_SECONDS", 15)),
            DEMO_CLOCK_SHIFT=timedelta(seconds=_shift(env, "DEMO_CLOCK_SHIFT_SECONDS")),
            VAPID_PRIVATE_KEY=env.get("VAPID_PRIVATE_KEY") or None,
            VAPID_SUBJECT=env.get("VAPID_SUBJECT") or None,
            WEB_PUSH_HOSTS=tuple(env.get("WEB_PUSH_HOSTS", "").replace(",", " ").split()),
            FCM_CREDENTIALS_FILE=env.get("FCM_CREDENTIALS_FILE") or None,
            APNS_KEY_FILE=env.get("APNS_KEY_FILE") or None,
            APNS_KEY_ID=env.get("APNS_KEY_ID") or None,
            APNS_TEAM_ID=env.get("APNS_TEAM_ID") or None,
            APNS_TOPIC=env.get("APNS_TOPIC") or None,
            APNS_SANDBOX=_boolean(env, "APNS_SANDBOX", cls.APNS_SANDBOX),
            SMTP_URL=env.get("SMTP_URL") or None,
            MAIL_FROM=env.get("MAIL_FROM") or None,
            KNOWLEDGE_DIR=Path(env["KNOWLEDGE_DIR"]) if env.get("KNOWLEDGE_DIR") else None,
            SENDERS=_whole(env, "SENDERS", cls.SENDERS),
            OLDEST_APP=_version(env, "OLDEST_APP"),
            SECURITY_CONTACT=env.get("SECURITY_CONTACT") or None,
        )


def database_url(url: str) -> str:
    """Name the driver: ``postgresql://`` and ``postgres://`` both mean psycopg 3."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _refuse_weak(secret: str) -> None:
    if len(secret) < 32:
        raise BadConfig("SECRET_KEY: needs at least 32 characters")
    if len(set(secret)) < 10 or any(example in secret.casefold() for example in _EXAMPLES):
        raise BadConfig("SECRET_KEY: is an example, or too simple; docs/operators.md makes one")


def _refuse_unreachable(contact: str | None) -> None:
    if contact and (not contact.startswith(("mailto:", "https://")) or " " in contact):
        raise BadConfig("SECURITY_CONTACT: must begin with mailto: or https://")


def _refuse_unreadable(folder: Path | None) -> None:
    if folder is None:
        return
    if not folder.is_absolute():
        raise BadConfig(f"KNOWLEDGE_DIR: {str(folder)!r} must be a whole path, from / on")
    if not folder.is_dir():
        raise BadConfig(f"KNOWLEDGE_DIR: there is no folder {str(folder)!r}")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise BadConfig(f"KNOWLEDGE_DIR: {str(folder)!r} cannot be read")


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise BadConfig(f"{name}: {text!r} is not a whole number")
    return int(text)


def _shift(env: Mapping[str, str], name: str) -> int:
    """Return a whole number that may be negative, 0 where there is none."""
    text = env.get(name, "0")
    return -_whole({name: text[1:]}, name, 0) if text.startswith("-") else _whole(env, name, 0)


def _version(env: Mapping[str, str], name: str) -> tuple[int, ...] | None:
    parts = env.get(name, "").split(".")
    return tuple(_whole({name: part}, name, 0) for part in parts) if env.get(name) else None


def _boolean(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, str(default)).lower()
    if text not in _TRUE | _FALSE:
        raise BadConfig(f"{name}: {text!r} is neither yes nor no")
    return text in _TRUE
