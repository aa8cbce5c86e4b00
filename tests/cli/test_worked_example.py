"""The worked example of docs/clinicians.md: what is written there is what is tried."""

import pytest
from click.testing import CliRunner

from service.care.rules import go_by
from service.cli import main
from tests.site.conftest import blocks_of


@pytest.fixture
def example(tmp_path):
    change, cases = blocks_of("clinicians.md", "yaml")[:2]
    (tmp_path / "rules" / "tests").mkdir(parents=True)
    (tmp_path / "rules" / "ours.yaml").write_text(change, "utf-8")
    (tmp_path / "rules" / "tests" / "ours.yaml").write_text(cases, "utf-8")
    yield tmp_path
    go_by(None)


def check(folder):
    return CliRunner().invoke(main, ["knowledge", "check", "--dir", str(folder)])


def test_the_threshold_is_changed_and_its_cases_hold(example):
    done = check(example)

    assert done.exit_code == 0, done.output
    assert "when.any[0].distress.at_least: 7 → 8" in done.output


def test_a_case_that_no_longer_holds_is_named_with_what_came_instead(example):
    rules = example / "rules" / "ours.yaml"
    rules.write_text(rules.read_text("utf-8").replace("to: 8", "to: 6"), "utf-8")

    done = check(example)

    assert done.exit_code == 1
    assert done.output == (
        f"Error: {example}/rules/tests/ours.yaml, line 8: DIS-7, expect: 'distress of 7 is left to the"
        " ordinary offer': expected nothing; came soon for social_work (because: Distress 7 of 10 on"
        " 10 March)\n"
    )
