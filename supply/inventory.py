"""What is locked, what is installed, what we ship of others, and under which licences."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
# What an environment is made with, and this project itself: neither is locked.
TOOLS = frozenset({"pip", "setuptools", "wheel", "waymark"})
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Package:
    """One package of the lock file; ``hashes`` are SHA-256, one for each file of it."""

    name: str
    version: str
    hashes: tuple[str, ...]


def locked(root: Path = ROOT) -> dict[str, Package]:
    """Return the packages of ``requirements.txt`` by name."""
    found: dict[str, Package] = {}
    for block in re.split(r"\n(?=\S)", (root / "requirements.txt").read_text()):
        if match := _LOCKED.match(block):
            name = canonicalize_name(match[1])
            found[name] = Package(name, match[2], tuple(sorted(_HASH.findall(block))))
    return found


def installed() -> dict[str, Distribution]:
    """Return what is installed beside this, by name, without the tools."""
    found = {canonicalize_name(one.name): one for one in distributions()}
    return {name: one for name, one in sorted(found.items()) if name not in TOOLS}


def wanted(root: Path = ROOT) -> list[Requirement]:
    """Return what ``pyproject.toml`` names to run the service."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return [Requirement(line) for line in project["dependencies"]]


def needed_by(requirements: Iterable[Requirement], there: Mapping[str, Distribution]) -> set[str]:
    """Return the names of these packages and of all that they need."""
    found: set[tuple[str, str]] = set()
    waiting = list(requirements)
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        for extra in {"", *one.extras}:
            if name in there and (name, extra) not in found:
                found.add((name, extra))
                waiting.extend(requirements_of(there[name], extra))
    return {name for name, _extra in found}


def requirements_of(one: Distribution, extra: str = "") -> list[Requirement]:
    """Return what a package needs here, and what for one of its extras."""
    all_of_it = [Requirement(line) for line in one.requires or ()]
    return [
        need for need in all_of_it if need.marker is None or need.marker.evaluate({"extra": extra})
    ]


def licence_of(one: Distribution, known: Mapping[str, Any]) -> str:
    """Return a package's licence as an SPDX expression, ``""`` if nobody has found out yet.

    Args:
        one: the package, as installed.
        known: what ``licences.toml`` says.
    """
    said: Any = one.metadata
    if canonicalize_name(one.name) in known["read"]:
        return str(known["read"][canonicalize_name(one.name)])
    if said.get("License-Expression"):
        return str(said["License-Expression"])
    classified = [line.rpartition("::")[2].strip() for line in said.get_all("Classifier") or ()]
    for words in [said.get("License") or "", *classified]:
        spdx = known["called"].get(words, words)
        if spdx in known["allowed"]:
            return str(spdx)
    return ""


def licences(root: Path = ROOT) -> dict[str, Any]:
    """Return what ``licences.toml`` says."""
    return tomllib.loads((root / "supply/licences.toml").read_text())


def vendored(root: Path = ROOT) -> list[dict[str, str]]:
    """Return the files of others that stand in this repository."""
    files: list[dict[str, str]] = tomllib.loads((root / "supply/vendored.toml").read_text())["file"]
    return files
