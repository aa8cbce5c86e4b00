"""How one column of a synced table looks on the phone, in the database, and to the schemas.

A phone has text, numbers and booleans only: moments are epoch milliseconds, what is nested is a
JSON string.  The database hands every column out as text, whichever database it is, so that all
tables can be read in one statement.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from service.sync.errors import NotRaw

# Half a surrogate pair: an emoji cut in two.
_IS_HALF = re.compile("[\ud800-\udfff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# More than any nested column of ours can use.
_MOST_NESTED = 64 * 1024
Raw = str | int | float | bool | None


class Kind(NamedTuple):
    """What a column holds.

    ``read`` turns the database's text into what the phone gets; ``said`` turns what the phone sent
    into what a request body has there, or raises ``NotRaw``; ``likeness`` is what two values that
    mean the same have in common.
    """

    name: str
    read: Callable[[str], Raw]
    said: Callable[[Any], Any]
    likeness: Callable[[Any], Any]


class Column(NamedTuple):
    """One column of a synced table.

    Attributes:
        name: on the phone and in the database.
        kind: what it holds.
        written: whether a phone may write it; what else it sends there is passed over.
        empty: what ``null`` means in a request body: ``None``, or a value where none is allowed.
        filled: ``null`` means "as the server has it": the server fills it in.
        stripped: names inside its nested values that the server adds.
    """

    name: str
    kind: Kind
    written: bool = True
    empty: Any = None
    filled: bool = False
    stripped: tuple[str, ...] = ()

    def is_same(self, pushed: Any, stored: Raw) -> bool:
        """Tell whether what a phone sent says what is on file."""
        if pushed in (None, "") and self.filled:
            return True
        return bool(self._likeness(pushed) == self._likeness(stored))

    def said(self, pushed: Any) -> Any:
        """Return what a request body would say.

        Raises:
            NotRaw: a phone cannot mean that.
        """
        if pushed is None or pushed == "":
            return self.empty
        return _without(self.kind.said(pushed), self.stripped)

    def _likeness(self, raw: Any) -> Any:
        if raw is None or raw == "":
            return self.empty
        try:
            return _without(self.kind.likeness(raw), self.stripped)
        except (NotRaw, ValueError, TypeError):
            return raw


def milliseconds(moment: datetime) -> int:
    """Return a moment as a phone keeps it; what is finer than a millisecond is left off."""
    return (moment - _EPOCH) // _MILLISECOND


def _read_moment(text: str) -> int:
    moment = datetime.fromisoformat(text)
    # SQLite keeps UTC without saying so.
    return milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _said_moment(raw: Any) -> str:
    number = _number(raw)
    try:
        moment = _EPOCH + timedelta(milliseconds=number)
    except OverflowError:
        raise NotRaw("There is no such moment.") from None
    return moment.isoformat()


def _said_text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise NotRaw("Not text.")
    if not raw.isascii() and _IS_HALF.search(raw):
        raise NotRaw("Has half a character in it.")
    return raw


def _said_flag(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if raw in (0, 1):  # SQLite on the phone has no others
        return bool(raw)
    raise NotRaw("Not true or false.")


def _said_nested(raw: Any) -> Any:
    if not isinstance(raw, str) or len(raw) > _MOST_NESTED:
        raise NotRaw("Not a JSON string.")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise NotRaw("Not a JSON string.") from None


def _number(raw: Any) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise NotRaw("Not a number.")
    return int(raw) if isinstance(raw, float) and raw.is_integer() else raw


def _read_flag(text: str) -> bool:
    return text in ("1", "true")


def _read_nested(text: str) -> str | None:
    return None if text == "null" else text


def _without(value: Any, names: tuple[str, ...]) -> Any:
    if not names or not isinstance(value, list):
        return value
    return [
        {name: one[name] for name in one if name not in names} if isinstance(one, Mapping) else one
        for one in value
    ]


TEXT = Kind("text", str, _said_text, _said_text)
MOMENT = Kind("moment", _read_moment, _said_moment, _number)
WHOLE = Kind("whole number", int, _number, _number)
NUMBER = Kind("number", float, _number, _number)
FLAG = Kind("true or false", _read_flag, _said_flag, _said_flag)
NESTED = Kind("JSON string", _read_nested, _said_nested, _said_nested)
ID = Kind("id", lambda text: str(UUID(text)), _said_text, lambda raw: _said_text(raw).lower())
