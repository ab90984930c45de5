"""The lexical half of search: BM25 by SQLite FTS5 over folded, segmented words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from handpicked.tools.data.documents import Layout
from handpicked.tools.data.text import content_words, words
from handpicked.tools.types import Item

# BM25 weights of the columns: title, people, tags, body.
_WEIGHTS = "8.0, 4.0, 4.0, 1.0"
_SCHEMA = (
    "CREATE VIRTUAL TABLE docs USING fts5(title, people, tags, body,"
    " content='', tokenize='porter unicode61 remove_diacritics 2')"
)
_QUERY = (
    f"SELECT rowid, -bm25(docs, {_WEIGHTS}) AS score FROM docs WHERE docs MATCH ? ORDER BY score DESC, rowid"
)
_HAS = "SELECT 1 FROM docs WHERE docs MATCH ? LIMIT 1"
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM docs WHERE docs MATCH ? LIMIT ?)"
_BODY_CHARACTERS = Layout().longest
POSTINGS = 20_000
"""How many documents are scored for a text, about a microsecond each."""


class Lexical:
    """Reads one FTS5 index, from any thread."""

    def __init__(self, connection: sqlite3.Connection, postings: int = POSTINGS) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._postings = postings
        self._frequency = lru_cache(maxsize=20_000)(self._count)

    def search(self, text: str, limit: int) -> list[tuple[int, float]]:
        """(row, BM25 score) of the documents that hold any content word of the text, best first.

        Where those are very many, the words that most of them have, which tell least, are left out; of a text that
        has no other words, only titles count."""
        asked = self._telling(list(dict.fromkeys(content_words(text))))
        if not asked:
            return []
        with self._lock:
            return self._connection.execute(f"{_QUERY} LIMIT ?", (asked, limit)).fetchall()

    def has(self, word: str) -> bool:
        """Whether any document holds a word, by its stem."""
        with self._lock:
            return bool(self._connection.execute(_HAS, (f'"{word}"',)).fetchone())

    def _telling(self, words: Sequence[str]) -> str:
        """The query for some words: the rarest of them, as long as they have few documents all told."""
        held = sorted((count, place) for place, word in enumerate(words) if (count := self._frequency(word)))
        ends = np.cumsum([count for count, _ in held])
        kept = sorted(place for (_, place), end in zip(held, ends, strict=True) if end <= self._postings)
        titled = "" if kept else "title : "
        terms = " OR ".join(f'"{words[place]}"' for place in kept or sorted(place for _, place in held))
        return f"{titled}({terms})" if terms else ""

    def _count(self, word: str) -> int:
        """How many documents hold a word; counting ends above the most that are scored."""
        with self._lock:
            return self._connection.execute(_COUNT, (f'"{word}"', self._postings + 1)).fetchone()[0]


def save(items: Iterable[Item], path: Path) -> None:
    """Write the index of items, the row id being the position."""
    connection = sqlite3.connect(path)
    try:
        _fill(connection, items)
        connection.execute("INSERT INTO docs(docs) VALUES ('optimize')")
        connection.commit()
    finally:
        connection.close()


def open_index(path: Path) -> Lexical:
    """Open what `save` wrote, read-only. Raises sqlite3.Error when it is none."""
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    connection.execute(
        "SELECT count(*) FROM docs_config"
    ).fetchone()  # SQLite looks at a file at its first query
    return Lexical(connection)


def in_memory(items: Iterable[Item], postings: int = POSTINGS) -> Lexical:
    """The same over the few items that changed since the build."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    _fill(connection, items)
    return Lexical(connection, postings)


def _fill(connection: sqlite3.Connection, items: Iterable[Item]) -> None:
    connection.execute(_SCHEMA)
    insert = "INSERT INTO docs(rowid, title, people, tags, body) VALUES (?, ?, ?, ?, ?)"
    connection.executemany(insert, _documents(items))


def _documents(items: Iterable[Item]) -> Iterator[tuple[int, str, str, str, str]]:
    for row, item in enumerate(items):
        attributes = [str(value) for value in item.attributes.values() if isinstance(value, str)]
        tags = [*item.categories, item.brand or "", item.language or "", item.country or "", *attributes]
        fields = (
            " ".join([item.title, *item.aliases]),
            " ".join([*item.creators, *item.cast]),
            " ".join([*tags, str(item.year or "")]),
            item.description[:_BODY_CHARACTERS],
        )
        yield (row, *(" ".join(words(field)) for field in fields))  # type: ignore[misc]
