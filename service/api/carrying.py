"""How answers travel: asked again only if they have changed, and packed where that tells nothing.

See docs/decisions/0050-safe-retries.md, also for why tokens and pages are never packed.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator

from flask import Response, request

PREFIX = "/api/v1"
_OF_NOBODY = (f"{PREFIX}/catalog/", f"{PREFIX}/openapi.json")
_JSON = "application/json"
# Below this a packet holds it anyway.
PACKED_FROM = 1024
# Half the time of the usual 6, for 2 percent more bytes.
_EFFORT = 4
_AS_GZIP = 31


def carry(response: Response) -> None:
    """Give an answer of the API the headers it travels with; pack it, or say "as you have it".

    Only reading is told apart by ``ETag`` and packed: tokens, codes and keys are answered to
    ``POST`` alone.  What is sent bit by bit is left alone: who writes it packs it (``packed``).
    """
    if not request.path.startswith(PREFIX):
        return
    is_read = request.method in {"GET", "HEAD"} and response.status_code == 200
    of_nobody = is_read and request.path.startswith(_OF_NOBODY)
    # Patient data never lies in the cache of a browser or of a proxy; apps keep their own.
    response.headers.setdefault("Cache-Control", "no-store")
    if of_nobody:
        response.headers["Cache-Control"] = "private, no-cache"
    if not is_read or response.mimetype != _JSON or response.is_streamed:
        return
    response.vary.update(("Accept-Encoding", "Authorization"))
    # Weak: packed and unpacked it is the same answer.
    digest = hashlib.blake2b(response.get_data(), digest_size=16)
    response.set_etag(digest.hexdigest(), weak=True)
    response.make_conditional(request.environ)
    if response.status_code == 200:
        _pack(response)


def packs() -> bool:
    """Tell whether whoever asks takes a packed answer."""
    return bool(request.accept_encodings["gzip"])


def packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pack pieces as they come, in the memory of one."""
    packer = zlib.compressobj(_EFFORT, wbits=_AS_GZIP)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _pack(response: Response) -> None:
    body = response.get_data()
    if len(body) < PACKED_FROM or not packs():
        return
    response.set_data(gzip.compress(body, _EFFORT, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
