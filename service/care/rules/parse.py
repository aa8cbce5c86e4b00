"""Reading one mapping of a rule file word by word, and saying which word is wrong."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from service.clinical.reading import BadKnowledge, Document
from service.clinical.spans import Span, span_of

_LONGEST_WORD = 60
_FEW = 12
_ENDLESS = 1_000_000
_SPAN_UNITS = {
    "min": "min", "minutes": "min", "h": "h", "hours": "h", "days": "days", "weeks": "weeks",
    "working hours": "working hours", "working days": "working days",
}  # fmt: skip
Steps = tuple[str | int, ...]


class BadRule(BadKnowledge):
    """A rule cannot be used; the service does not start with it.

    The message names the file, the line, the rule, the place (``when.all[0]``) and the word, and
    the word that was probably meant.

    Attributes:
        rule: id of the rule, or ``None`` where the fault hides it.
    """

    def __init__(
        self, document: Document, place: Steps, complaint: str, rule: str | None = None
    ) -> None:
        fault = document.refuse(place, complaint)
        super().__init__(fault.file, place, complaint, fault.line)
        self.rule = rule
        self.place = _path(place[1:])

    def __str__(self) -> str:
        """Return file, line, rule, place and complaint in one line."""
        where = f"{self.file}, line {self.line}" if self.line else self.file
        what = ", ".join(part for part in (self.rule, self.place) if part)
        return f"{where}: {what}: {self.complaint}" if what else f"{where}: {self.complaint}"


@dataclass(frozen=True, slots=True)
class Understood:
    """A word the language knows here: what holds if it is left out, and the words below it."""

    usual: int | timedelta | None
    below: "Mapping[str, Understood]"


class Spec:
    """One mapping, read word by word; :meth:`done` refuses the words nobody asked for."""

    def __init__(self, data: Any, document: Document, place: Steps, rule: str | None) -> None:
        self.document = document
        self.place = place
        self.rule = rule
        if not isinstance(data, Mapping):
            raise self.refuse(f"{short(data)} stands where words with values should")
        self.data: Mapping[str, Any] = data
        self._read: set[str] = set()
        self._asked: set[str] = set()
        self._inner: dict[str, Spec] = {}
        self._usual: dict[str, int | timedelta] = {}

    def refuse(self, complaint: str, key: str | int | None = None) -> BadRule:
        """Return the error to raise for a fault here, or at one word."""
        place = self.place if key is None else (*self.place, key)
        return BadRule(self.document, place, complaint, self.rule)

    def unknown(
        self, what: str, word: Any, known: Collection[str], *at: str | int | None
    ) -> BadRule:
        """Return the error for a word that is none of the known ones, and offer the nearest."""
        complaint = f"unknown {what} {short(word)}{hint(word, known)}"
        place = tuple(step for step in at if step is not None)
        return BadRule(self.document, (*self.place, *place), complaint, self.rule)

    def __contains__(self, key: str) -> bool:
        """Tell whether the mapping has this word."""
        self._asked.add(key)
        return key in self.data

    def raw(self, key: str) -> Any:
        """Return what stands under a word, unchecked; refuse its absence."""
        self._read.add(key)
        if key not in self.data:
            raise self.refuse(f"{key!r} is missing")
        return self.data[key]

    def optional(self, key: str) -> Any:
        """Return what stands under a word, unchecked, or ``None``."""
        self._read.add(key)
        return self.data.get(key)

    def part(self, key: str) -> "Spec":
        """Return the mapping under a word."""
        inner = Spec(self.raw(key), self.document, (*self.place, key), self.rule)
        self._inner[key] = inner
        return inner

    def parts(self, key: str) -> list["Spec"]:
        """Return the mappings of a list under a word; the list may not be empty."""
        rows = self.raw(key)
        if not isinstance(rows, list) or not rows:
            raise self.refuse(f"{key!r} needs a list: a line for each, begun with '- '", key)
        return [
            Spec(row, self.document, (*self.place, key, number), self.rule)
            for number, row in enumerate(rows)
        ]

    def text(self, key: str) -> str:
        """Return the text under a word."""
        value = self.raw(key)
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(f"{key!r} needs text, not {short(value)}", key)
        return value

    def word(self, key: str, known: Collection[str], what: str) -> str:
        """Return the known word under a word."""
        value = self.raw(key)
        if isinstance(value, list | Mapping):
            raise self.refuse(f"{key!r} takes one word, not {_kind(value)}", key)
        if not isinstance(value, str) or value not in known:
            raise self.unknown(what, value, known, key)
        return value

    def words(self, key: str, known: Collection[str], what: str) -> tuple[str, ...]:
        """Return one or several known words."""
        value = self.raw(key)
        values = value if isinstance(value, list) else [value]
        if not values:
            raise self.refuse(f"{key!r} is empty", key)
        for number, one in enumerate(values):
            at = (key, number) if values is value else (key,)
            if isinstance(one, list | Mapping):
                raise self.refuse(f"{key!r} takes words, not {_kind(one)}", key)
            if not isinstance(one, str) or one not in known:
                raise self.unknown(what, one, known, *at)
            if values.index(one) < number:
                raise BadRule(self.document, (*self.place, *at), f"{one!r} stands twice", self.rule)
        return tuple(values)

    def items(self, key: str, known: Collection[str]) -> tuple[str, ...]:
        """Return items of a questionnaire, one or several, written as text or as numbers."""
        value = self.raw(key)
        items = tuple(str(one) for one in (value if isinstance(value, list) else [value]))
        for item in items:
            if item not in known:
                raise self.unknown("item", item, known, key)
        if not items:
            raise self.refuse(f"{key!r} is empty", key)
        return items

    def number(self, key: str, *, unit: str = "") -> float:
        """Return the number under a word; ``unit`` is what it is read in, for the complaint."""
        value = self.raw(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            read_in = f", in {unit}" if unit else ""
            raise self.refuse(f"{short(value)} is not a number{_bare(value, read_in)}", key)
        return value

    def whole(
        self, key: str, default: int | None = None, *, least: int = 0, most: int | None = None
    ) -> int:
        """Return the whole number under a word, or ``default`` if it is absent."""
        if default is not None:
            self._usual[key] = default
            if key not in self:
                return default
        value = self.raw(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.refuse(f"{short(value)} is not a whole number{_bare(value, '')}", key)
        if value < least:
            raise self.refuse(f"{value} is too small; {least} is the least", key)
        if most is not None and value > most:
            raise self.refuse(f"{value} is too big; {most} is the most", key)
        return value

    def between(self) -> tuple[int, int]:
        """Return the ends of ``{at_least, below}``, the second not included."""
        low, below = self.whole("at_least", default=0), self.whole("below", default=_ENDLESS)
        if low >= below:
            raise self.refuse(f"nothing lies between {low} and below {below}", "below")
        return low, below

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return the ``true`` or ``false`` under a word."""
        if key not in self:
            return default
        value = self.raw(key)
        if not isinstance(value, bool):
            raise self.refuse(f"{short(value)} is neither true nor false", key)
        return value

    def span(self, key: str) -> Span:
        """Return the span of time under a word, such as ``24 h`` or ``3 working days``."""
        value = self.raw(key)
        try:
            return span_of(str(value))
        except ValueError as bad:
            raise self.refuse(f"{bad}{_unit_hint(str(value))}", key) from None

    def duration(self, key: str, default: timedelta) -> timedelta:
        """Return a span on everyone's clock, or ``default`` if it is absent."""
        self._usual[key] = default
        if key not in self:
            return default
        span = self.span(key)
        if span.is_working_time:
            raise self.refuse("working time has no length of its own here; write days or h", key)
        return span.duration

    def understood(self) -> dict[str, "Understood"]:
        """Return every word that was asked for, for the page about the language."""
        return {
            word: Understood(
                self._usual.get(word),
                self._inner[word].understood() if word in self._inner else {},
            )
            for word in sorted(self._read | self._asked)
        }

    def done(self) -> None:
        """Refuse every word nobody asked for.

        Raises:
            BadRule: there is one; the message offers the nearest word that would be read.
        """
        for key in self.data:
            if key not in self._read:
                known = self._read | self._asked - {key}
                raise self.unknown("word", key, sorted(known), key)


def _path(steps: Collection[str | int]) -> str:
    """Write a place as ``when.all[0]``."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".")


def short(value: Any) -> str:
    """Write what stands in a file as a complaint names it: not longer than a line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    written = _kind(value) if isinstance(value, list | Mapping) else repr(value)
    return written if len(written) <= _LONGEST_WORD else f"{written[:_LONGEST_WORD]} …"


def hint(word: Any, known: Collection[str]) -> str:
    """Offer the nearest of the known words, or all of them where they are few."""
    written = re.sub(r"[\s-]+", "_", str(word).strip().casefold())
    alike = {re.sub(r"[\s-]+", "_", one.casefold()): one for one in known}
    close = get_close_matches(written, alike, n=1, cutoff=0.5)
    if close and not written.isdigit():
        return f"; did you mean {alike[close[0]]!r}?"
    if 0 < len(known) <= _FEW:
        return f"; known are {', '.join(str(one) for one in known)}"
    return ""


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "words with values"


def _bare(value: Any, read_in: str) -> str:
    """Say how a number that has more beside it is to be written."""
    found = re.fullmatch(r"\s*(-?[0-9]+)(?:[.,]([0-9]+))?\s*(\D*)", str(value))
    if not isinstance(value, str) or found is None:
        return ""
    number = found[1] if found[2] is None else f"{found[1]}.{found[2]}"
    if found[3]:
        return f"; write {number} without a unit{read_in}"
    return f"; write {number} without quotes" if found[2] is None else f"; write {number}"


def _unit_hint(text: str) -> str:
    found = re.fullmatch(r"([1-9][0-9]*)\s*(.*)", text.strip())
    if found is None:
        return ""
    if not found[2]:
        return f"; did you mean '{found[1]} days' or '{found[1]} h'?"
    close = get_close_matches(found[2].casefold(), _SPAN_UNITS, n=1, cutoff=0.5)
    return f"; did you mean '{found[1]} {_SPAN_UNITS[close[0]]}'?" if close else ""
