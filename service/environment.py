"""Reading one setting from the environment; each refuses what it cannot read, by name."""

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class BadConfig(Exception):
    """A setting is missing or unusable; the message names it, so start-up stops there."""


def whole_path(env: Mapping[str, str], name: str) -> Path | None:
    """Return a path from / on, ``None`` where there is none."""
    path = Path(env[name]) if env.get(name) else None
    if path is not None and not path.is_absolute():
        raise BadConfig(f"{name}: {str(path)!r} must be a whole path, from / on")
    return path


def whole(env: Mapping[str, str], name: str, default: int) -> int:
    """Return a whole number from 0 on."""
    text = env.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise BadConfig(f"{name}: {text!r} is not a whole number")
    return int(text)


def shift(env: Mapping[str, str], name: str) -> int:
    """Return a whole number that may be negative, 0 where there is none."""
    text = env.get(name, "0")
    return -whole({name: text[1:]}, name, 0) if text.startswith("-") else whole(env, name, 0)


def uuid_of(env: Mapping[str, str], name: str) -> UUID | None:
    """Return an id, ``None`` where there is none."""
    text = env.get(name)
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadConfig(f"{name}: {text!r} is no id of a clinic") from None


def boolean(env: Mapping[str, str], name: str, default: bool) -> bool:
    """Return yes or no."""
    text = env.get(name, str(default)).lower()
    if text not in _TRUE | _FALSE:
        raise BadConfig(f"{name}: {text!r} is neither yes nor no")
    return text in _TRUE


def version(env: Mapping[str, str], name: str) -> tuple[int, ...] | None:
    """Return the numbers of a version such as 3.1.4, ``None`` where there is none."""
    parts = env.get(name, "").split(".")
    return tuple(whole({name: part}, name, 0) for part in parts) if env.get(name) else None
