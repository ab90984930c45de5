"""The systems that need no other library: the product's own recommenders and two floors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from handpicked.eval.suites.ranking.parts import Training
from handpicked.tools import collab
from handpicked.tools.collab import Mix
from handpicked.tools.data import factors, transitions
from handpicked.tools.data.event_store import HISTORY
from handpicked.tools.data.factors import Factors
from handpicked.tools.data.transitions import Transitions
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Floats, Rows

Params: TypeAlias = Mapping[str, Any]
Ranker: TypeAlias = Callable[[int, int], Sequence[str]]
"""Ranks for a user, by row, so many items: their ids, best first."""
Factory: TypeAlias = Callable[[Training, int, Params], Ranker]
"""Fits a system with a seed and hyperparameters."""


_FIT = frozenset({"ridge", "neighbours", "shrink", "dropout", "user_power", "relaxed"})
_MIX = frozenset(field.name for field in fields(Mix))


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
    """The product's EASE alone; `ridge` is its lambda."""
    return _by_factors(training, _fitted(training, params), collab.ease)


def knn(training: Training, seed: int, params: Params) -> Ranker:
    """The product's item-kNN alone, with `neighbours` and `shrink`."""

    def score(found: Factors, history: Rows) -> Floats:
        return collab.knn(found, history, np.ones(len(history), np.float32))

    return _by_factors(training, _fitted(training, params), score)


def product(training: Training, seed: int, params: Params) -> Ranker:
    """What the tool `collab` does for a user's history, as it does it. `params` may set how factors are fitted, the mix
    of scores, and transitions' `window` and `backward`."""
    found = _fitted(training, {name: params[name] for name in params.keys() & _FIT})
    mix = Mix(**{name: params[name] for name in params.keys() & _MIX})
    at = _positions(training, found)
    follows = _transitions(training, at, len(found.ids), params)

    def rank(user: int, k: int) -> list[str]:
        past = _known(at, training.histories[user][:HISTORY])
        scores = collab.fold_in(found, np.empty(0, np.int64), past, mix=mix, transitions=follows).scores
        scores[_known(at, columns(training.seen, user))] = -np.inf
        return [found.ids[position] for position in collab.strongest(scores, k)]

    return rank


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


def _by_factors(training: Training, found: Factors, score: Callable[[Factors, Rows], Floats]) -> Ranker:
    at = _positions(training, found)

    def rank(user: int, k: int) -> list[str]:
        scores = np.full(len(at), -np.inf, np.float32)
        scores[at >= 0] = score(found, _known(at, training.histories[user]))[at[at >= 0]]
        return top(training, user, scores, k)

    return rank


def _fitted(training: Training, params: Params) -> Factors:
    users, items = training.matrix.nonzero()
    return factors.fit(users.astype(np.int64), items.astype(np.int64), training.item_ids, **params)


def _transitions(training: Training, at: Rows, n_items: int, params: Params) -> Transitions | None:
    if not params.get("window"):
        return None
    histories = [_known(at, history) for history in training.histories]
    return transitions.fit(histories, n_items, window=params["window"], backward=params.get("backward", 0.0))


def _positions(training: Training, found: Factors) -> Rows:
    """The factors' position of each column, -1 for an item that too few users have."""
    return np.array([found.position.get(item_id, -1) for item_id in training.item_ids], np.int64)


def _known(at: Rows, among: Rows) -> Rows:
    positions = at[among]
    return positions[positions >= 0]
