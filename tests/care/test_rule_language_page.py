"""The page about the language is what the code says of itself, as of now."""

from pathlib import Path

from service.care.rule_language import page_of
from service.care.rules.compile import CONDITIONS
from service.clinical import shipped

PAGE = Path(__file__).parents[2] / "docs" / "rule-language.md"
NEW = "waymark knowledge reference > docs/rule-language.md"


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == page_of(shipped()), f"make it anew: {NEW}"


def test_every_condition_has_a_part_with_words_an_example_and_what_it_means():
    page = page_of(shipped())
    for name in CONDITIONS:
        part = page.split(f"### `{name}`\n")[1].split("\n### ")[0]
        assert f"{{{name}: " in part
        assert len(part.strip().splitlines()[0]) > 10, name
    assert "``" not in page.replace("```", "")
