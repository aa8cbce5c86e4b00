"""What Waymark is made of is known, pinned, and allowed."""

import hashlib
import re
import subprocess

import pytest
from click.testing import CliRunner

from service.cli import main
from supply import inventory, licence_page, sbom
from tests.conftest import MASTER_KEYS

ROOT = inventory.ROOT
# What a secret looks like, whoever leaves it lying about.
SECRETS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}",
    "a key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50})",
    "a key of Google": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a token of Slack": r"\bxox[abprs]-[0-9A-Za-z-]{20}",
    "a key of Stripe": r"\b[rs]k_live_[0-9a-zA-Z]{20}",
    "a web token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20}",
    "a setting": r"(?m)^(?:export )?(?:SECRET_KEY|VAPID_PRIVATE_KEY)=[\"']?[A-Za-z0-9_/+-]{32}",
    "a password in an address": r"\b(?:postgresql|smtps?)://[^\s/:@{<]+:[^\s/@{<]+@(?!127\.|localhost|host\b|x\b|\S*example)",
}


def test_s90_everything_is_locked_with_hashes_and_set_up_so():
    packages = inventory.locked()
    assert len(packages) > 100
    assert [one.name for one in packages.values() if not one.hashes] == []
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if re.search(r"://|@ |--index|--find|--trusted|^-", line)] == []
    recipe = (ROOT / "Makefile").read_text()
    installs = re.findall(r"^\t.*\"\$\$\{install\[@\]\}\"(.*)$", recipe, re.MULTILINE)
    assert installs
    assert all("--require-hashes" in one or "--no-deps" in one for one in installs)


def test_s90_the_bill_of_materials_is_what_is_installed():
    bill = sbom.bill()
    listed = {one["name"]: one["version"] for one in bill["components"] if one["type"] == "library"}
    there = {name: one.version for name, one in inventory.installed().items()}
    assert listed == there
    refs = {one["bom-ref"] for one in bill["components"]} | {"waymark"}
    assert {ref for one in bill["dependencies"] for ref in one["dependsOn"]} <= refs
    assert sbom.bill() == bill


def test_s90_every_licence_is_known_and_allowed():
    known = inventory.licences()
    of = {name: inventory.licence_of(one, known) for name, one in inventory.installed().items()}
    of |= {one["path"]: one["licence"] for one in inventory.vendored()}
    refused = {
        name: licence
        for name, licence in of.items()
        if not licence or set(re.findall(r"[\w.-]+", licence)) - {"AND", "OR", *known["allowed"]}
    }
    assert refused == {}


def test_s90_the_page_of_licences_is_up_to_date():
    assert (ROOT / "docs" / "licences.md").read_text() == licence_page.page(), "make licences"


def test_s90_files_of_others_are_theirs_to_the_byte_and_all_listed():
    listed = inventory.vendored()
    for one in listed:
        assert hashlib.sha256((ROOT / one["path"]).read_bytes()).hexdigest() == one["sha256"]
        assert (ROOT / one["licence_file"]).is_file()
    # What is another's says in its name of which version it is.
    versioned = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "service").rglob("*")
        if re.search(r"-\d+\.\d+[\d.]*(\.min)?\.(js|css|mjs|woff2?)$", path.name)
        or path.name.endswith((".min.js", ".min.css"))
    }
    assert versioned == {one["path"] for one in listed}


def test_s91_no_secret_lies_in_the_repository():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    found = []
    for path in filter(None, listed):
        if (file := ROOT / path).is_file():
            text = file.read_bytes().decode("utf-8", "replace")
            found += [(path, what) for what, seen in SECRETS.items() if re.search(seen, text)]
    assert len(listed) > 500
    assert found == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "environment variable SECRET_KEY is not set"),
        ("", "SECRET_KEY: needs at least 32 characters"),
        ("k" * 31, "SECRET_KEY: needs at least 32 characters"),
        ("k" * 64, "SECRET_KEY: is an example, or too simple"),
        ("change-me-change-me-change-me-please", "SECRET_KEY: is an example, or too simple"),
        ("Your-Secret-Key-Goes-Here-0123456789", "SECRET_KEY: is an example, or too simple"),
        ("0123456789abcdef0123456789abcdef0123", "SECRET_KEY: is an example, or too simple"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "jobs"])
def test_s91_no_start_without_a_secret_of_ones_own(given, why, command):
    done = CliRunner().invoke(
        main, [command], env={"SECRET_KEY": given, "MASTER_KEYS": MASTER_KEYS}
    )
    assert done.exit_code == 1
    assert why in done.stderr
    assert not given or given not in done.output
