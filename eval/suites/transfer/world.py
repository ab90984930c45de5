"""Households, the product types that they bought first and when, and the departments of the types as scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from handpicked.eval.suites.ranking import kinds, parts, protocols
from handpicked.eval.suites.ranking.data import groceries
from handpicked.eval.suites.ranking.parts import Part
from handpicked.eval.types import Options
from handpicked.tools import collab
from handpicked.tools.data import choices, factors
from handpicked.tools.data.factors import Factors
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.types import Floats, Mask, Rows

_EASE = Recipe(dropout=0.0, user_power=0.0, relaxed=0.0)
_FEWEST = 30
"""A department with fewer types has too little to choose from."""


@dataclass(frozen=True, slots=True)
class World:
    """`departments` has for each the types in it, by column; `factors` are the product's, EASE in its plain form, and `at` their position of each
    column, -1 where there is none; `buyers` counts who bought a type."""

    part: Part
    departments: Mapping[str, Mask]
    factors: Factors
    at: Rows
    buyers: Floats

    def score(self, user: int, department: str, k: float, prior: float = collab.PRIOR) -> Floats:
        """Each type for a user's next purchase in a department, as the product scores it, -inf outside of it and for what was
        bought; with k infinite all that was bought counts alike and popularity nothing."""
        inside, history = self.departments[department], self.part.training.histories[user]
        own, weights = inside[history], np.ones(len(history), np.float32)
        if np.isfinite(k):
            weights = collab.transferred(weights, own, k)
        scores = self._weighted(history, weights)
        if np.isfinite(k):
            scores = collab.with_prior(scores, np.where(inside, self.buyers, 0.0), int(own.sum()), prior)
        return self._ranked(scores, user, department)

    def alone(self, user: int, department: str, prior: float = 0.0) -> Floats:
        """The same by what was bought in the department, without or with the prior; by popularity where that is nothing."""
        history = self.part.training.histories[user]
        own = self.departments[department][history]
        if not own.any():
            return self.popular(user, department)
        scores = self._weighted(history, own.astype(np.float32))
        popular = np.where(self.departments[department], self.buyers, 0.0)
        return self._ranked(collab.with_prior(scores, popular, int(own.sum()), prior), user, department)

    def popular(self, user: int, department: str) -> Floats:
        """The same by how many households bought a type."""
        return self._ranked(self.buyers.copy(), user, department)

    def _weighted(self, history: Rows, weights: Floats) -> Floats:
        known = self.at[history] >= 0
        folded = collab.row(self.at[history][known], weights[known].astype(np.float32), len(self.factors.ids))
        given = self.factors.parts["ease"].scores(folded)[0]
        scores = np.zeros(len(self.at), np.float32)
        scores[self.at >= 0] = given[self.at[self.at >= 0]]
        return scores

    def _ranked(self, scores: Floats, user: int, department: str) -> Floats:
        scores[~self.departments[department]] = -np.inf
        scores[self.part.training.histories[user]] = -np.inf
        return scores


def load(options: Options) -> World:
    """Read, split by time and fit; kept for the process. Raises ConfigError when the data are missing."""
    return _load(options.split, Options(cache=options.cache))


@lru_cache(maxsize=2)
def _load(split: str, options: Options) -> World:
    data = groceries(options)
    part = parts.prepare(data, protocols.by_time, split)
    fitted = factors.fit(
        choices.of_histories(part.training.histories, len(data.item_ids)), data.item_ids, _EASE
    )
    return World(
        part, _departments(options, data.item_ids), fitted,
        np.array([fitted.position.get(item_id, -1) for item_id in data.item_ids], np.int64),
        np.asarray(part.training.matrix.sum(axis=0), np.float32).ravel(),
    )  # fmt: skip


def _departments(options: Options, types: tuple[str, ...]) -> dict[str, Mask]:
    """The department of most products of each type."""
    of = kinds.departments(options)
    named = np.array([of.get(name, "") for name in types])
    found = {str(name): named == name for name in sorted(set(named)) if name}
    return {name: inside for name, inside in found.items() if inside.sum() >= _FEWEST}
