"""Recommenders with something wrong, for the tests of the ranking suite."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from handpicked.eval.suites.ranking import systems
from handpicked.eval.suites.ranking.parts import Training
from handpicked.eval.suites.ranking.systems import Params, Ranker
from handpicked.tools.types import Floats


def off_catalog(training: Training, seed: int, params: Params) -> Ranker:
    """Invents the first two items of every list."""
    popular = systems.popularity(training, seed, params)
    return lambda user, k: ["the film of my dreams", "another", *popular(user, k)][:k]


def repeats(training: Training, seed: int, params: Params) -> Ranker:
    """Fills the list with the most popular item."""
    popular = systems.popularity(training, seed, params)
    return lambda user, k: [*popular(user, 1)] * k


def forgets(training: Training, seed: int, params: Params) -> Ranker:
    """Shows what the user had."""
    return lambda user, k: [
        training.item_ids[int(column)] for column in systems.columns(training.seen, user)[:k]
    ]


def lazy(training: Training, seed: int, params: Params) -> Ranker:
    """Gives three items."""
    popular = systems.popularity(training, seed, params)
    return lambda user, k: popular(user, 3)


def crashes(training: Training, seed: int, params: Params) -> Ranker:
    """Raises for every twentieth user."""
    popular = systems.popularity(training, seed, params)

    def rank(user: int, k: int) -> Sequence[str]:
        if user % 20 == 0:
            raise ZeroDivisionError("no neighbours")
        return popular(user, k)

    return rank


def nans(training: Training, seed: int, params: Params) -> Ranker:
    """Scores every twentieth user's items with NaN."""
    users: Floats = np.asarray(training.matrix.sum(axis=0), np.float32).ravel()
    wrong = np.full(len(users), np.nan, np.float32)
    return lambda user, k: systems.top(training, user, wrong if user % 20 == 0 else users, k)


def columns(training: Training, seed: int, params: Params) -> Callable[[int, int], list[int]]:
    """Gives columns instead of ids."""
    return lambda user, k: [*range(k)]


def one_string(training: Training, seed: int, params: Params) -> Callable[[int, int], str]:
    """Gives the ids in one string."""
    popular = systems.popularity(training, seed, params)
    return lambda user, k: " ".join(popular(user, k))


def unready(training: Training, seed: int, params: Params) -> Ranker:
    """Can't be fitted."""
    raise MemoryError("a dense matrix of all users")
