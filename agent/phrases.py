"""Known phrases in a text, all parts of the lexicon in one pass."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from handpicked.tools.data.text import Token, has_cjk, segments, simplified

T = TypeVar("T")
_VERBS = frozenset("要找买读喝吃选")
"""Verbs that a segmenter joins to the one ideograph that is their object: 要书."""
_HEADS = frozenset("老好大小新旧看听读买长短想太很更最挺真超")
_TAILS = frozenset("片剧类系风味书乐歌史") | {
    "电影",
    "小说",
    "新闻",
    "音乐",
    "歌曲",
    "故事",
    "专辑",
    "题材",
    "主题",
    "影片",
}
"""What Chinese puts behind a kind to name a thing of it: 战争片, 民谣歌."""


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """A phrase at tokens [first, last), and what it stands for."""

    first: int
    last: int
    value: T


@dataclass(frozen=True, slots=True)
class Phrases(Generic[T]):
    """Phrase keys to values, with the length of the longest phrase by its first word."""

    known: Mapping[str, T]
    longest: Mapping[str, int]

    def find(self, tokens: Sequence[Token], accept: Callable[[int, int], bool]) -> Iterator[Match[T]]:
        """The longest phrases from the left, none overlapping, that are accepted by their token positions."""
        start = 0
        while start < len(tokens):
            reach = self.longest.get(tokens[start].text, 0)
            for end in range(min(len(tokens), start + reach), start, -1):
                value = self.known.get(" ".join([token.text for token in tokens[start:end]]))
                if value is not None and accept(start, end):
                    yield Match(start, end, value)
                    start = end - 1
                    break
            start += 1


def phrases(known: Mapping[str, T]) -> Phrases[T]:
    """Make phrase keys (`text.phrase_key`) ready to be found."""
    longest: dict[str, int] = {}
    for key in known:
        words = key.split()
        if words:
            longest[words[0]] = max(longest.get(words[0], 0), len(words))
    return Phrases(known, longest)


@dataclass(frozen=True, slots=True)
class Words:
    """The word of a Chinese text around each place, [start, end)."""

    text: str
    around: Mapping[int, tuple[int, int]]

    def whole(self, start: int, end: int, known: Container[str]) -> bool:
        """Whether a phrase is no mere part of a word: 喜剧 isn't meant in 喜剧演员, but is in 喜剧片.

        What is left of the word must be known itself, or what names a thing of a kind. Where the segmenter has cut
        through a phrase it doesn't know it, which says little of a long one."""
        if start not in self.around or not has_cjk(self.text[start:end]):
            return True
        first, last = self.around[start]
        if last < end:
            headed = first == start or self.text[first:start] in _HEADS
            return end - start > 2 or (headed and end - start > 1)
        before, behind = self.text[first:start], self.text[end:last]
        if end - start == 1 and (before or behind):
            return not behind and before in _VERBS
        return (not before or before in _HEADS or _known(before, known)) and (
            not behind or behind in _TAILS or _known(behind, known)
        )


def _known(rest: str, known: Container[str]) -> bool:
    return " ".join(rest) in known


def words(text: str) -> Words:
    """The words of a text that has Chinese in it; of any other none."""
    if not has_cjk(text):
        return Words(text, {})
    spans = segments(text)
    return Words(
        simplified(text), {place: (start, end) for start, end in spans for place in range(start, end)}
    )
