"""What a list takes into account beside relevance: items unlike each other, the user's own mix, and places that are drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np

from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.response import Doubles
from handpicked.tools.types import Floats, Ranked, Rows

DIVERSITY = 0.15
"""The best of 0 to .5 or not to be told from it, see docs/measurements.md."""
_SMOOTHING = 0.01
_HISTORY = 100
_FEWEST = 10
"""A mix of fewer choices is chance."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a list is made of what is relevant.

    `diversity` is the part of likeness to what is already chosen, against relevance; `calibration` that of the distance from
    the mix of categories of `likes`, rows of what the user chose, the newest first; with fewer than ten of them it counts for
    nothing. `explore` of the last places are drawn from all that is left; `seed` decides what is drawn."""

    diversity: float = DIVERSITY
    calibration: float = 0.0
    likes: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    explore: int = 0
    seed: str = ""


def shaped(
    snapshot: Snapshot, pool: Sequence[Ranked], relevance: Doubles, k: int, shape: Shape
) -> list[Ranked]:
    """The k of a pool, best first, that go together; one of two near-identical titles. `relevance` is that of each, 1 for the best.

    The first place is never drawn. An item that was drawn has its probability of being in the list as `propensity`; what is
    sure to be there has 1."""
    drawn = min(shape.explore, k - 1)
    chosen = _greedy(snapshot, pool, relevance, k - drawn, shape)
    left = [one for one in pool if all(one is not other and not _same(one, other) for other in chosen)]
    rest = _distinct(left) if drawn > 0 else []
    if len(rest) <= drawn:
        return chosen + rest
    places = _generator(shape.seed).choice(len(rest), drawn, replace=False)
    return chosen + [replace(rest[int(at)], propensity=drawn / len(rest)) for at in places]


def _greedy(
    snapshot: Snapshot, pool: Sequence[Ranked], relevance: Doubles, k: int, shape: Shape
) -> list[Ranked]:
    """Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998), and calibration (Steck, RecSys 2018) in the same pass."""
    if not pool or k < 1:
        return []
    rows = snapshot.rows([ranked.item.item_id for ranked in pool])
    vectors = np.stack([snapshot.vector(int(row)) for row in rows])
    mix = _Mix.of(snapshot, pool, shape)
    closest = np.zeros(len(pool))
    left = np.ones(len(pool), bool)
    chosen: list[int] = []
    while left.any() and len(chosen) < k:
        value = (1 - shape.diversity) * relevance - shape.diversity * closest
        if mix is not None:
            value = (1 - shape.calibration) * value - shape.calibration * mix.distances(chosen)
        best = int(np.argmax(np.where(left, value, -np.inf)))
        left[best] = False
        if any(_same(pool[best], pool[other]) for other in chosen):
            continue
        chosen.append(best)
        closest = np.maximum(closest, vectors @ vectors[best])
    return [pool[at] for at in chosen]


@dataclass(frozen=True, slots=True)
class _Mix:
    """The user's mix of categories, of sum 1, and that of each item of a pool, items x categories."""

    wanted: Floats
    items: Floats

    @classmethod
    def of(cls, snapshot: Snapshot, pool: Sequence[Ranked], shape: Shape) -> _Mix | None:
        """None where the mix is not asked for or not known."""
        if not shape.calibration or len(shape.likes) < _FEWEST:
            return None
        wanted: Counter[str] = Counter()
        for row in shape.likes[:_HISTORY]:
            wanted.update(_parts(snapshot.item(int(row)).categories))
        if not wanted:
            return None
        column = {name: at for at, name in enumerate(sorted(wanted))}
        total = sum(wanted.values())
        items = np.zeros((len(pool), len(column)), np.float32)
        for at, ranked in enumerate(pool):
            for name, part in _parts(ranked.item.categories).items():
                if name in column:
                    items[at, column[name]] = part
        return cls(np.array([wanted[name] / total for name in column], np.float32), items)

    def distances(self, chosen: Sequence[int]) -> Floats:
        """How far the mix of what is chosen would be from the user's with each item: the Kullback-Leibler divergence, the list's
        mix smoothed by a hundredth of the user's."""
        mixes = (self.items[list(chosen)].sum(axis=0) + self.items) / (len(chosen) + 1)
        smoothed = (1 - _SMOOTHING) * mixes + _SMOOTHING * self.wanted
        return (self.wanted * np.log(self.wanted / smoothed)).sum(axis=1)


def _parts(categories: Sequence[str]) -> Mapping[str, float]:
    return {name.casefold(): 1.0 / len(categories) for name in categories}


def _distinct(pool: Sequence[Ranked]) -> list[Ranked]:
    kept: list[Ranked] = []
    for one in pool:
        if not any(_same(one, other) for other in kept):
            kept.append(one)
    return kept


def _generator(seed: str) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "big"))


def _same(one: Ranked, other: Ranked) -> bool:
    """One thing listed twice, as films are under two neighbouring years."""
    if one.item.title.casefold() != other.item.title.casefold() or one.item.domain != other.item.domain:
        return False
    return abs((one.item.year or 0) - (other.item.year or 0)) <= 1
