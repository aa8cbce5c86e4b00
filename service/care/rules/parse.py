"""Reading one mapping of a rule file word by word, and saying which word is wrong."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from service.clinical.reading import BadKnowledge, Document
from service.clinical.spans import Span, span_of

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


class Spec:
    """One mapping, read word by word; :meth:`done` refuses the words nobody asked for."""

    def __init__(self, data: Any, document: Document, place: Steps, rule: str | None) -> None:
        self.document = document
        self.place = place
        self.rule = rule
        if not isinstance(data, Mapping):
            raise self.refuse(f"{data!r} stands where words with values should")
        self.data: Mapping[str, Any] = data
        self._read: set[str] = set()
        self._asked: set[str] = set()

    def refuse(self, complaint: str, key: str | int | None = None) -> BadRule:
        """Return the error to raise for a fault here, or at one word."""
        place = self.place if key is None else (*self.place, key)
        return BadRule(self.document, place, complaint, self.rule)

    def unknown(self, what: str, word: Any, known: Collection[str], key: str | None) -> BadRule:
        """Return the error for a word that is none of the known ones."""
        close = get_close_matches(str(word), known, n=1, cutoff=0.5)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        return self.refuse(f"unknown {what} {word!r}{hint}", key)

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
        return Spec(self.raw(key), self.document, (*self.place, key), self.rule)

    def parts(self, key: str) -> list["Spec"]:
        """Return the mappings of a list under a word; the list may not be empty."""
        rows = self.raw(key)
        if not isinstance(rows, list) or not rows:
            raise self.refuse(f"{key!r} needs a list", key)
        return [
            Spec(row, self.document, (*self.place, key, number), self.rule)
            for number, row in enumerate(rows)
        ]

    def text(self, key: str) -> str:
        """Return the text under a word."""
        value = self.raw(key)
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(f"{key!r} needs text", key)
        return value

    def word(self, key: str, known: Collection[str], what: str) -> str:
        """Return the known word under a word."""
        value = self.raw(key)
        if not isinstance(value, str) or value not in known:
            raise self.unknown(what, value, known, key)
        return value

    def words(self, key: str, known: Collection[str], what: str) -> tuple[str, ...]:
        """Return one or several known words."""
        value = self.raw(key)
        values = value if isinstance(value, list) else [value]
        if not values:
            raise self.refuse(f"{key!r} is empty", key)
        for one in values:
            if not isinstance(one, str) or one not in known:
                raise self.unknown(what, one, known, key)
        return tuple(values)

    def number(self, key: str) -> float:
        """Return the number under a word."""
        value = self.raw(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(f"{value!r} is not a number", key)
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """Return the whole number under a word, not below 0, or ``default`` if it is absent."""
        if default is not None and key not in self:
            return default
        value = self.raw(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.refuse(f"{value!r} is not a whole number", key)
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return the ``true`` or ``false`` under a word."""
        if key not in self:
            return default
        value = self.raw(key)
        if not isinstance(value, bool):
            raise self.refuse(f"{value!r} is neither true nor false", key)
        return value

    def span(self, key: str) -> Span:
        """Return the span of time under a word, such as ``24 h`` or ``3 working days``."""
        try:
            return span_of(str(self.raw(key)))
        except ValueError as bad:
            raise self.refuse(str(bad), key) from None

    def duration(self, key: str, default: timedelta) -> timedelta:
        """Return a span on everyone's clock, or ``default`` if it is absent."""
        if key not in self:
            return default
        span = self.span(key)
        if span.is_working_time:
            raise self.refuse("working time has no length of its own here", key)
        return span.duration

    def done(self) -> None:
        """Refuse every word nobody asked for.

        Raises:
            BadRule: there is one; the message offers the nearest word that would be read.
        """
        for key in self.data:
            if key not in self._read:
                raise self.unknown("word", key, self._read | self._asked - {key}, None)


def _path(steps: Collection[str | int]) -> str:
    """Write a place as ``when.all[0]``."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".")
