"""Titles by what people write of them: whole, without its articles, run together, in part, or mistyped.

Titles are compared in a plain form: articles and "and" are left out, numerals are figures ("Part II" is 2), and the
spaces go, so that "the Godfather 2" finds The Godfather Part II and "spiderman" Spider-Man. A million titles take a
hash and a row number each, and one row number for each word: some tens of megabytes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from handpicked.tools.data.slips import Vocabulary, neighbours
from handpicked.tools.data.text import has_cjk, phrase_key
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
_SHARED = 5_000
"""Words of more titles than this tell nothing."""
_ALONE = 24
"""A word of so few titles finds them by itself."""
_PIECE = 3
"""The fewest letters of each of two words that may be one."""
_TRIED = 64
_APART = 4


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
                hashes.append(hash("".join(said)))
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

    def near(self, words: Sequence[str], telling: Callable[[str], bool]) -> list[Match]:
        """Titles that stand in part or mistyped in the words of a text, found by the words that tell."""
        said = plain(words)
        found: dict[tuple[int, int, int, str], Match] = {}
        for part, offset in zip(self._parts, self._offsets, strict=False):
            for place, row in _likely(part, said, telling):
                if not self._alive[offset + row]:
                    continue
                for name in dict.fromkeys(part.names[row]):
                    if (match := _aligned(words, said, place, offset + row, name, telling)) is not None:
                        found.setdefault((match.first, match.last, match.row, name), match)
        return list(found.values())

    def frequency(self, word: str) -> int:
        """How many titles have a word, in its plain form."""
        return sum(len(part.having(word)) for part in self._parts)

    def _whole(self, joined: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Living rows with a title that is one of these in its plain form, and the key of that title."""
        for _, row, names in self._candidates(joined):
            yield from ((row, name) for name in names)

    def _candidates(self, joined: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
        """Position in `joined`, living row and its titles of that plain form. Hashes collide, so words are compared."""
        for part, offset in zip(self._parts, self._offsets, strict=False):
            for position, row in part.whole(joined):
                names = [n for n in dict.fromkeys(part.names[row]) if _joined(n) == joined[position]]
                if names and self._alive[offset + row]:
                    yield position, offset + row, names


def _joined(name: str) -> str:
    return "".join(word for word, _ in plain(name.split()))


def _matches(words: Sequence[str], span: tuple[int, int], row: int, names: Iterable[str]) -> Iterator[Match]:
    for name in names:
        title = name.split()
        first, last = _with_article(words, span[0], title), span[1]
        yield Match(first, last, row, name, exact=list(words[first:last]) == title)


def _with_article(words: Sequence[str], first: int, title: Sequence[str]) -> int:
    """Where the title begins in the text, with the article that it has too."""
    begins = first > 0 and words[first - 1] == title[0] and words[first - 1] in _DROPPED
    return first - 1 if begins else first


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A place in a text's plain words, and the rows of titles with the word there."""

    place: int
    rows: NDArray[np.int32]


def _likely(
    part: TitleIndex, said: Sequence[tuple[str, int]], telling: Callable[[str], bool]
) -> Iterator[tuple[int, int]]:
    """Places and rows to be compared: of a word that few titles have, and of two words near each other."""
    anchors = list(_anchors(part, [word for word, _ in said], telling))
    for anchor in anchors:
        if len(anchor.rows) <= _ALONE:
            yield from ((anchor.place, row) for row in anchor.rows.tolist())
    for one, other in _pairs(anchors):
        if len(one.rows) > _ALONE or len(other.rows) > _ALONE:
            both = np.intersect1d(one.rows, other.rows, assume_unique=True)[:_TRIED]
            yield from ((one.place, row) for row in both.tolist())


def _pairs(anchors: Sequence[_Anchor]) -> Iterator[tuple[_Anchor, _Anchor]]:
    for number, one in enumerate(anchors):
        for other in anchors[number + 1 :]:
            if 0 < other.place - one.place <= _APART:
                yield one, other


def _anchors(part: TitleIndex, words: Sequence[str], telling: Callable[[str], bool]) -> Iterator[_Anchor]:
    strange = [not len(part.having(word)) and not word.isdigit() for word in words]
    for place, word in enumerate(words):
        meant = [word] if telling(word) and not strange[place] else []
        if strange[place] and not has_cjk(word):
            meant = [other for other, _ in neighbours(word, (part.vocabulary,))]
        if found := _rows(part, meant):
            yield _Anchor(place, found[0])
    for place, (word, after) in enumerate(pairwise(words)):
        if min(len(word), len(after)) >= _PIECE and not has_cjk(f"{word}{after}"):
            both = word + after
            near = strange[place] or strange[place + 1]
            meant = (
                [o for o, _ in neighbours(both, (part.vocabulary,))] if near else [both] * len(part.having(both))
            )
            if found := _rows(part, dict.fromkeys(meant)):
                yield _Anchor(place, found[0])


def _rows(part: TitleIndex, words: Iterable[str]) -> list[NDArray[np.int32]]:
    """The rows with any of the words, as one array, or nothing."""
    found = [rows for word in words if 0 < len(rows := part.having(word)) <= _SHARED]
    return [np.unique(np.concatenate(found))] if found else []


@dataclass(frozen=True, slots=True)
class _Run:
    """Words [first, last) of a text that agree with words [begin, end) of a title, but for some slips."""

    first: int
    last: int
    begin: int
    end: int
    slips: int


def _aligned(
    words: Sequence[str],
    said: Sequence[tuple[str, int]],
    place: int,
    row: int,
    name: str,
    telling: Callable[[str], bool],
) -> Match | None:
    """How a title agrees with a text around a place, if it does from its beginning or to its end."""
    whole = name.split()
    title = [word for word, _ in plain(whole)]
    text = [word for word, _ in said]
    best: _Run | None = None
    for begin in range(len(title)):
        run = _grown(text, title, place, begin)
        if run is not None and (best is None or run.end - run.begin > best.end - best.begin):
            best = run
    if best is None or (best.begin > 0 and best.end < len(title)):
        return None
    part = best.begin > 0 or best.end < len(title)
    pairs = zip(text[best.first : best.last], title[best.begin : best.end], strict=False)
    if best.slips and best.last - best.first == best.end - best.begin and not _believable(list(pairs), telling):
        return None
    first, last = said[best.first][1], said[best.last - 1][1] + 1
    first = first if best.begin else _with_article(words, first, whole)
    return Match(first, last, row, name, list(words[first:last]) == whole, best.slips, part)


def _grown(text: Sequence[str], title: Sequence[str], place: int, begin: int) -> _Run | None:
    """The run around a place of the text and of the title."""
    if (step := _step(text, title, place, begin)) is None:
        return None
    first, start, slipped = place, begin, step[2]
    last, end = place + step[0], begin + step[1]
    while last < len(text) and end < len(title) and (step := _step(text, title, last, end)) is not None:
        last, end, slipped = last + step[0], end + step[1], slipped + step[2]
    while first > 0 and start > 0 and (cost := _slips(text[first - 1], title[start - 1])) is not None:
        first, start, slipped = first - 1, start - 1, slipped + cost
    return _Run(first, last, start, end, slipped)


def _step(text: Sequence[str], title: Sequence[str], at: int, to: int) -> tuple[int, int, int] | None:
    """How many words of each agree from here on, and with how many slips: one, or two that are run together."""
    if (cost := _slips(text[at], title[to])) is not None:
        return 1, 1, cost
    if at + 1 < len(text) and (cost := _slips(text[at] + text[at + 1], title[to])) is not None:
        return 2, 1, cost
    if to + 1 < len(title) and (cost := _slips(text[at], title[to] + title[to + 1])) is not None:
        return 1, 2, cost
    return None


def _believable(pairs: Sequence[tuple[str, str]], telling: Callable[[str], bool]) -> bool:
    """Whether words that differ are slips: another form of a word ("aliens") is none, unless another word tells."""
    same = any(one == other and telling(one) for one, other in pairs)
    return same or not any(_inflected(one, other) for one, other in pairs)


def _slips(written: str, meant: str) -> int | None:
    """How many letters differ, or None for too many: one is allowed from four letters on, two from eight."""
    if written == meant or _styled(written, meant):
        return 0
    allowed = min(len(meant) // 4, 2)
    if not allowed or written[:1] != meant[:1] or abs(len(written) - len(meant)) > allowed:
        return None
    cost = OSA.distance(written, meant, score_cutoff=allowed)
    return cost if cost <= allowed else None


def _styled(written: str, meant: str) -> bool:
    """Whether figures stand for letters: se7en."""
    if len(written) != len(meant) or len(written) < _PIECE or written.isdigit() or written.isalpha():
        return False
    return all(one == other or one.isdigit() for one, other in zip(written, meant, strict=True))


_ENDINGS = frozenset(["s", "es", "d", "ed", "r", "er", "ers", "ing", "ly", "y", "n"])


def _inflected(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return one != other and long.startswith(short) and long[len(short) :] in _ENDINGS
