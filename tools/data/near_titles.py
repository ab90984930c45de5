"""Titles that stand in part or mistyped in a text, found by the words that tell: few titles are compared, whatever their
number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from handpicked.tools.data.slips import neighbours
from handpicked.tools.data.text import STOP_WORDS, has_cjk
from handpicked.tools.data.titles import Match, TitleIndex, Titles, plain, with_article

_SHARED = 5_000
"""Words of more titles than this tell nothing."""
_ALONE = 24
"""A word of so few titles finds them by itself."""
_TRIED = 64
_APART = 4
_IDEOGRAPHS = 5
_PIECE = 3
"""The fewest letters of each of two words that may be one."""


def find(
    titles: Titles, words: Sequence[str], telling: Callable[[str], bool], spelled: Callable[[str], bool]
) -> list[Match]:
    """Titles of which a part stands in the words of a text, from the title's beginning or to its end, or all of it with
    slips. `telling` says which words are worth looking up, `spelled` which are no slips, whether titles have them or not."""
    said = plain(words)
    found: dict[tuple[int, int, int, str], Match] = {}
    for part, offset in titles.parts():
        for place, row in _likely(part, said, telling, spelled):
            if not titles.alive(offset + row):
                continue
            for name in dict.fromkeys(part.names[row]):
                if (match := _aligned(words, said, place, offset + row, name, telling)) is not None:
                    found.setdefault((match.first, match.last, match.row, name), match)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A place in a text's plain words, and the rows of titles with the word there."""

    place: int
    rows: NDArray[np.int32]
    alone: bool = True


def _likely(
    part: TitleIndex,
    said: Sequence[tuple[str, int]],
    telling: Callable[[str], bool],
    spelled: Callable[[str], bool],
) -> Iterator[tuple[int, int]]:
    """Places and rows to be compared: of a word that few titles have, and of two words near each other."""
    anchors = list(_anchors(part, [word for word, _ in said], telling, spelled))
    for anchor in anchors:
        if anchor.alone and len(anchor.rows) <= _ALONE:
            yield from ((anchor.place, row) for row in anchor.rows.tolist())
    for one, other in _pairs(anchors):
        found = {anchor.alone and len(anchor.rows) <= _ALONE for anchor in (one, other)}
        if True not in found and (one.alone or other.alone or other.place - one.place == 1):
            both = np.intersect1d(one.rows, other.rows, assume_unique=True)[:_TRIED]
            yield from ((one.place, row) for row in both.tolist())


def _pairs(anchors: Sequence[_Anchor]) -> Iterator[tuple[_Anchor, _Anchor]]:
    for number, one in enumerate(anchors):
        for other in anchors[number + 1 :]:
            if 0 < other.place - one.place <= _APART:
                yield one, other


def _anchors(
    part: TitleIndex, words: Sequence[str], telling: Callable[[str], bool], spelled: Callable[[str], bool]
) -> Iterator[_Anchor]:
    missing = [not len(part.having(word)) for word in words]
    strange = [
        gone and not word.isdigit() and not spelled(word) for word, gone in zip(words, missing, strict=True)
    ]
    for place, word in enumerate(words):
        meant = [word] if not missing[place] and word not in STOP_WORDS else []
        if strange[place] and not has_cjk(word):
            near = neighbours(word, (part.vocabulary,))
            meant = [other for other, _ in near]
            nearest = [other for other, distance in near if distance == near[0][1]]
            yield from _nearest(part, place, nearest, every=len(nearest) == len(meant))
        if found := _rows(part, meant):
            yield _Anchor(place, found[0], strange[place] or telling(word))
    for place, (word, after) in enumerate(pairwise(words)):
        if min(len(word), len(after)) >= _PIECE and not has_cjk(f"{word}{after}"):
            both = word + after
            near = strange[place] or strange[place + 1]
            meant = (
                [o for o, _ in neighbours(both, (part.vocabulary,))]
                if near
                else [both] * len(part.having(both))
            )
            if found := _rows(part, dict.fromkeys(meant)):
                yield _Anchor(place, found[0])


def _nearest(part: TitleIndex, place: int, words: Sequence[str], *, every: bool) -> Iterator[_Anchor]:
    """The titles that are no more than a word that a mistyped one may be; and all that have one of those, unless they
    are `every` word that it may be."""
    if whole := {row for _, row in part.whole(words)}:
        yield _Anchor(place, np.array(sorted(whole), np.int32))
    if not every and (found := _rows(part, words)):
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
    forms = plain(whole)
    title = [word for word, _ in forms]
    text = [word for word, _ in said]
    if (miswritten := _miswritten(text, title, place)) is not None:
        return Match(said[miswritten][1], said[miswritten + len(title) - 1][1] + 1, row, name, False, 1)
    best: _Run | None = None
    for begin in range(len(title)):
        run = _grown(text, title, place, begin)
        if run is not None and (best is None or run.end - run.begin > best.end - best.begin):
            best = run
    if best is None or (best.begin > 0 and best.end < len(title)):
        return None
    part = best.begin > 0 or best.end < len(title)
    pairs = zip(text[best.first : best.last], title[best.begin : best.end], strict=False)
    if (
        best.slips
        and best.last - best.first == best.end - best.begin
        and not _believable(list(pairs), telling)
    ):
        return None
    first, last = said[best.first][1], said[best.last - 1][1] + 1
    begins = forms[best.begin][1]
    first = with_article(words, first, whole[max(begins - 1, 0) :])
    return Match(first, last, row, name, list(words[first:last]) == whole, best.slips, part)


def _miswritten(text: Sequence[str], title: Sequence[str], place: int) -> int | None:
    """Where a Chinese title of five ideographs or more begins in which one is another: 肖生克的救赎."""
    if len(title) < _IDEOGRAPHS or not all(map(has_cjk, title)):
        return None
    for begin in (place - at for at, word in enumerate(title) if word == text[place]):
        window = text[max(begin, 0) : begin + len(title)]
        if (
            len(window) == len(title)
            and sum(one != other for one, other in zip(window, title, strict=True)) == 1
        ):
            return begin
    return None


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
