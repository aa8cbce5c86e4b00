"""What is written down: one JSON line a happening, made of what is on a list and of nothing else.

A sentence of ours and where it was said; numbers, ids and moments that belong to it; of an error
its kinds and its lines of code.  Never what an error says: databases and parsers quote what they
were given, and what they were given is a patient's.
"""

import logging
import sys
import traceback
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO
from uuid import UUID

import orjson

OURS = "service"
# What cannot hold words of anybody.
_PLAIN = (bool, int, float, UUID, datetime, date, time, timedelta, Enum, type(None))
_HIDDEN = "…"
_ROOT = Path(__file__).parent.parent


class Code(str):
    """A word from our own source or files, such as the name of a rule: it may be written down."""

    __slots__ = ()


class Quiet(logging.Formatter):
    """Writes a record as one line of JSON, with only what may stand in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "said": _said(record),
        }
        if isinstance(args := record.args, tuple) and args:
            line["with"] = [_plain(one) for one in args]
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = list(_kinds(record.exc_info[1]))
            line["in"] = _places(record.exc_info[2])
        return orjson.dumps(line, default=str).decode()


class FromUs(logging.Filter):
    """Lets our own records pass, and of others only warnings."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written."""
        return _is_ours(record) or record.levelno >= logging.WARNING


def write_to(stream: TextIO | None = None, *, level: str = "INFO") -> logging.Handler:
    """Write everything this process logs to a stream, standard error by default, in our way only.

    Handlers that were there are taken away: what they wrote had passed by this list.
    """
    handler = handler_to(stream)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    return handler


def handler_to(stream: TextIO | None = None) -> logging.Handler:
    """Return what writes to a stream, standard error by default, in our way only."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Quiet())
    handler.addFilter(FromUs())
    return handler


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == OURS or record.name.startswith(f"{OURS}.")


def _said(record: logging.LogRecord) -> str:
    # Flask's own line on a crash names the path, in the arguments; libraries that put a text
    # together first are named by their logger alone.
    if _is_ours(record) or record.args:
        return str(record.msg)
    return _HIDDEN


def _plain(value: Any) -> Any:
    if isinstance(value, Code):
        return str(value)
    return value if isinstance(value, _PLAIN) else _HIDDEN


def _kinds(error: BaseException | None) -> Any:
    while error is not None:
        yield f"{type(error).__module__}.{type(error).__qualname__}"
        error = error.__cause__ or error.__context__


def _places(found: TracebackType | None) -> list[str]:
    places = []
    for frame, line in traceback.walk_tb(found):
        path = Path(frame.f_code.co_filename)
        shown = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else path.name
        places.append(f"{shown}:{line} {frame.f_code.co_name}")
    return places
