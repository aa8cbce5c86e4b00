"""Addresses given from outside, read so that nobody can read them another way."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

_HTTPS = 443
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})+", re.ASCII)
_PRINTABLE = re.compile(r"[!-~]{1,2000}")


class Endpoint(NamedTuple):
    """Where to post: the host in lower case, and the whole address put together again from it."""

    host: str
    url: str


def endpoint_of(text: str) -> Endpoint | None:
    """Return an endpoint that is plain https by name on the usual port, else ``None``.

    A bare address, a name without a dot, a user or another port is none; nor is anything two
    readers of addresses could read in two ways.
    """
    if not _PRINTABLE.fullmatch(text) or "\\" in text or "#" in text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    if parts.scheme != "https" or port not in {None, _HTTPS} or "@" in parts.netloc:
        return None
    if _HOST.fullmatch(host) is None or host.rpartition(".")[2][:1].isdigit():
        return None
    query = f"?{parts.query}" if parts.query else ""
    return Endpoint(host, f"https://{host}{parts.path or '/'}{query}")


def fits(host: str, pattern: str) -> bool:
    """Tell whether a host is the pattern's, which may begin with ``*.`` for any labels."""
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return host == pattern
