"""Lists a page at a time, by keyset: a page costs the same however far down it is."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from itsdangerous import base64_decode, base64_encode
from itsdangerous.exc import BadData
from marshmallow import fields

from service.errors import Rejected
from service.wire import Query, Whole


class BadCursor(Rejected):
    """The cursor is none of ours."""

    slug = "bad-cursor"
    title = "This cursor does not belong to this list."


class _Limit(Whole):
    # Query strings are text, so "50" is 50 here, unlike in a body.
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value[:9])
        return super()._deserialize(value, attr, data, **kwargs)


class PageArgs(Query):
    """How much of a list, and from where."""

    limit = _Limit(1, 200, load_default=50)
    cursor = fields.String(load_default=None)


def after(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return the last row of the page before, as ``(moment, id)``; ``None`` for the first page.

    Raises:
        BadCursor: the text is no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        moment, id = place_in(cursor)
        return moment_in(moment), UUID(str(id))
    except (ValueError, TypeError):
        raise BadCursor from None


def cursor_of(*place: Any) -> str:
    """Write the place of a row in its list as a cursor."""
    return base64_encode(orjson.dumps(place)).decode()


def place_in(cursor: str) -> Any:
    """Return what a cursor says, whoever wrote it.

    Raises:
        BadCursor: it says nothing.
    """
    try:
        return orjson.loads(base64_decode(cursor))
    except (BadData, ValueError):
        raise BadCursor from None


def moment_in(text: Any) -> datetime:
    """Return a moment of a cursor, in UTC.

    Raises:
        ValueError: it is none, or has no offset: no database takes that.
        TypeError: it is no text.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment outside the calendar") from None


def newest_first(
    statement: sa.Select[Any],
    *,
    at: Any,
    id: Any,
    limit: int,
    last: tuple[datetime, UUID] | None,
) -> sa.Select[Any]:
    """Ask for one page and the row after it, newest first, ties by id."""
    if last is not None:
        moment = sa.bindparam("last_at", last[0], type_=at.type)
        statement = statement.where(sa.or_(at < moment, sa.and_(at == moment, id < last[1])))
    return statement.order_by(at.desc(), id.desc()).limit(limit + 1)


def page(
    rows: Sequence[Any], *, limit: int, position: Callable[[Any], tuple[datetime, UUID]]
) -> tuple[Sequence[Any], str | None]:
    """Split what ``newest_first`` found into the page and the cursor of the next one."""
    if len(rows) <= limit:
        return rows, None
    shown = rows[:limit]
    moment, id = position(shown[-1])
    return shown, cursor_of(moment.isoformat(), str(id))
