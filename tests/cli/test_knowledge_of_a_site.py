"""A site's folder from the command line: tried before it is put in use, and put in use."""

import os
import re
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from service.app import create_app
from service.care.rules import go_by, rule_set
from service.cli import main
from service.config import Config
from service.environment import BadConfig
from tests.conftest import MASTER_KEYS, SECRET
from tests.site.conftest import STAMP, blocks_of

DOCS = Path(__file__).parents[2] / "docs"
# Whom nothing belongs to, on every Debian and Ubuntu.
NOBODY = 65534


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "knowledge"
    made.mkdir()
    yield made
    go_by(None)


@pytest.fixture
def waymark(folder):
    def run(words, **env):
        return CliRunner().invoke(main, words.split(), env={"KNOWLEDGE_DIR": str(folder), **env})

    return run


def files_in(folder):
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def test_the_folder_in_the_settings_is_checked_and_what_differs_is_told(waymark, folder):
    (folder / "policy.yaml").write_text(
        f"version: 101\n{STAMP}worsening: {{status: project choice, source: ours, delta: 3}}\n"
    )

    done = waymark("knowledge check")

    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"Laid over what is shipped: {folder}\n")
    assert "  worsening.delta: 2 → 3" in done.output
    assert "policy.yaml: version 101, draft, the site's" in done.output


def test_a_fault_of_the_folder_is_one_line(waymark, folder):
    (folder / "policy.yaml").write_text(f"version: 101\n{STAMP}worsning: {{delta: 3}}\n")

    done = waymark("knowledge check")

    assert done.exit_code == 1
    assert done.stderr == (
        f"Error: {folder}/policy.yaml, line 4, worsning: unknown word 'worsning'; "
        "did you mean 'worsening'?\n"
    )


def test_what_the_page_for_clinicians_says_about_a_threshold_is_so(waymark, folder):
    page = (DOCS / "clinicians.md").read_text("utf-8")
    part = page.split("## Change a threshold")[1].split("\n## ")[0]
    blocks = dict(re.findall(r"^```(\w*)\n(.*?)^```", part, re.DOTALL | re.MULTILINE))
    commands, told = blocks["sh"], blocks[""]
    rule, cases = re.findall(r"^```yaml\n(.*?)^```", part, re.DOTALL | re.MULTILINE)
    (folder / "rules" / "tests").mkdir(parents=True)
    (folder / "rules" / "ours.yaml").write_text(rule)
    (folder / "rules" / "tests" / "ours.yaml").write_text(cases)

    for line in commands.splitlines():
        if line.startswith("waymark "):
            words = line.removeprefix("waymark ").replace("/srv/waymark/knowledge", str(folder))
            done = waymark(words)
            assert done.exit_code == 0, done.output
    for line in told.splitlines():
        assert line in done.output.splitlines()
    go_by(folder)
    assert rule_set().by_id["DIS-7"].data["when"]["any"][0] == {"distress": {"at_least": 8}}


def test_a_questionnaire_is_brought_in_and_tried_first(waymark, folder, tmp_path):
    file = tmp_path / "garden.yaml"
    file.write_text(blocks_of("instruments.md", "yaml")[0])

    done = waymark(f"knowledge import {file}")

    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[:2] == [
        "own-garden, version 1: Garden and company",
        "  outdoors: items 1, 2, 3, mean",
    ]
    assert files_in(folder) == ["instruments/own-garden.yaml"]
    assert (folder / "instruments/own-garden.yaml").read_text() == file.read_text()
    again = waymark(f"knowledge import {file}")
    assert "word for word" in again.output
    go_by(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("highest: 4}", "highest: 1}", "line 48, scales/0/linear/highest: divides by nothing: 1 to 1"),
        ("code: own-garden", "code: ../evil", "'code' is missing, or no short name"),
        ("code: own-garden", "code: phq-9", "a site's own must be higher, not 1"),
        ("version: 1", "versoin: 1", "unknown word 'versoin'; did you mean 'version'?"),
        ("items: ", "items: [", "did not find expected"),
    ],
)  # fmt: skip
def test_a_bad_definition_leaves_the_folder_as_it_was(waymark, folder, tmp_path, old, new, said):
    text = blocks_of("instruments.md", "yaml")[0]
    file = tmp_path / "garden.yaml"
    file.write_text(text.replace(old, new, 1))
    assert old in text

    done = waymark(f"knowledge import {file}")

    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"Error: {file}, ")
    assert said in done.stderr
    assert files_in(folder) == []


def test_another_text_of_the_same_version_is_refused(waymark, folder, tmp_path):
    text = blocks_of("instruments.md", "yaml")[0]
    file = tmp_path / "garden.yaml"
    file.write_text(text)
    waymark(f"knowledge import {file}")
    file.write_text(text.replace("Garden and company", "Company and garden"))

    refused = waymark(f"knowledge import {file}")
    file.write_text(file.read_text().replace("version: 1 ", "version: 2 "))
    taken = waymark(f"knowledge import {file}")

    assert "version 1 is there already: this must be higher" in refused.stderr
    assert taken.exit_code == 0
    assert "version 2: Company and garden" in taken.output


def test_a_file_that_is_too_large_is_refused(waymark, tmp_path):
    file = tmp_path / "garden.yaml"
    file.write_bytes(b"#" * 1_000_001)

    assert "more than 1000000 bytes" in waymark(f"knowledge import {file}").stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("knowledge", "must be a whole path, from / on"),
        ("/nowhere/at/all", "there is no folder '/nowhere/at/all'"),
    ],
)
def test_a_folder_that_cannot_be_used_is_named_at_the_start(given, said):
    env = {"SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, "KNOWLEDGE_DIR": given}

    with pytest.raises(BadConfig, match=f"KNOWLEDGE_DIR: .*{re.escape(said)}"):
        Config.from_env(env)


@contextmanager
def nobody():
    """Be somebody without rights for a while: root reads everything."""
    if os.getuid() == 0:
        os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        if os.geteuid() == NOBODY:
            os.setresuid(0, 0, 0)


def test_a_folder_nobody_may_read_is_named():
    # Not below pytest's own folder, which is closed to others as a whole.
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0)
        with nobody(), pytest.raises(BadConfig, match="cannot be read"):
            Config.from_env(
                {"SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, "KNOWLEDGE_DIR": folder}
            )
        Path(folder).chmod(0o700)


def test_an_application_goes_by_the_folder_it_is_given(folder):
    (folder / "policy.yaml").write_text(
        f"version: 101\n{STAMP}worsening: {{status: project choice, source: ours, delta: 3}}\n"
    )
    given = {
        "SECRET_KEY": SECRET,
        "MASTER_KEYS": MASTER_KEYS,
        "DATABASE_URL": "sqlite://",
        "KNOWLEDGE_DIR": str(folder),
    }

    create_app(Config.from_env(given))

    assert rule_set().by_id  # compiled over the folder's own words
    assert Config.from_env(given | {"KNOWLEDGE_DIR": ""}).KNOWLEDGE_DIR is None
