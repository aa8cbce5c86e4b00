"""JSON that means one thing: what two readers could read in two ways is refused."""

import json
import re
from typing import Any, NoReturn

import orjson

# The largest whole number every reader of JSON holds exactly.  Source: RFC 8259, section 6.
_EXACT = 2**53 - 1
# Possessive: nothing is kept to go back to, which for a body of escapes would be 120 MB.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_WHOLE = re.compile(rb"(?<![0-9.eE+-])-?[0-9]{16,}(?![0-9.eE])")


class NotStrict(ValueError):
    """This is no JSON, or JSON that does not mean one thing to everybody."""


def read(body: bytes) -> Any:
    """Return what a body in UTF-8 says.

    Refused is what RFC 8259 forbids (NaN, comments, a byte order mark, UTF-16, half a surrogate
    pair) and what it leaves open: a name twice in one object, and whole numbers beyond 2^53 - 1.

    Raises:
        NotStrict: it is none of that.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NotStrict from None
    bare = _TEXT.sub(b"", body)
    # orjson keeps the last of two members of one name: then there are more colons than members.
    if bare.count(b":") != _members(value):
        raise NotStrict
    if any(abs(int(digits)) > _EXACT for digits in _WHOLE.findall(bare)):
        raise NotStrict
    return value


def read_records(body: bytes) -> Any:
    """Return what a body says whose parts are taken or refused one by one.

    As ``read``, but a whole number beyond 2^53 - 1 and half a surrogate pair (an emoji cut in two)
    are read: they spoil the record they are in, and must not hold up the others.

    Raises:
        NotStrict: it is no JSON, or a name stands twice in one object.
    """
    try:
        return read(body)
    except NotStrict:
        pass
    try:
        value = json.loads(body.decode(), object_pairs_hook=_once_each, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise NotStrict from None
    if not isinstance(value, dict):
        raise NotStrict
    return value


def _once_each(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise NotStrict
    return found


def _refuse(_constant: str) -> NoReturn:
    raise NotStrict


def _members(value: Any) -> int:
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            count += len(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return count
