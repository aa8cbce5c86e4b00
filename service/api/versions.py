"""``If-Match``: which version of a record the caller has seen."""

from flask import request
from werkzeug.http import parse_etags

from service.errors import Outdated


def if_version() -> int | None:
    """Return the version named in ``If-Match``, ``None`` if none was or any will do.

    Raises:
        Outdated: the header names something no version of ours can be.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    tags = list(parse_etags(header))
    if len(tags) != 1 or not tags[0].isascii() or not tags[0].isdigit():
        raise Outdated
    return int(tags[0])
