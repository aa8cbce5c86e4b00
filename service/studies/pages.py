"""Taking a page of the registry apart, study by study, in memory that does not grow with it.

A page is ``{"studies": [{…}, …], "nextPageToken": …, "totalCount": …}`` and may be hundreds of
megabytes.  The bytes are scanned once for brackets and texts; a study is parsed by itself, so one
that is broken costs only itself, and what stands before a cut is kept.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

# The largest records of the registry, with all their results, stay below.  Project choice.
STUDY_LIMIT = 16 * 1024 * 1024
_AROUND_LIMIT = 1024 * 1024
# A whole text, a bracket, or a quotation mark whose text goes on beyond what was read.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]|"', re.DOTALL)
_BETWEEN = b" \t\r\n,"
_OUTSIDE, _PAGE, _LIST, _STUDY = range(4)


class Piece(NamedTuple):
    """One study of a page, or what is wrong: ``number`` counts from 1, ``None`` for the page."""

    number: int | None
    data: Any = None
    fault: str | None = None


class Page:
    """One page on its way through: iterate over it once, then ask for the rest.

    Attributes:
        total: how many studies the registry said it has, ``None`` if it did not.
        has_next: whether the registry named a next page; ``False`` until the end was read.
        is_whole: whether the end was reached and could be read.
        count: how many studies there were, broken ones too.
    """

    def __init__(self, chunks: Iterable[bytes], *, limit: int = STUDY_LIMIT) -> None:
        self.total: int | None = None
        self.has_next = False
        self.is_whole = False
        self._chunks = chunks
        self._limit = limit
        self._bytes = b""
        self._read = 0  # up to here the brackets are counted
        self._kept = 0  # from here the bytes are still needed
        self._around = b""
        self._depth = _OUTSIDE
        self._is_in_list = False
        self._had_list = False
        self._key = b""
        self.count = 0
        self._is_too_long = False

    def __iter__(self) -> Iterator[Piece]:
        """Yield each study, parsed, and each fault, in the order of the file."""
        for chunk in self._chunks:
            self._bytes += chunk
            yield from self._scan()
            if self._holds_too_much():
                yield Piece(None, fault="something in it is longer than any study")
                return
        yield from self._end()

    def _scan(self) -> Iterator[Piece]:
        end = len(self._bytes)
        for token in _TOKEN.finditer(self._bytes, self._read):
            text = token[0]
            if text == b'"':
                end = token.start()
                break
            if text[:1] == b'"':
                if self._depth == _PAGE:
                    self._key = text
            elif text in b"{[":
                yield from self._open(text, token.start(), token.end())
            else:
                yield from self._close(token.start(), token.end())
        self._read = end
        self._forget()

    def _open(self, text: bytes, start: int, end: int) -> Iterator[Piece]:
        self._depth += 1
        if self._is_in_list:
            if self._depth == _STUDY:
                yield from self._between(start)
                self._kept = start
        elif self._depth == _LIST and text == b"[" and self._key == b'"studies"':
            self._around += self._bytes[self._kept : end]
            self._is_in_list = self._had_list = True
            self._kept = end

    def _close(self, start: int, end: int) -> Iterator[Piece]:
        self._depth -= 1
        if not self._is_in_list:
            return
        if self._depth == _LIST:
            yield self._study(end)
            self._kept = end
        elif self._depth == _PAGE:
            yield from self._between(start)
            self._is_in_list = False
            self._kept = start

    def _study(self, end: int) -> Piece:
        self.count += 1
        if self._is_too_long or end - self._kept > self._limit:
            self._is_too_long = False
            return Piece(self.count, fault="longer than any study may be")
        try:
            return Piece(self.count, orjson.loads(self._bytes[self._kept : end]))
        except orjson.JSONDecodeError:
            return Piece(self.count, fault="not readable as JSON")

    def _between(self, start: int) -> Iterator[Piece]:
        """Name what stands between two studies and is none."""
        if self._bytes[self._kept : start].strip(_BETWEEN):
            self.count += 1
            yield Piece(self.count, fault="not a study")

    def _forget(self) -> None:
        """Let go of the bytes that nobody needs any more."""
        is_study = self._is_in_list and self._depth >= _STUDY
        if is_study and self._read - self._kept > self._limit:
            self._is_too_long = True
            self._kept = self._read
        if self._is_in_list:
            self._bytes = self._bytes[self._kept :]
            self._read -= self._kept
        else:
            self._around += self._bytes[self._kept : self._read]
            self._bytes = self._bytes[self._read :]
            self._read = 0
        self._kept = 0

    def _holds_too_much(self) -> bool:
        unread = len(self._bytes) - self._read
        return unread > self._limit or len(self._around) > _AROUND_LIMIT

    def _end(self) -> Iterator[Piece]:
        if not self._had_list:
            yield Piece(None, fault="no page of the registry: it has no list of studies")
            return
        if self._is_in_list or self._depth != _OUTSIDE or self._read < len(self._bytes):
            after = f"after {self.count} studies" if self.count != 1 else "after 1 study"
            yield Piece(None, fault=f"cut in the middle, {after}")
            return
        try:
            page = orjson.loads((self._around + self._bytes).removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            yield Piece(None, fault="not readable as JSON around its studies")
            return
        total, following = page.get("totalCount"), page.get("nextPageToken")
        self.total = total if isinstance(total, int) and not isinstance(total, bool) else None
        self.has_next = bool(following)
        self.is_whole = True
