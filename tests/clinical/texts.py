"""The texts as they lie in `service/clinical`, read without the product's own loader."""

import re
from pathlib import Path

import pytest
import yaml

CLINICAL = Path(__file__).parents[2] / "service" / "clinical"
PLACEHOLDERS = {"oncology_line", "emergency_number", "crisis_line"}
LEVELS_THAT_NEED_A_NUMBER = {"call_now", "emergency", "crisis"}
TRANSLATION = "translation: the project's own, not yet checked by a second reader"


def read(path):
    """The front matter and the body of one text file."""
    opening, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    assert opening == "", f"{path.name} does not start with front matter"
    return {
        "file": path.stem, "folder": path.parent.name, "front": yaml.safe_load(front),
        "body": body.strip(),
    }  # fmt: skip


def every(folder, language="*"):
    """All texts of a folder, in all languages or in one, each under its own name in the report."""
    return [
        pytest.param(read(path), id=f"{path.parent.name}/{path.stem}")
        for path in sorted((CLINICAL / folder).glob(f"{language}/*.md"))
    ]


def translations(folder, language="*"):
    """All texts of a folder in other languages than English."""
    return [one for one in every(folder, language) if not one.id.startswith("en/")]


def english_of(folder, text):
    """The English text that one in another language is to say the same as."""
    return read(CLINICAL / folder / "en" / f"{text['file']}.md")


def sentences_with(pattern, text, *, without):
    """The sentences of a text with a word in them, and no such other word beside it."""
    return [
        sentence
        for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n|\n\s*-\s+", text)
        if re.search(pattern, sentence, re.IGNORECASE)
        and not re.search(without, sentence, re.IGNORECASE)
    ]
