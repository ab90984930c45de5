"""The systems that need no other library: the product's own recommenders and two floors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from handpicked.eval.suites.ranking.parts import Training
from handpicked.tools import collab
from handpicked.tools.data import choices, choose, factors
from handpicked.tools.data.event_store import HISTORY
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Floats, Rows

Params: TypeAlias = Mapping[str, Any]
Ranker: TypeAlias = Callable[[int, int], Sequence[str]]
"""Ranks for a user, by row, so many items: their ids, best first."""
Factory: TypeAlias = Callable[[Training, int, Params], Ranker]
"""Fits a system with a seed and hyperparameters."""


_NOTHING = Recipe(ease=0.0, knn=0.0, follow=0.0, decay=0.0, dropout=0.0, user_power=0.0, relaxed=0.0)


def top(training: Training, user: int, scores: Floats, k: int) -> list[str]:
    """The ids of the items with the highest scores of those that the user hasn't seen; ties by column, -inf is left
    out. Raises ValueError for NaN and for a wrong number of scores."""
    if scores.shape != (len(training.item_ids),):
        raise ValueError(f"{scores.shape} scores for {len(training.item_ids)} items")
    if np.isnan(scores).any():
        raise ValueError(f"{int(np.isnan(scores).sum())} scores of user {user} are NaN")
    left = scores.astype(np.float64)
    left[columns(training.seen, user)] = -np.inf
    order = np.lexsort((np.arange(len(left)), -left))[:k]
    return [training.item_ids[column] for column in order.tolist() if left[column] > -np.inf]


def columns(matrix: Any, user: int) -> Rows:
    """The columns that a user has in a CSR matrix."""
    return matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]]


def popularity(training: Training, seed: int, params: Params) -> Ranker:
    """Items by how many users have them."""
    users = np.asarray(training.matrix.sum(axis=0)).ravel()
    return lambda user, k: top(training, user, users, k)


def random(training: Training, seed: int, params: Params) -> Ranker:
    """Items in an order drawn for each user."""
    n_items = len(training.item_ids)

    def rank(user: int, k: int) -> list[str]:
        return top(training, user, np.random.default_rng([seed, user]).random(n_items, np.float32), k)

    return rank


def ease(training: Training, seed: int, params: Params) -> Ranker:
    """The product's EASE alone, all choices counting alike; `ridge` is its lambda."""
    return _by_recipe(training, replace(_NOTHING, ease=1.0, **params))


def knn(training: Training, seed: int, params: Params) -> Ranker:
    """The product's item-kNN alone, all choices counting alike, with `neighbours` and `shrink`."""
    return _by_recipe(training, replace(_NOTHING, knn=1.0, **params))


def product(training: Training, seed: int, params: Params) -> Ranker:
    """What the tool `collab` does for a user's history, as it does it; `params` may set its recipe, else it is chosen as a
    build chooses it."""
    return _by_recipe(training, Recipe(**params) if params else _chosen(training))


OURS: Mapping[str, Factory] = {
    "random": random,
    "popularity": popularity,
    "knn": knn,
    "ease": ease,
    "collab": product,
    "collab-tuned": product,
}


def brought(name: str) -> Factory:
    """A factory by `package.module:name`. Raises ConfigError when there is none."""
    module, _, attribute = name.partition(":")
    try:
        found: Factory = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as err:
        raise ConfigError(
            f"system {name!r}: {err}; give PACKAGE.MODULE:NAME of a function (training, seed, params) "
            "that Python can import (PYTHONPATH)"
        ) from err
    return found


def _chosen(training: Training) -> Recipe:
    known = choices.of_histories(training.histories, len(training.item_ids))
    times = -known.ranks.astype(np.float64)
    # A build reads rows in the order in which they were written.
    found = choose.from_events(known.users[::-1], known.items[::-1], times[::-1], known.n_items)
    return found.recipe if found else Recipe()


def _by_recipe(training: Training, recipe: Recipe) -> Ranker:
    known = choices.of_histories(training.histories, len(training.item_ids))
    found = factors.fit(known, training.item_ids, recipe)
    at = np.array([found.position.get(item_id, -1) for item_id in training.item_ids], np.int64)

    def rank(user: int, k: int) -> list[str]:
        past = _known(at, training.histories[user][:HISTORY])
        scores = collab.fold_in(found, np.empty(0, np.int64), past).scores
        scores[_known(at, columns(training.seen, user))] = -np.inf
        return [found.ids[position] for position in collab.strongest(scores, k)]

    return rank


def _known(at: Rows, among: Rows) -> Rows:
    positions = at[among]
    return positions[positions >= 0]
