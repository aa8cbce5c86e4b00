"""What settings are refused at start-up, each by its name."""

import os
from ipaddress import ip_address
from pathlib import Path

import sqlalchemy as sa

from service.environment import BadConfig
from service.sealed_files import public_from
from service.sealing import ring_from

# Where libpq looks for the machine if DATABASE_URL names none.
_PLACES = ("PGHOST", "PGHOSTADDR")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# What stands in examples, ours and others', in the place of a secret.
_EXAMPLES = (
    "change", "your-", "your_", "yoursecret", "example", "placeholder", "insert", "0123456789",
    "abcdefgh", "password", "qwerty", "test-secret",
)  # fmt: skip


def refuse_weak(secret: str) -> None:
    """Refuse a secret that is short, simple, or out of an example."""
    if len(secret) < 32:
        raise BadConfig("SECRET_KEY: needs at least 32 characters")
    if len(set(secret)) < 10 or any(example in secret.casefold() for example in _EXAMPLES):
        raise BadConfig("SECRET_KEY: is an example, or too simple; docs/operators.md makes one")


def refuse_bad_keys(keys: str) -> None:
    """Refuse master keys that cannot be read."""
    try:
        ring_from(keys)
    except ValueError as bad:
        raise BadConfig(f"MASTER_KEYS: {bad}") from None


def refuse_open_lines(database_url: str, *, must_be_tls: bool) -> None:
    """Refuse to speak to a database on another machine that has not proved its name by TLS."""
    if must_be_tls and speaks_openly(database_url):
        raise BadConfig(
            "DATABASE_URL: the database is on another machine: add sslmode=verify-full, or say "
            "DATABASE_TLS=off where the network between is all yours"
        )


def speaks_openly(database_url: str) -> bool:
    """Tell whether a database on another machine is spoken to without making sure who it is."""
    try:
        url = sa.make_url(database_url)
    except ValueError:
        raise BadConfig("DATABASE_URL: its port is no number") from None
    if url.get_backend_name() == "sqlite" or url.query.get("sslmode") == "verify-full":
        return False
    # No service file is looked into: it may name any machine.
    if url.query.get("service") or os.environ.get("PGSERVICE"):
        return True
    query = url.normalized_query
    said = [url.host or "", *query.get("host", ()), *query.get("hostaddr", ())]
    asked = [one for one in said if one] or [os.environ.get(name, "") for name in _PLACES]
    hosts = [host for one in asked for host in one.split(",") if host]
    return not all(_is_here(host) for host in hosts)


def _is_here(host: str) -> bool:
    # A path, or an @ before it, is a socket of this machine.
    if host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.count(":") == 1 and _is_here(host.partition(":")[0])


def refuse_unreachable(contact: str | None) -> None:
    """Refuse an address that no browser could open."""
    if contact and (not contact.startswith(("mailto:", "https://")) or " " in contact):
        raise BadConfig("SECURITY_CONTACT: must begin with mailto: or https://")


def refuse_unreadable(folder: Path | None) -> None:
    """Refuse a folder that is not there or may not be read."""
    if folder is None:
        return
    if not folder.is_absolute():
        raise BadConfig(f"KNOWLEDGE_DIR: {str(folder)!r} must be a whole path, from / on")
    if not folder.is_dir():
        raise BadConfig(f"KNOWLEDGE_DIR: there is no folder {str(folder)!r}")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise BadConfig(f"KNOWLEDGE_DIR: {str(folder)!r} cannot be read")


def refuse_talkative(metrics_token: str | None, log_level: str) -> None:
    """Refuse a guessable token for the metrics, and a level of the log that does not exist."""
    if metrics_token is not None and len(metrics_token) < 20:
        raise BadConfig("METRICS_TOKEN: needs at least 20 characters")
    if log_level not in _LEVELS:
        raise BadConfig(f"LOG_LEVEL: must be one of {', '.join(_LEVELS)}")


def refuse_half_a_law(
    mode: str, *, years: int | None, basis: str | None, public_key: str | None
) -> None:
    """Refuse to keep records by law without saying how long, by which, and for whose key."""
    said = {
        "RETENTION_YEARS": years, "RETENTION_BASIS": basis, "RETENTION_PUBLIC_KEY": public_key,
    }  # fmt: skip
    given = [name for name, value in said.items() if value is not None]
    missing = [name for name, value in said.items() if not value]
    if mode not in ("consumer", "hipaa"):
        raise BadConfig("RETENTION_MODE: must be consumer or hipaa")
    if mode == "consumer" and given:
        raise BadConfig(f"{', '.join(given)}: only with RETENTION_MODE=hipaa")
    if mode == "hipaa" and missing:
        raise BadConfig(f"{', '.join(missing)}: needed to keep records by law")
    if public_key is not None:
        try:
            public_from(public_key)
        except ValueError:
            raise BadConfig("RETENTION_PUBLIC_KEY: is no key of `waymark erasure key`") from None
