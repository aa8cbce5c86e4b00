"""How much a body may hold, whatever it says, and how many mistakes are told."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from marshmallow import Schema

from service.errors import Rejected

# The longest report there can be has some hundreds, four deep.  Project choices.
MOST_VALUES = 5_000
MOST_DEPTH = 32
# Whoever sends thousands of mistakes is helped by the first of them.
MOST_ERRORS = 100


class TooMuchToRead(Rejected):
    """The body holds more, or deeper, than any request needs."""

    slug = "too-much-to-read"
    title = "The body holds more, or deeper, than any request needs."


def check_size(text: bytes, body: Any, schema: Schema) -> None:
    """Let a body past that is no more than a request can need, before anything is made of it.

    A schema that has to take more says so itself (``most_values``).

    Args:
        text: the body as it came.
        body: what it says.
        schema: what it is to be read by.

    Raises:
        TooMuchToRead: it holds more than ``MOST_VALUES`` values, or deeper than ``MOST_DEPTH``.
    """
    most = getattr(schema, "most_values", MOST_VALUES)
    # Every value but a first one follows a comma, and every level opens with a bracket.  Text may
    # have some too, so this tells only what cannot be too much.
    if text.count(b",") < most and text.count(b"[") + text.count(b"{") < MOST_DEPTH:
        return
    count, depth, level = 0, 0, [body]
    while level:
        count, depth = count + len(level), depth + 1
        if count > most or depth > MOST_DEPTH:
            raise TooMuchToRead
        level = [below for one in level for below in _inside(one)]


def first(errors: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return as many of the mistakes as are worth telling."""
    return list(islice(errors, MOST_ERRORS))


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
