"""Every promise has its named test, or says what is missing; every list of tests names real ones."""

import re
import tomllib
from pathlib import Path

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
DEFINED = {
    name
    for path in TESTS.rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
}
FILES = {path.stem for path in TESTS.rglob("test_*.py")}


def are_there(beginning: str) -> bool:
    """Tell whether some test, or some file of tests, begins so."""
    return any(name.startswith(beginning) for name in DEFINED | FILES)


def test_every_promise_that_must_hold_has_a_test_or_says_what_is_missing():
    promises = tomllib.loads((TESTS / "promises.toml").read_text())
    wrong = []
    for row, promise in promises.items():
        number = row.removeprefix("S-")
        named = [name for name in DEFINED if re.search(rf"_s{number}_", name)]
        by = promise.get("by", [])
        wrong += [f"{row}: no test begins with {one}" for one in by if not are_there(one)]
        if "not_done" in promise and (named or by):
            wrong.append(f"{row}: is proved and said not to be done")
        if promise["p"] == 0 and not (named or by or promise.get("not_done")):
            wrong.append(f"{row}: {promise['says']}")
    assert len(promises) == 83
    assert wrong == []


def test_every_test_the_asvs_list_names_is_there():
    named = set(re.findall(r"`(test_\w+)`", (DOCS / "asvs.md").read_text()))
    assert len(named) > 60
    assert {name for name in named if not are_there(name)} == set()
