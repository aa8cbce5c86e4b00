"""Saying what a JSON Schema found wrong in words: the word at fault, and the one that was meant."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

_LONGEST_COMPLAINT = 300
Place = list[str | int]


def fault_of(errors: Sequence[Any], schema: dict[str, Any]) -> tuple[Place, str]:
    """Choose the fault to name, and say it.

    Args:
        errors: at least one error of ``jsonschema_rs``.
        schema: what was checked against.

    Returns:
        The place, and one sentence.  A key that does not belong leads: a misspelt one is both
        unexpected and missing, and the word to name is the one that is there.
    """
    error = min(errors, key=lambda error: error.kind.name != "additionalProperties")
    if error.kind.name != "additionalProperties":
        complaint: str = error.message
        if len(complaint) > _LONGEST_COMPLAINT:
            complaint = complaint[:_LONGEST_COMPLAINT] + " …"
        return list(error.instance_path), complaint
    word = str(error.kind.unexpected[0])
    known = _words_beside(schema, error.schema_path)
    return [*error.instance_path, word], f"unknown word {word!r}{meant(word, known)}"


def meant(word: str, known: Sequence[str]) -> str:
    """Return ``"; did you mean 'this'?"``, or nothing where no known word is near."""
    close = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _words_beside(schema: Any, path: Sequence[str | int]) -> list[str]:
    """Return the words a schema knows where it refused one; none where a reference hides them."""
    for step in list(path)[:-1]:
        try:
            schema = schema[step]
        except (KeyError, IndexError, TypeError):
            return []
    return list(schema.get("properties", ())) if isinstance(schema, dict) else []
