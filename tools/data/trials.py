"""Tries recipes on choices that were held out, and searches for the best of a grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from handpicked.tools.data.choices import Choices
from handpicked.tools.data.factors import PARTS, often_chosen, positions, scaled, share
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.data.sources import Source
from handpicked.tools.types import Floats, Mask, Rows

Params: TypeAlias = Mapping[str, Any]
Tried: TypeAlias = list[tuple[float, Params]]
"""Qualities and what they were of, in the order of trial."""

K = 10
_DRAWS = 1000
_PARENTS = 5
_MIXED = 0.5
"""How often a trial has two parents."""
_CHANGED = (1, 1, 2, 3)
"""How many settings a trial draws anew, each as likely."""


class Trials:
    """Measures recipes by nDCG@10: what is fitted on `known` ranks for users (numbers of theirs) whose choices `held` are to
    be found. What was fitted and scored for a recipe is kept for the next ones, which mostly share it."""

    def __init__(self, known: Choices, held: Choices, users: Rows, history: int) -> None:
        order = often_chosen(known)
        at = positions(order, known.n_items)
        self._order = order
        self._known = known.renumbered(at, len(order))
        own = self._known.of_users(users)
        self._own = own.only(own.ranks < history)
        found = held.renumbered(at, len(order)).of_users(users)
        self._held: Mask = found.matrix().toarray() > 0
        self._ideal = _gains(K)[np.minimum(np.diff(held.starts)[users], K) - 1]
        self._fitted = lru_cache(maxsize=16)(self._fit)
        self._scored = lru_cache(maxsize=24)(self._score)

    def quality(self, recipe: Recipe) -> float:
        """The mean nDCG@10 of the users."""
        total = np.zeros(self._held.shape, np.float32)
        for name in PARTS:
            if factor := share(recipe, name):
                total += np.float32(factor) * self._scored(*_key(name, recipe))
        return self.ndcg(total)

    def fitted(self, recipe: Recipe) -> tuple[Rows, Mapping[str, Source]]:
        """The items by position and the parts of a recipe, fitted on what is known."""
        used = [name for name in PARTS if name == "knn" or share(recipe, name)]
        return self._order, {name: self._fitted(*_key(name, recipe)[:2]) for name in used}

    def ndcg(self, scores: Floats) -> float:
        """The mean nDCG@10 of scores by user and position; those that aren't above 0 rank nowhere."""
        scores[self._own.users, self._own.items] = 0.0
        k = min(K, scores.shape[1])
        top = np.sort(np.argpartition(-scores, k - 1, axis=1)[:, :k], axis=1)
        ranked = np.take_along_axis(scores, top, axis=1)
        order = np.argsort(-ranked, axis=1, kind="stable")
        hit = np.take_along_axis(self._held, top, axis=1) & (ranked > 0)
        found = np.take_along_axis(hit, order, axis=1) @ (1 / np.log2(np.arange(2, k + 2)))
        return float((found / self._ideal).mean())

    def _fit(self, name: str, settings: tuple[float, ...]) -> Source:
        given = dict(zip(PARTS[name].settings, settings, strict=True))
        return PARTS[name].fit(self._known, replace(Recipe(), **given))

    def _score(self, name: str, settings: tuple[float, ...], decay: float) -> Floats:
        histories = self._own.matrix(PARTS[name].weigh(self._own.ranks, decay))
        return scaled(self._fitted(name, settings), histories, np.float32(1.0))[0]


def search(
    grid: Mapping[str, Sequence[Any]],
    quality: Callable[[Params], float],
    *,
    trials: int,
    starts: Sequence[Params] = (),
    seed: int = 0,
    same: Callable[[Params], Hashable] = lambda params: tuple(params.values()),
) -> Tried:
    """Try every combination of a grid, or so many where there are more: first the starts (else the first values), then
    mixtures of two of the best so far with some settings drawn anew. Combinations that `same` gives one value for are tried
    once.

    >>> max(search({"a": [1, 2, 3], "b": [1, 2, 3]}, lambda p: p["a"] * p["b"], trials=8), key=lambda pair: pair[0])
    (9, {'a': 3, 'b': 3})
    """
    if math.prod(map(len, grid.values())) <= trials:
        return [(quality(params), params) for params in combinations(grid)]
    rng, known, tried = np.random.default_rng(seed), set[Hashable](), Tried()
    begun = starts or [{name: values[0] for name, values in grid.items()}]
    for draw in range(_DRAWS * trials):
        proposal = begun[draw] if draw < len(begun) else _child(tried, grid, rng)
        if (identity := same(proposal)) not in known:
            known.add(identity)
            tried.append((quality(proposal), proposal))
        if len(tried) == trials:
            break
    return tried


def combinations(grid: Mapping[str, Sequence[Any]]) -> Iterator[Params]:
    """Every choice of one value for each name.

    >>> list(combinations({"a": [1, 2], "b": [3]}))
    [{'a': 1, 'b': 3}, {'a': 2, 'b': 3}]
    """
    return (dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values()))


def best(tried: Tried) -> tuple[float, Params]:
    """The highest quality, the first of equals."""
    return max(tried, key=lambda pair: pair[0])


def live(recipe: Recipe) -> tuple[Hashable, ...]:
    """The settings of a recipe that change its scores."""
    used = [name for name in PARTS if share(recipe, name)]
    return tuple((share(recipe, name), *_key(name, recipe)) for name in used)


def _child(tried: Tried, grid: Mapping[str, Sequence[Any]], rng: np.random.Generator) -> Params:
    parents = sorted(tried, key=lambda pair: -pair[0])[:_PARENTS]
    one, other = (parents[int(at)][1] for at in rng.integers(len(parents), size=2))
    mixed = rng.random() < _MIXED
    child = {**one, **{name: other[name] for name in grid if mixed and rng.random() < 0.5}}
    drawn = rng.choice([*grid], min(int(rng.choice(_CHANGED)), len(grid)), replace=False)
    return {**child, **{str(name): grid[name][int(rng.integers(len(grid[name])))] for name in drawn}}


def _key(name: str, recipe: Recipe) -> tuple[str, tuple[float, ...], float]:
    """A part with what it is fitted with and the decay of its histories."""
    part = PARTS[name]
    return name, tuple(getattr(recipe, setting) for setting in part.settings), getattr(recipe, part.decay)


def _gains(k: int) -> np.ndarray:
    return np.cumsum(1 / np.log2(np.arange(2, k + 2)))
