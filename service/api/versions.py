"""``If-Match``: which version of a record the caller has seen."""

from flask import request
from werkzeug.http import parse_etags

from service.errors import Outdated

# A record is changed by hand: its versions never come near a number of this many digits.
_MOST_DIGITS = 9


def if_version() -> int | None:
    """Return the version named in ``If-Match``, ``None`` if none was or any will do.

    Raises:
        Outdated: the header names something no version of ours can be.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    # A header of commas alone names a tag that is none: ``None``.
    tags = [tag or "" for tag in parse_etags(header)]
    if len(tags) != 1 or not tags[0].isascii() or not tags[0].isdigit():
        raise Outdated
    if len(tags[0]) > _MOST_DIGITS:
        raise Outdated
    return int(tags[0])
