"""A table as CSV (RFC 4180) that a spreadsheet shows and does not run.

Spreadsheets run a cell that begins like a formula, after blanks and invisible characters too.  A
text that would gets an apostrophe in front, and so does one that begins with an apostrophe: who
reads the file takes one away and has the text back.

Source: OWASP, CSV Injection; ASVS 5.0, 1.2.10.
"""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

from service.wire import moment_text

# Also as wide as an ideograph: some spreadsheets read those as the narrow ones.
_FIRST = frozenset("'=+-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b")
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})


class _Lines:
    """What ``csv`` writes to: keeps one line."""

    def __init__(self) -> None:
        self.line = ""

    def write(self, line: str) -> None:
        self.line = line


def csv_lines(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Give the lines of a table, the names of its columns first, each with CR LF at its end."""
    lines = _Lines()
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(names)
    yield lines.line
    for row in rows:
        writer.writerow([cell(row[name]) for name in names])
        yield lines.line


def cell(value: Any) -> str:
    """Write one value; nothing for ``None``."""
    return (
        harmless(value) if isinstance(value, str) and not isinstance(value, Enum) else text(value)
    )


def harmless(words: str) -> str:
    """Return words as a cell no spreadsheet runs: the same, or with an apostrophe in front."""
    seen = next((one for one in words if unicodedata.category(one) not in _UNSEEN), "")
    begins_unseen = unicodedata.category(words[0]) in {"Cc", "Cf"} if words else False
    return f"'{words}" if begins_unseen or seen in _FIRST else words


def text(value: Any) -> str:
    """Write a value as text: moments in UTC, lists and objects as JSON; nothing for ``None``."""
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | int | float | str):
        return str(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
