"""Mistyped words of the lexicon ("horor", "docmentary") read as what they were meant to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from handpicked.agent import lexicon, wording
from handpicked.tools.data import slips
from handpicked.tools.data.analysis import is_english
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.slips import Vocabulary
from handpicked.tools.data.text import Token

_SHORTEST, _LONG = 5, 10
"""A word of 5 letters and more may have one slip, one of 10 and more two."""


def mended(snapshot: Snapshot, tokens: Sequence[Token]) -> list[Token]:
    """The tokens, those that neither the catalogue nor the lexicon knows replaced by the one word that is near."""
    return [
        replace(token, text=meant) if (meant := _meant(snapshot, token.text)) else token for token in tokens
    ]


def _meant(snapshot: Snapshot, word: str) -> str | None:
    if len(word) < _SHORTEST or not (word.isascii() and word.isalpha()):
        return None
    known = _words()
    if word in known or lexicon.is_plain(word) or slips.known(word, snapshot.words):
        return None
    near = slips.neighbours(word, (known,))
    best = [other for other, distance in near if distance == near[0][1] and distance <= _allowed(other)]
    if not best or len(set(map(_stem, best))) > 1 or is_english(word):
        return None
    return best[0]


def _allowed(meant: str) -> int:
    return 1 if len(meant) < _LONG else 2


def _stem(word: str) -> str:
    return word.removesuffix("s")


@cache
def _words() -> Vocabulary:
    known = wording.load()
    parts = (known.terms.known, known.domains.known)
    return Vocabulary(
        word
        for part in parts
        for key in part
        for word in key.split()
        if len(word) >= _SHORTEST and word.isascii()
    )
