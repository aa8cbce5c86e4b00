"""Prints the software bill of materials, in CycloneDX 1.6: ``make sbom``.

Made from the lock file, so that the same lock makes the same document, byte for byte; licences and
who needs whom are read in what is installed.
"""

import json
import uuid
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply import inventory

_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562's, for addresses


def bill() -> dict[str, Any]:
    """Return the bill: each locked package and each file of others, with hashes and licence."""
    there, known = inventory.installed(), inventory.licences()
    to_run = inventory.wanted()
    running = inventory.needed_by(to_run, there)
    packages = inventory.locked()
    components = []
    for package in packages.values():
        licence = inventory.licence_of(there[package.name], known) if package.name in there else ""
        components.append(
            {
                "type": "library", "bom-ref": f"pkg:pypi/{package.name}@{package.version}",
                "name": package.name, "version": package.version,
                "purl": f"pkg:pypi/{package.name}@{package.version}",
                "scope": "required" if package.name in running else "excluded",
                "licenses": [{"expression": licence}] if licence else [],
                "hashes": [{"alg": "SHA-256", "content": one} for one in package.hashes],
            }
        )  # fmt: skip
    components += [_file(one) for one in inventory.vendored()]
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, json.dumps(components))}",
        "metadata": {"component": {"type": "application", "bom-ref": "waymark", "name": "waymark"}},
        "components": components,
        "dependencies": [_needs("waymark", to_run, packages)] + [
            _needs(_ref(package), inventory.requirements_of(there[name]), packages)
            for name, package in packages.items()
            if name in there
        ],
    }  # fmt: skip


def _file(one: dict[str, str]) -> dict[str, Any]:
    purl = f"pkg:{one['from']}/{one['name']}@{one['version']}"
    return {
        "type": "file", "bom-ref": f"{purl}#{one['path']}", "name": one["path"],
        "version": one["version"], "purl": purl, "scope": "required",
        "licenses": [{"expression": one["licence"]}],
        "hashes": [{"alg": "SHA-256", "content": one["sha256"]}],
    }  # fmt: skip


def _needs(
    ref: str, needs: list[Requirement], packages: dict[str, inventory.Package]
) -> dict[str, Any]:
    names = {canonicalize_name(need.name) for need in needs}
    refs = sorted(_ref(packages[name]) for name in names & packages.keys())
    return {"ref": ref, "dependsOn": refs}


def _ref(package: inventory.Package) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"


if __name__ == "__main__":
    print(json.dumps(bill(), indent=1))
