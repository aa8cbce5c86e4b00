"""The form of an article: what somebody typed, and what is wrong with it in words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from service.content.models import ArticleRevision
from service.content.revision_schemas import BODY, ArticleDay, ArticleIn, ArticlePatch
from service.content.rules import ArticleUnusable
from service.dashboard.forms import FormUnusable

NEW, CHANGED, _DAY = ArticleIn(), ArticlePatch(), ArticleDay()
_ONE_LINE = ("slug", "language", "title", "kind", "summary", "expires_on")
_CHOICES = ("audience", "needs")
_WORDS: Mapping[str, str] = {
    "slug": "Use small letters, digits and hyphens, at most 60 characters.",
    "language": "Write the tag of a language, as en, es or zh-Hant.",
    "title": "Write a title on one line, at most 200 characters.",
    "kind": "Choose what it is.",
    "audience": "Say for whom it is.",
    "tags": "Write short words between commas, at most 30 of them.",
    "summary": "Write a summary on one line, at most 200 characters.",
    "sources": "Name at least one source, one a line, each at most 500 characters.",
    "needs": "Choose from the list.",
    "expires_on": "Give the last day on which it may be shown, as 2027-03-02.",
    "body": f"Write the text, at most {BODY:,} characters of plain writing.",
}


def typed() -> dict[str, Any]:
    """Return what stands in the form, whatever it is, so that it can be shown again."""
    said: dict[str, Any] = {name: _text(name).strip() for name in _ONE_LINE}
    said |= {name: request.form.getlist(name) for name in _CHOICES}
    return said | {name: _text(name) for name in ("tags", "sources", "body")}


def of_revision(row: ArticleRevision) -> dict[str, Any]:
    """Return what stands in the form of a version as it was saved."""
    return shown({**row.front, "body": row.body})


def shown(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of an article as it stands in the form."""
    return {
        **{name: said[name] for name in (*_ONE_LINE, *_CHOICES, "body")},
        "tags": ", ".join(said["tags"]),
        "sources": "\n".join(said["sources"]),
    }


def read(schema: Schema) -> dict[str, Any]:
    """Read the form with the schema that reads the API's body.

    Raises:
        FormUnusable: something is missing or does not fit, by field.
    """
    form = typed()
    said = {name: form[name] for name in ("title", "kind", "summary", "expires_on", "body")}
    said |= {name: form[name] for name in _CHOICES}
    said["tags"] = [tag.strip() for tag in form["tags"].split(",") if tag.strip()]
    said["sources"] = [line.strip() for line in form["sources"].splitlines() if line.strip()]
    said |= {name: form[name] for name in ("slug", "language") if name in schema.fields}
    try:
        loaded: dict[str, Any] = schema.load(said)
    except ValidationError as wrong:
        raise FormUnusable(
            {name: words for name, words in _WORDS.items() if name in wrong.messages_dict}
        ) from None
    return loaded


def day() -> date | None:
    """Read the day on which a version is to come out; ``None`` if it is not to do so by itself.

    Raises:
        FormUnusable: this is no day.
    """
    said = None if _text("do") == "take-back" else _text("publish_on").strip()
    try:
        found: date | None = _DAY.load({"publish_on": said})["publish_on"]
    except ValidationError:
        raise FormUnusable({"publish_on": "Give the day, as 2027-03-02."}) from None
    return found


def faults(error: ArticleUnusable) -> dict[str, str]:
    """Return what is wrong with an article by field of its form."""
    found: dict[str, str] = {}
    for pointer, detail in error.errors:
        found.setdefault(pointer.split("/")[1], detail)
    return found


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\x00", "")
