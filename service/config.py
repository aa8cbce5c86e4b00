"""Settings, read from the environment once, at start-up, and never again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

from service.config_checks import (
    refuse_bad_keys,
    refuse_half_a_law,
    refuse_open_lines,
    refuse_talkative,
    refuse_unreachable,
    refuse_unreadable,
    refuse_weak,
)
from service.environment import (
    BadConfig,
    boolean,
    shift,
    uuid_of,
    version,
    whole,
    whole_path,
)
from service.sealing import keys_out_of

# Settings that make sense together only, a line for each provider of messages.
_TOGETHER = (
    ("VAPID_PRIVATE_KEY", "VAPID_SUBJECT"),
    ("APNS_KEY_FILE", "APNS_KEY_ID", "APNS_TEAM_ID", "APNS_TOPIC"),
    ("SMTP_URL", "MAIL_FROM"),
    ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"),
)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every setting the service reads.

    Names are upper case because Flask and its extensions look them up by these names
    (``app.config.from_object``).  Durations are ``timedelta``; nothing is a bare number of
    seconds.  A secret has no default, so a forgotten one fails at start-up, not in use.
    """

    SECRET_KEY: str = field(repr=False)
    SQLALCHEMY_DATABASE_URI: str = field(repr=False)
    # Off only where the network to the database is all the site's own.
    DATABASE_TLS: bool = True
    # ``id:base64,…``, the newest first: what the keys of private words are wrapped with.  ``None``
    # makes one of SECRET_KEY, for tests and measurements; the environment has to say.
    MASTER_KEYS: str | None = field(default=None, repr=False)
    PROBLEM_BASE_URL: str = "https://waymark.example/problems/"
    PUBLIC_URL: str = "http://127.0.0.1:8000"
    # Apps that may ask for the site's passkeys besides its own pages.
    PASSKEY_ORIGINS: tuple[str, ...] = ()

    ACCESS_TOKEN_LIFETIME: timedelta = timedelta(minutes=10)
    # So long a phone may be silent and stay signed in, and so long at all.
    REFRESH_TOKEN_LIFETIME: timedelta = timedelta(days=30)
    REFRESH_TOKEN_LONGEST: timedelta = timedelta(days=90)
    DASHBOARD_SESSION_LIFETIME: timedelta = timedelta(hours=12)
    # A screen somebody has walked away from; a page that only refreshes itself is no use of it.
    DASHBOARD_IDLE: timedelta = timedelta(minutes=15)
    INVITATION_LIFETIME: timedelta = timedelta(days=14)
    # A site that takes patients without an invitation names its own clinic for them.
    SELF_REGISTRATION: bool = False
    # Nobody of the team sees a patient before she has said yes; else who was invited is seen
    # until she says no.
    ASK_BEFORE_SHARING: bool = False
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

    # What Prometheus shows to read ``/metrics``; without one only this machine may read it.
    METRICS_TOKEN: str | None = field(default=None, repr=False)
    LOG_LEVEL: str = "INFO"

    # Who vouches for staff (OpenID Connect); checked where it is built
    # (``service/dashboard/sso_provider.py``).
    OIDC_ISSUER: str | None = None
    OIDC_CLIENT_ID: str | None = None
    OIDC_CLIENT_SECRET: str | None = field(default=None, repr=False)
    # What the button calls it.
    OIDC_NAME: str = "your organisation"
    OIDC_CLINIC_ID: UUID | None = None
    # How a token says that a second factor was used: one of these, and all of those.
    OIDC_ACR: tuple[str, ...] = ()
    OIDC_AMR: tuple[str, ...] = ()
    OIDC_MFA_IS_ENFORCED: bool = False

    # A site's own knowledge, laid over ours; ``None`` where it goes by ours as shipped.
    KNOWLEDGE_DIR: Path | None = None

    # Where the heads of the access log's chains are written; ``None`` for nowhere.
    AUDIT_ANCHOR_FILE: Path | None = None

    # Being erased: how long it can be taken back; whether the law has the site keep the record
    # sealed for so many years first, which law that is, and for whose key it is sealed; and a file
    # on another disk that names who was erased, for when a backup is restored.
    ERASURE_WAIT: timedelta = timedelta(days=30)
    RETENTION_MODE: str = "consumer"
    RETENTION_YEARS: int | None = None
    RETENTION_BASIS: str | None = None
    RETENTION_PUBLIC_KEY: str | None = None
    ERASED_LIST_FILE: Path | None = None

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
        refuse_weak(self.SECRET_KEY)
        refuse_bad_keys(self.master_keys)
        if urlsplit(self.SQLALCHEMY_DATABASE_URI).scheme not in {"sqlite", "postgresql+psycopg"}:
            raise BadConfig("DATABASE_URL: must begin with sqlite:/// or postgresql://")
        refuse_open_lines(self.SQLALCHEMY_DATABASE_URI, must_be_tls=self.DATABASE_TLS)
        if self.SENDERS < 1:
            raise BadConfig("SENDERS: needs at least 1")
        if not self.DASHBOARD_IDLE:
            raise BadConfig("DASHBOARD_IDLE_MINUTES: needs at least 1")
        if self.DEMO_CLOCK_SHIFT and self.COOKIES_NEED_TLS:
            raise BadConfig("DEMO_CLOCK_SHIFT_SECONDS: is for the demo on loopback alone")
        refuse_unreadable(self.KNOWLEDGE_DIR)
        refuse_talkative(self.METRICS_TOKEN, self.LOG_LEVEL)
        refuse_unreachable(self.SECURITY_CONTACT)
        refuse_half_a_law(
            self.RETENTION_MODE, years=self.RETENTION_YEARS, basis=self.RETENTION_BASIS,
            public_key=self.RETENTION_PUBLIC_KEY,
        )  # fmt: skip
        for names in _TOGETHER:
            missing = [name for name in names if getattr(self, name) is None]
            if missing and len(missing) < len(names):
                given = next(name for name in names if name not in missing)
                raise BadConfig(f"{', '.join(missing)}: needed beside {given}")

    @property
    def master_keys(self) -> str:
        """Return the master keys as ``sealing.ring_from`` reads them."""
        return self.MASTER_KEYS or keys_out_of(self.SECRET_KEY)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Build the settings from environment variables.

        ``DATABASE_URL`` defaults to the embedded database ``sqlite:///waymark.sqlite``.

        Raises:
            BadConfig: a required variable is absent, or one does not say what it should.
        """
        for name in ("SECRET_KEY", "MASTER_KEYS"):
            if name not in env:
                raise BadConfig(f"environment variable {name} is not set")
        return cls(
            SECRET_KEY=env["SECRET_KEY"],
            MASTER_KEYS=env["MASTER_KEYS"],
            SQLALCHEMY_DATABASE_URI=database_url(
                env.get("DATABASE_URL", "sqlite:///waymark.sqlite")
            ),
            DATABASE_TLS=boolean(env, "DATABASE_TLS", cls.DATABASE_TLS),
            PUBLIC_URL=env.get("PUBLIC_URL", cls.PUBLIC_URL).rstrip("/"),
            PASSKEY_ORIGINS=tuple(env.get("PASSKEY_ORIGINS", "").split()),
            SELF_REGISTRATION=boolean(env, "SELF_REGISTRATION", cls.SELF_REGISTRATION),
            ASK_BEFORE_SHARING=boolean(env, "ASK_BEFORE_SHARING", cls.ASK_BEFORE_SHARING),
            COOKIES_NEED_TLS=boolean(env, "COOKIES_NEED_TLS", cls.COOKIES_NEED_TLS),
            DASHBOARD_IDLE=timedelta(minutes=whole(env, "DASHBOARD_IDLE_MINUTES", 15)),
            PASSWORD_TIME_COST=whole(env, "PASSWORD_TIME_COST", cls.PASSWORD_TIME_COST),
            PASSWORD_MEMORY_KIB=whole(env, "PASSWORD_MEMORY_KIB", cls.PASSWORD_MEMORY_KIB),
            CALLS_A_MINUTE=whole(env, "CALLS_A_MINUTE", cls.CALLS_A_MINUTE),
            SIGN_INS_A_MINUTE=whole(env, "SIGN_INS_A_MINUTE", cls.SIGN_INS_A_MINUTE),
            TRUSTED_PROXIES=whole(env, "TRUSTED_PROXIES", cls.TRUSTED_PROXIES),
            TICK=timedelta(seconds=whole(env, "TICK_SECONDS", 15)),
            DEMO_CLOCK_SHIFT=timedelta(seconds=shift(env, "DEMO_CLOCK_SHIFT_SECONDS")),
            VAPID_PRIVATE_KEY=env.get("VAPID_PRIVATE_KEY") or None,
            VAPID_SUBJECT=env.get("VAPID_SUBJECT") or None,
            WEB_PUSH_HOSTS=tuple(env.get("WEB_PUSH_HOSTS", "").replace(",", " ").split()),
            FCM_CREDENTIALS_FILE=env.get("FCM_CREDENTIALS_FILE") or None,
            APNS_KEY_FILE=env.get("APNS_KEY_FILE") or None,
            APNS_KEY_ID=env.get("APNS_KEY_ID") or None,
            APNS_TEAM_ID=env.get("APNS_TEAM_ID") or None,
            APNS_TOPIC=env.get("APNS_TOPIC") or None,
            APNS_SANDBOX=boolean(env, "APNS_SANDBOX", cls.APNS_SANDBOX),
            SMTP_URL=env.get("SMTP_URL") or None,
            MAIL_FROM=env.get("MAIL_FROM") or None,
            METRICS_TOKEN=env.get("METRICS_TOKEN") or None,
            LOG_LEVEL=env.get("LOG_LEVEL", cls.LOG_LEVEL).upper(),
            OIDC_ISSUER=env.get("OIDC_ISSUER") or None,
            OIDC_CLIENT_ID=env.get("OIDC_CLIENT_ID") or None,
            OIDC_CLIENT_SECRET=env.get("OIDC_CLIENT_SECRET") or None,
            OIDC_NAME=env.get("OIDC_NAME") or cls.OIDC_NAME,
            OIDC_CLINIC_ID=uuid_of(env, "OIDC_CLINIC_ID"),
            OIDC_ACR=tuple(env.get("OIDC_ACR", "").split()),
            OIDC_AMR=tuple(env.get("OIDC_AMR", "").split()),
            OIDC_MFA_IS_ENFORCED=boolean(env, "OIDC_MFA_IS_ENFORCED", cls.OIDC_MFA_IS_ENFORCED),
            KNOWLEDGE_DIR=Path(env["KNOWLEDGE_DIR"]) if env.get("KNOWLEDGE_DIR") else None,
            AUDIT_ANCHOR_FILE=whole_path(env, "AUDIT_ANCHOR_FILE"),
            SENDERS=whole(env, "SENDERS", cls.SENDERS),
            ERASURE_WAIT=timedelta(days=whole(env, "ERASURE_WAIT_DAYS", 30)),
            RETENTION_MODE=env.get("RETENTION_MODE") or cls.RETENTION_MODE,
            RETENTION_YEARS=whole(env, "RETENTION_YEARS", 0) or None,
            RETENTION_BASIS=env.get("RETENTION_BASIS") or None,
            RETENTION_PUBLIC_KEY=env.get("RETENTION_PUBLIC_KEY") or None,
            ERASED_LIST_FILE=Path(env["ERASED_LIST_FILE"]) if env.get("ERASED_LIST_FILE") else None,
            OLDEST_APP=version(env, "OLDEST_APP"),
            SECURITY_CONTACT=env.get("SECURITY_CONTACT") or None,
        )


def database_url(url: str) -> str:
    """Name the driver: ``postgresql://`` and ``postgres://`` both mean psycopg 3."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url
