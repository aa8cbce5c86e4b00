"""A site's own folder: what is written into it is put in force for one test."""

import re
from pathlib import Path

import pytest

from service.care.rules import go_by
from service.clinical import knowledge

DOCS = Path(__file__).parents[2] / "docs"
STAMP = "source: Our clinic\nreview: {status: draft, by: null, on: null}\n"


class Site:
    """A folder that a test fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def in_force(self):
        go_by(self.folder)
        return knowledge()


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "knowledge"
    folder.mkdir()
    yield Site(folder)
    go_by(None)


def blocks_of(page: str, language: str) -> list[str]:
    """Return the examples of a page, so that what is written there is what is tried."""
    text = (DOCS / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def garden():
    """The made-up questionnaire of docs/instruments.md."""
    return blocks_of("instruments.md", "yaml")[0]
