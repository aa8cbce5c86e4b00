"""What came in a form: text without what no database takes, and what is wrong with it in words."""

from collections.abc import Mapping
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

_YES_NO = {"yes": True, "no": False}


class FormUnusable(Exception):
    """Something is missing in a form; ``errors`` says what, by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("form unusable")
        self.errors = errors


def text_of(name: str, most: int = 200) -> str:
    """Return a short text of the form, trimmed; empty if it was left out."""
    return request.form.get(name, "").replace("\x00", "").strip()[:most]


def asked(name: str, most: int = 200) -> str:
    """Return a text of the query string, likewise."""
    return request.args.get(name, "").replace("\x00", "").strip()[:most]


def typed() -> dict[str, str]:
    """Return everything somebody has typed, so that a refused form can be shown as it was."""
    return dict(request.form)


def read(schema: Schema, words: Mapping[str, str], *, flags: tuple[str, ...] = ()) -> Any:
    """Read a form with the schema that reads the API's body: one truth for both.

    Args:
        schema: of the body.
        words: what is to be done about each field that is missing or wrong, for every field.
        flags: fields answered with yes or no.

    Raises:
        FormUnusable: something is missing or too long.
    """
    body: dict[str, Any] = {}
    for name in schema.fields:
        value = request.form.get(name, "").replace("\x00", "").replace("\r\n", "\n").strip()
        if value:
            body[name] = _YES_NO.get(value) if name in flags else value
    try:
        return schema.load(body)
    except ValidationError as wrong:
        raise FormUnusable(
            {name: said for name, said in words.items() if name in wrong.messages_dict}
        ) from None
