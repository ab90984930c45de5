"""The title that a mistyped phrase may mean, found word by word, so that a million titles cost milliseconds."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from itertools import product

from rapidfuzz import process
from rapidfuzz.distance import OSA

Words = Mapping[tuple[str, int], Sequence[str]]
"""The words of all titles by first letter and length."""

_SLIPS = 2
"""The most edits in a word; one for each three letters (optimal string alignment: a swap counts once)."""
_WORDS = 12
_PHRASES = 2000
"""How many of a word's neighbours, and of a phrase's combinations, are tried."""


def closest(written: Sequence[str], titles: Container[str], words: Words) -> str | None:
    """The key of the title with the fewest slips, or None. A slip keeps a word's first letter; words that no title
    has are read as slips, and only if that finds none one more word is."""
    if (phrase := " ".join(written)) in titles:
        return phrase
    strange = [word not in words.get((word[:1], len(word)), ()) for word in written]
    near = [
        [(word, 0)] if not odd else neighbours(word, words)
        for word, odd in zip(written, strange, strict=True)
    ]
    if any(strange) and (found := _best(near, titles)):
        return found
    for place, odd in enumerate(strange):
        if not odd and (
            found := _best([*near[:place], neighbours(written[place], words), *near[place + 1 :]], titles)
        ):
            return found
    return None


def neighbours(word: str, words: Words) -> list[tuple[str, int]]:
    """Words of titles within a slip's distance, nearest first, with the distance."""
    found: list[tuple[str, int]] = []
    for length in range(max(len(word) - _SLIPS, 1), len(word) + _SLIPS + 1):
        allowed = min(length, 3 * _SLIPS) // 3
        same = words.get((word[:1], length), ())
        hits = process.extract(word, same, scorer=OSA.distance, score_cutoff=allowed, limit=None)
        found += [(other, int(distance)) for other, distance, _ in hits]
    return sorted(found, key=lambda pair: (pair[1], pair[0]))[:_WORDS]


def _best(options: Sequence[Sequence[tuple[str, int]]], titles: Container[str]) -> str | None:
    """The combination with the fewest slips that is a title."""
    found: tuple[int, str] | None = None
    for tried, choice in enumerate(product(*options)):
        key, cost = " ".join(word for word, _ in choice), sum(distance for _, distance in choice)
        if tried >= _PHRASES:
            break
        if key in titles and (found is None or (cost, key) < found):
            found = cost, key
    return found and found[1]
