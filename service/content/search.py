"""Finding articles by the words in them: an index in memory, the same whatever the database is.

SQLite's full-text index (FTS5) over the project's articles and those a clinic has published: a few
hundred texts, indexed in milliseconds.  English words are found in all their forms; other languages
by the beginning of a word, whatever its accents.  Title and summary count for more than the text.
"""

import re
import sqlite3
from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

from service.clinical import Article

MOST_WORDS = 10
_WORD = re.compile(r"\w+")
_MARKS = re.compile(r"\]\([^)]*\)|[*_#>`\[\]]")
_ENGLISH = "en"
# Title, summary, tags, text.  Source: project choice.
_WEIGHTS = "8.0, 4.0, 3.0, 1.0"
_TOKENS = {True: "porter unicode61 remove_diacritics 2", False: "unicode61 remove_diacritics 2"}
_TABLES = {True: "english", False: "other"}


class Hit(NamedTuple):
    """An article in which the words were found, and some words around them."""

    article: Article
    snippet: str


class SearchIndex:
    """Articles, findable by their words.  May be asked from several threads."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._articles = tuple(articles)
        self._guard = Lock()
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        for is_english, name in _TABLES.items():
            self._index.execute(
                f"CREATE VIRTUAL TABLE {name} USING fts5("
                f"title, summary, tags, body, tokenize = '{_TOKENS[is_english]}')"
            )
        for number, one in enumerate(self._articles):
            self._index.execute(
                f"INSERT INTO {_table_of(one.language)}(rowid, title, summary, tags, body)"  # noqa: S608 - one of two names of ours
                " VALUES (?, ?, ?, ?, ?)",
                (number, one.title, one.summary, " ".join(sorted(one.tags)), _plain(one.body)),
            )

    def find(self, text: str) -> list[Hit]:
        """Return the articles that hold all the words, the best first; else those with any.

        Args:
            text: what somebody typed; at most ``MOST_WORDS`` words of it count, each of them also
                as the beginning of a longer one.
        """
        words = _WORD.findall(text)[:MOST_WORDS]
        if not words:
            return []
        terms = [f'"{word}"*' for word in words]
        return self._ask(" ".join(terms)) or self._ask(" OR ".join(terms))

    def _ask(self, expression: str) -> list[Hit]:
        rows: list[tuple[float, int, str]] = []
        with self._guard:
            for name in _TABLES.values():
                rows += self._index.execute(
                    f"SELECT bm25({name}, {_WEIGHTS}), rowid,"  # noqa: S608 - names and numbers of ours
                    f" snippet({name}, 3, '', '', ' … ', 24) FROM {name} WHERE {name} MATCH ?",
                    (expression,),
                ).fetchall()
        return [
            Hit(self._articles[number], " ".join(snippet.split()))
            for _rank, number, snippet in sorted(rows)
        ]


def _table_of(language: str) -> str:
    return _TABLES[language.split("-")[0] == _ENGLISH]


def _plain(markdown: str) -> str:
    return _MARKS.sub(" ", markdown)
