"""Files the pages are made of: stylesheet, scripts.  Named with their content's hash, kept long."""

import hashlib
import mimetypes
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
LONG = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: what is in it, what it is, and the short hash that stands in its address."""

    content: bytes
    mimetype: str
    stamp: str


@cache
def assets() -> dict[str, Asset]:
    """Return every file by name, read once."""
    return {path.name: _read(path) for path in STATIC.iterdir() if path.is_file()}


def asset_url(name: str) -> str:
    """Return the address of a file; it changes when the file does, so it may be kept for ever."""
    return f"/static/{name}?v={assets()[name].stamp}"


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    kind = mimetypes.types_map.get(path.suffix, "application/octet-stream")
    return Asset(content, kind, hashlib.sha256(content).hexdigest()[:12])
