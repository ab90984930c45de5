"""Runs of one to three words as features: tf-idf, learned from messages, computed without scikit-learn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from handpicked.tools.data.text import Token, tokenize
from handpicked.tools.types import Floats

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
        """(1 + log count) x idf of a text's runs, of length 1, or zeros where none is known; shape (runs,)."""
        vector = np.zeros(len(self.runs), np.float32)
        for run, count in Counter(_runs(tokens)).items():
            if (place := self.place.get(run)) is not None:
                vector[place] = (1.0 + math.log(count)) * self.idf[place]
        length = float(np.linalg.norm(vector))
        return vector / length if length else vector


def learn(texts: Iterable[str]) -> Ngrams:
    """The runs that stand in several of the texts; idf = ln((1 + n) / (1 + df)) + 1, as scikit-learn smooths it."""
    seen = [set(_runs(tokenize(text))) for text in texts]
    counts = Counter(run for runs in seen for run in runs)
    kept = sorted(run for run, count in counts.items() if count >= _MESSAGES)
    idf = [math.log((1 + len(seen)) / (1 + counts[run])) + 1.0 for run in kept]
    return Ngrams(tuple(kept), np.array(idf, np.float32))


def _runs(tokens: Sequence[Token]) -> list[str]:
    words = [_START, *(token.text for token in tokens), _END]
    return [
        " ".join(words[start : start + length])
        for length in range(1, _LONGEST + 1)
        for start in range(len(words) - length + 1)
    ]
