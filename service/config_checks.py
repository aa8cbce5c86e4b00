"""What settings are refused at start-up, each by its name."""

import os
from pathlib import Path

from service.environment import BadConfig
from service.sealed_files import public_from
from service.sealing import ring_from

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
