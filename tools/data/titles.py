"""Titles by what people write of them: whole, without its articles, run together, in part, or mistyped.

Titles are compared in a plain form: articles and "and" are left out, numerals are figures ("Part II" is 2), and the
spaces go, so that "the Godfather 2" finds The Godfather Part II and "spiderman" Spider-Man. A million titles take a
hash and a row number each, and one row number for each word: some tens of megabytes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from handpicked.tools.data.slips import Vocabulary
from handpicked.tools.data.text import phrase_key
from handpicked.tools.types import Mask

_LONGEST = 14
"""The most words of a title that is looked for whole."""
_DROPPED = frozenset(["the", "a", "an", "and", "n"])
_MARKS = frozenset(["part", "pt", "episode", "vol", "volume", "chapter", "no", "number"])
_FIGURES = {
    "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12",
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
    "eleven": "11", "twelve": "12",
}  # fmt: skip
_AFTER_MARK = {"i": "1", "one": "1", "x": "10"}
_SPELLED = {"dr": "doctor", "mr": "mister", "mrs": "missus", "st": "saint", "vs": "versus", "v": "versus"}
_SPECIAL = _DROPPED | _MARKS | _FIGURES.keys() | _SPELLED.keys()


@dataclass(frozen=True, slots=True)
class Match:
    """A title that the words [first, last) of a text may name. `name` is the phrase key of the title or alias,
    `exact` whether it is written word for word, `slips` how many letters differ, `part` whether only some of its
    words are there."""

    first: int
    last: int
    row: int
    name: str
    exact: bool
    slips: int = 0
    part: bool = False


Names = Sequence[Sequence[str]]
"""The phrase keys of each row's title and aliases."""


def plain(words: Sequence[str]) -> list[tuple[str, int]]:
    """A title's or a text's words in the plain form, each with the place that it had."""
    if len(words) == 1 or _SPECIAL.isdisjoint(words):
        return [(word, place) for place, word in enumerate(words)]
    found: list[tuple[str, int]] = []
    for place, word in enumerate(words):
        after = words[place + 1] if place + 1 < len(words) else ""
        marked = place > 0 and words[place - 1] in _MARKS
        if word in _DROPPED or (word in _MARKS and _figure(after, marked=True) is not None):
            continue
        found.append((_figure(word, marked, first=place == 0) or _SPELLED.get(word, word), place))
    return found or [(word, place) for place, word in enumerate(words)]


def _figure(word: str, marked: bool, *, first: bool = False) -> str | None:
    if word.isdigit():
        return word
    if marked and word in _AFTER_MARK:
        return _AFTER_MARK[word]
    return None if first and word == "v" else _FIGURES.get(word)


class TitleIndex:
    """The titles of one part of the catalogue."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._numbers: dict[str, int] = {}
        hashes, owners, words, places = array("q"), array("i"), array("i"), array("i")
        for row, own in enumerate(names):
            for name in dict.fromkeys(own):
                said = [word for word, _ in plain(name.split())]
                for joined in _joined(name):
                    hashes.append(hash(joined))
                    owners.append(row)
                for word in dict.fromkeys(said):
                    words.append(self._numbers.setdefault(word, len(self._numbers)))
                    places.append(row)
        order = np.argsort(np.array(hashes, np.int64), kind="stable")
        self._hashes, self._rows = np.array(hashes, np.int64)[order], np.array(owners, np.int32)[order]
        keys = np.array(words, np.int32)
        self._postings = np.array(places, np.int32)[np.argsort(keys, kind="stable")]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=len(self._numbers)))])

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of all titles, in the plain form."""
        return Vocabulary(self._numbers)

    def whole(self, joined: Sequence[str]) -> Iterator[tuple[int, int]]:
        """For plain words run together: (position in `joined`, row) of each title that may be them."""
        wanted = np.fromiter(map(hash, joined), np.int64, len(joined))
        places = np.searchsorted(self._hashes, wanted)
        found = places < len(self._hashes)
        found[found] = self._hashes[places[found]] == wanted[found]
        for position in np.flatnonzero(found).tolist():
            place = int(places[position])
            while place < len(self._hashes) and self._hashes[place] == wanted[position]:
                yield position, int(self._rows[place])
                place += 1

    def having(self, word: str) -> NDArray[np.int32]:
        """The rows of titles with a plain word, in order."""
        number = self._numbers.get(word)
        if number is None:
            return self._postings[:0]
        return self._postings[self._starts[number] : self._starts[number + 1]]


class Titles:
    """The living titles: those of the build, and those changed since."""

    def __init__(self, parts: Sequence[TitleIndex], alive: Mask) -> None:
        self._parts = parts
        self._alive = alive
        self._offsets = [0, *np.cumsum([len(part.names) for part in parts]).tolist()]

    @cached_property
    def words(self) -> tuple[Vocabulary, ...]:
        """The words of all titles."""
        return tuple(part.vocabulary for part in self._parts)

    def rows(self, title: str) -> tuple[int, ...]:
        """The rows with this title or alias, in whatever spelling, in order."""
        key = phrase_key(title)
        joined = "".join(word for word, _ in plain(key.split()))
        found = (row for row, name in self._whole([joined]) if key == name)
        return tuple(dict.fromkeys(found))

    def exact(self, words: Sequence[str]) -> list[Match]:
        """Every title that stands whole in the words of a text, but for its plain form."""
        said = plain(words)
        spans: dict[str, list[tuple[int, int]]] = {}
        for first in range(len(said)):
            joined = ""
            for last in range(first, min(first + _LONGEST, len(said))):
                joined += said[last][0]
                spans.setdefault(joined, []).append((first, last))
        joined = list(spans)
        found: list[Match] = []
        for position, row, names in self._candidates(joined):
            for first, last in spans[joined[position]]:
                found += _matches(words, (said[first][1], said[last][1] + 1), row, names)
        return found

    def parts(self) -> Iterator[tuple[TitleIndex, int]]:
        """The indexes, each with the row at which it begins."""
        return zip(self._parts, self._offsets, strict=False)

    def alive(self, row: int) -> bool:
        """Whether the item of a row lives."""
        return bool(self._alive[row])

    def frequency(self, word: str) -> int:
        """How many titles have a word, in its plain form."""
        return sum(len(part.having(word)) for part in self._parts)

    def _whole(self, joined: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Living rows with a title that is one of these in its plain form, and the key of that title."""
        for _, row, names in self._candidates(joined):
            yield from ((row, name) for name in names)

    def _candidates(self, joined: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
        """Position in `joined`, living row and its titles of that plain form. Hashes collide, so words are compared."""
        for part, offset in self.parts():
            for position, row in part.whole(joined):
                names = [n for n in dict.fromkeys(part.names[row]) if joined[position] in _joined(n)]
                if names and self._alive[offset + row]:
                    yield position, offset + row, names


def _joined(name: str) -> tuple[str, ...]:
    """A title's plain words run together; a number that is a title by itself is one in figures too (Seven)."""
    words = name.split()
    joined = "".join(word for word, _ in plain(words))
    return (joined, _FIGURES[joined]) if len(words) == 1 and joined in _FIGURES else (joined,)


def _matches(words: Sequence[str], span: tuple[int, int], row: int, names: Iterable[str]) -> Iterator[Match]:
    for name in names:
        title = name.split()
        first, last = with_article(words, span[0], title), span[1]
        yield Match(first, last, row, name, exact=list(words[first:last]) == title)


def with_article(words: Sequence[str], first: int, title: Sequence[str]) -> int:
    """Where the title begins in the text, with the article that it has too."""
    begins = first > 0 and words[first - 1] == title[0] and words[first - 1] in _DROPPED
    return first - 1 if begins else first
