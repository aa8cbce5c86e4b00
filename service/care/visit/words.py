"""The words of the visit page: lines, days, lengths of time, and text cut to a page's measure."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from service.care.records import Record

GRADE_WORDS = ("none", "mild", "moderate", "severe")
Line = dict[str, Any]
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# They would let the words of one line run into the next, or turn them round.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days a page is about, both included, and the moment it is made; her own days."""

    first: date
    last: date
    now: datetime
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """Return the moment the first day begins where she is."""
        return datetime.combine(self.first, time.min, self.zone).astimezone(UTC)

    def day_of(self, at: datetime) -> date:
        """Return the day a moment falls on where she is."""
        return at.astimezone(self.zone).date()

    def day(self, at: date) -> str:
        """Write a day or the day of a moment, with the year if it is not the page's."""
        on = self.day_of(at) if isinstance(at, datetime) else at
        words = f"{on.day} {on:%B}"
        return words if on.year == self.last.year else f"{words} {on.year}"

    def moment(self, at: datetime) -> str:
        """Write a moment by the clock where she is."""
        return f"{self.day(at)}, {at.astimezone(self.zone):%H:%M}"


def line(text: str, *records: Record | Mapping[str, Any], **more: Any) -> Line:
    """Return one line of the page and the records it stands on, each of them once."""
    found = [one.as_json() if isinstance(one, Record) else one for one in records]
    each = {(one["type"], one["id"]): one for one in found}
    return {"text": text, "records": list(each.values()), **more}


def cut(text: str, most: int) -> str:
    """Return text on one line, without what is no letter, and with "…" where it was too long."""
    plain = "".join(_harmless(letter) for letter in text[: 4 * most])
    words = " ".join(plain.split())
    if len(words) <= most and len(text) <= 4 * most:
        return words
    return words[: most - 1].rstrip() + "…"


def _harmless(letter: str) -> str:
    if letter in _TURNING or unicodedata.category(letter) in {"Cs", "Co", "Cn"}:
        return ""
    return " " if unicodedata.category(letter) == "Cc" else letter


def took(length: timedelta) -> str:
    """Write a length of time: "12 min", "5 h", "3 days"."""
    if length < _MINUTE:
        return "less than a minute"
    if length < _HOUR:
        return f"{length // _MINUTE} min"
    if length < 2 * _DAY:
        return f"{length // _HOUR} h"
    return f"{length // _DAY} days"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number and what it counts: "1 dose", "2 doses"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(items: Iterable[str]) -> str:
    """Join words: "a, b and c"."""
    words = list(items)
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def plain(code: str) -> str:
    """Return a code as words: ``side_effects`` is "side effects"."""
    return code.replace("_", " ")


def capital(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]
