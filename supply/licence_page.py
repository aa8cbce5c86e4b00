"""Prints ``docs/licences.md``: what we use of others, and under which licence."""

from collections.abc import Iterator

from supply import inventory

_HEAD = """\
# Licences

Written by `make licences`; do not edit. Allowed are, by their SPDX names: {allowed}
(`supply/licences.toml`). Versions and hashes of packages stand in `requirements.txt`, of files in
`supply/vendored.toml`; `make sbom` writes all of it as CycloneDX.
"""


def page() -> str:
    """Return the page."""
    known = inventory.licences()
    return "\n".join([_HEAD.format(allowed=", ".join(known["allowed"])), *_tables()]) + "\n"


def _tables() -> Iterator[str]:
    there, known = inventory.installed(), inventory.licences()
    running = inventory.needed_by(inventory.wanted(), there)
    for title, names in (
        ("What a site runs", [name for name in there if name in running]),
        ("What only we need, to build and test", [name for name in there if name not in running]),
    ):
        yield f"## {title}\n\n| package | licence |\n|---|---|"
        yield from (f"| {name} | {inventory.licence_of(there[name], known)} |" for name in names)
        yield ""
    yield "## Files of others in this repository\n\n| file | of | licence |\n|---|---|---|"
    for one in inventory.vendored():
        yield f"| `{one['path']}` | {one['name']} {one['version']} | {one['licence']} |"


if __name__ == "__main__":
    print(page(), end="")
