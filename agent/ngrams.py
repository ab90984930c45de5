"""Runs of one to three words as features: tf-idf, learned from messages, computed without scikit-learn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from handpicked.tools.data.text import Token, tokenize
from handpicked.tools.types import Floats, Rows

_LONGEST = 3
_START, _END = "^", "$"
_MESSAGES = 2
"""In how many messages a run must stand to be kept: once is a writer's own."""


@dataclass(frozen=True)
class Ngrams:
    """The runs that are known, in order, and how telling each is: its inverse document frequency, smoothed."""

    runs: tuple[str, ...]
    idf: Floats

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Where a run stands."""
        return {run: place for place, run in enumerate(self.runs)}

    def vector(self, tokens: Sequence[Token]) -> Floats:
        """What a text's runs weigh, or zeros where none is known; shape (runs,)."""
        vector = np.zeros(len(self.runs), np.float32)
        places, weights = self.weigh(runs([token.text for token in tokens]))
        vector[places] = weights
        return vector

    def weigh(self, given: Iterable[str]) -> tuple[Rows, Floats]:
        """Where the runs stand that are known, and (1 + log count) x idf of each, of length 1 together."""
        counts = {run: count for run, count in Counter(given).items() if run in self.place}
        places = np.array([self.place[run] for run in counts], np.int64)
        weights = self.idf[places] * (1.0 + np.log(np.array([*counts.values()], np.float32)))
        length = float(np.linalg.norm(weights))
        return places, (weights / length if length else weights).astype(np.float32)


def learn(texts: Iterable[str]) -> Ngrams:
    """The runs of words that stand in several of the texts."""
    return known(runs([token.text for token in tokenize(text)]) for text in texts)


def known(given: Iterable[Iterable[str]]) -> Ngrams:
    """The runs that are several texts'; idf = ln((1 + n) / (1 + df)) + 1, as scikit-learn smooths it."""
    seen = [set(one) for one in given]
    counts = Counter(run for one in seen for run in one)
    kept = sorted(run for run, count in counts.items() if count >= _MESSAGES)
    idf = [math.log((1 + len(seen)) / (1 + counts[run])) + 1.0 for run in kept]
    return Ngrams(tuple(kept), np.array(idf, np.float32))


def runs(words: Sequence[str], *, start: str = _START, end: str = _END) -> list[str]:
    """The runs of words, and of what marks the start and the end."""
    marked = [*filter(None, (start, *words, end))]
    return [
        " ".join(marked[first : first + length])
        for length in range(1, _LONGEST + 1)
        for first in range(len(marked) - length + 1)
    ]
