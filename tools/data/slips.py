"""Words that a mistyped word may mean, found so that a vocabulary of hundreds of thousands costs a tenth of a millisecond."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

_SLIPS = 2
"""The most edits in a word; one for each three letters (optimal string alignment: a swap counts once)."""
_WORDS = 12
"""How many of a word's neighbours are given."""


class Vocabulary:
    """Words by first letter and length, each with a bit for every letter that it has: an edit changes two bits at
    most, so that comparing bits leaves few words to measure."""

    def __init__(self, words: Iterable[str]) -> None:
        found: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in sorted(set(words)):
            found[word[:1], len(word)].append(word)
        self._same: Mapping[tuple[str, int], tuple[list[str], NDArray[np.uint64]]] = {
            key: (same, np.array([_bits(word) for word in same], np.uint64)) for key, same in found.items()
        }
        self._every = frozenset(word for same in found.values() for word in same)

    def __contains__(self, word: object) -> bool:
        return word in self._every

    def __len__(self) -> int:
        return len(self._every)

    def near(self, word: str) -> list[tuple[str, int]]:
        """Words within a slip's distance, with the distance. A slip keeps the first letter."""
        found: list[tuple[str, int]] = []
        bits = np.uint64(_bits(word))
        for length in range(max(len(word) - _SLIPS, 1), len(word) + _SLIPS + 1):
            allowed = _edits(length)
            if not allowed or (word[:1], length) not in self._same:
                found += [(word, 0)] if length == len(word) and word in self else []
                continue
            same, theirs = self._same[word[:1], length]
            likely = np.flatnonzero(np.bitwise_count(theirs ^ bits) <= 2 * allowed)
            near = [same[place] for place in likely]
            hits = process.extract(word, near, scorer=OSA.distance, score_cutoff=allowed, limit=None)
            found += [(other, int(distance)) for other, distance, _ in hits]
        return found


def _edits(length: int) -> int:
    """How many slips a word of a length may have."""
    return min(length, 3 * _SLIPS) // 3


def neighbours(word: str, words: Collection[Vocabulary]) -> list[tuple[str, int]]:
    """Words of the vocabularies within a slip's distance, nearest first, with the distance."""
    found = {pair for vocabulary in words for pair in vocabulary.near(word)}
    return sorted(found, key=lambda pair: (pair[1], pair[0]))[:_WORDS]


def known(word: str, words: Collection[Vocabulary]) -> bool:
    """Whether one of the vocabularies has the word."""
    return any(word in vocabulary for vocabulary in words)


def _bits(word: str) -> int:
    bits = 0
    for char in word:
        bits |= 1 << (ord(char) % 64)
    return bits
