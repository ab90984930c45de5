"""What a part of collaborative filtering is once it is fitted: it scores items for histories and tells what carries a score.

A history is a row of a CSR matrix, its choices' weights by item. Items are positions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from handpicked.tools.types import Floats, Rows

linalg: Any = np.linalg  # it has types for no stack of float32
sparse: Any = import_module("scipy.sparse")  # it has no types


_OFTEN = 1 / 12
"""The share of entries from which a dense product was faster than a sparse one, on 943 histories of 1,412 items."""
_MANY = 64
"""Fewer histories than that aren't worth splitting."""


class Source(Protocol):
    """A fitted part."""

    def scores(self, histories: Any) -> Floats:
        """Score every item for each history, shape (histories, items)."""
        ...

    def carried(self, history: Rows, weights: Floats, positions: Rows) -> Floats:
        """What each item of one history carries to the scores of some items, shape (history, positions); its columns' sums
        are their scores."""
        ...


@dataclass(frozen=True, slots=True)
class Dense:
    """A matrix from items that a user has to items, over the first of them (the head)."""

    matrix: Floats

    def scores(self, histories: Any) -> Floats:
        """Sum the rows of a history's items."""
        head, matrix = len(self.matrix), np.asarray(self.matrix)
        if histories.shape[1] == head:
            return _product(histories, matrix)
        found = np.zeros(histories.shape, np.float32)
        found[:, :head] = _product(histories[:, :head], matrix)
        return found

    def carried(self, history: Rows, weights: Floats, positions: Rows) -> Floats:
        """The entries of the matrix by weight."""
        found = np.zeros((len(history), len(positions)), np.float32)
        known = np.ix_(history < len(self.matrix), positions < len(self.matrix))
        inside = np.ix_(history[history < len(self.matrix)], positions[positions < len(self.matrix)])
        found[known] = self.matrix[inside]
        return weights[:, None] * found


def _product(histories: Any, matrix: Floats) -> Floats:
    """Histories by a dense matrix. The first items are the most chosen: those that enough of the histories have are
    multiplied as a dense block, which is faster where that many entries aren't 0."""
    if histories.shape[0] < _MANY:
        return histories @ matrix
    first = int((np.bincount(histories.indices) > _OFTEN * histories.shape[0]).sum())
    found = histories[:, :first].toarray() @ matrix[:first]
    found += histories[:, first:] @ matrix[first:]
    return found


@dataclass(frozen=True, slots=True)
class Links:
    """The same as a CSR matrix over all items."""

    matrix: Any

    def scores(self, histories: Any) -> Floats:
        """Sum the rows of a history's items."""
        if not histories.data.all():  # choices too old to count would cost as much as others
            histories = histories.copy()
            histories.eliminate_zeros()
        return (histories @ self.matrix).toarray()

    def carried(self, history: Rows, weights: Floats, positions: Rows) -> Floats:
        """The entries of the matrix by weight."""
        return weights[:, None] * self.matrix[history][:, positions].toarray()


@dataclass(frozen=True)
class People:
    """Users x items as a CSR matrix, each row divided by the root of its length; the `neighbours` users who are most like
    a history score what they have."""

    matrix: Any
    neighbours: int

    def scores(self, histories: Any) -> Floats:
        """Sum what the neighbours have by how alike they are."""
        alike = self._likeness(histories)
        near = np.flatnonzero(alike.any(axis=0))
        return (sparse.csr_matrix(alike[:, near]) @ self._chosen(near)).toarray()

    def carried(self, history: Rows, weights: Floats, positions: Rows) -> Floats:
        """What the neighbours who have both have in common with the history."""
        row = np.zeros((1, self.matrix.shape[1]), np.float32)
        row[0, history] = weights
        near = np.flatnonzero(self._likeness(sparse.csr_matrix(row))[0])
        both = self.matrix[near]
        return weights[:, None] * (both[:, history].T @ self._chosen(near)[:, positions]).toarray()

    def _likeness(self, histories: Any) -> Floats:
        if histories.shape[0] == 1:
            alike: Floats = (self._turned[histories.indices].T @ histories.data)[None]
        else:  # The long side stays as it is stored; the short one is turned.
            alike = np.ascontiguousarray((self.matrix @ histories.T).toarray().T)
        if self.neighbours < alike.shape[1]:
            least = np.partition(alike, -self.neighbours, axis=1)[:, -self.neighbours][:, None]
            alike[alike < least] = 0.0
        return alike

    @cached_property
    def _turned(self) -> Any:
        """Items x users, of which one history needs few rows."""
        return self.matrix.T.tocsr()

    def _chosen(self, users: Rows) -> Any:
        """What some users have, as ones."""
        found = self.matrix[users]
        found.data[:] = 1.0
        return found


@dataclass(frozen=True, slots=True)
class Latent:
    """Items' vectors by alternating least squares; a history's vector is solved for as a user's is in training (Hu, Koren
    and Volinsky 2008), its choices' confidence `alpha` by weight."""

    vectors: Floats
    inner: Floats
    """The vectors' inner products and the ridge: (k, k)."""
    alpha: float

    def scores(self, histories: Any) -> Floats:
        """The products of items' vectors with the history's."""
        count, dimensions = histories.shape[0], self.vectors.shape[1]
        normals = np.empty((count, dimensions, dimensions), np.float32)
        for row in range(count):
            part = slice(histories.indptr[row], histories.indptr[row + 1])
            normals[row] = self._normal(self.vectors[histories.indices[part]], histories.data[part])
        wanted = np.float32(self.alpha) * (histories @ np.asarray(self.vectors))
        users: Floats = linalg.solve(normals, wanted[:, :, None])[:, :, 0]
        return users @ self.vectors.T

    def carried(self, history: Rows, weights: Floats, positions: Rows) -> Floats:
        """The products under the inverse that a history's vector is solved with, of its items with those."""
        items = self.vectors[history]
        solved = np.linalg.solve(self._normal(items, weights), self.vectors[positions].T)
        return (self.alpha * weights[:, None] * (items @ solved)).astype(np.float32)

    def _normal(self, items: Floats, weights: Floats) -> Floats:
        return (self.inner + (self.alpha - 1) * (items.T * weights) @ items).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Popular:
    """The same scores for every history, which carries nothing of them."""

    values: Floats

    def scores(self, histories: Any) -> Floats:
        """Repeat the values."""
        return np.repeat(self.values[None], histories.shape[0], axis=0)

    def carried(self, history: Rows, weights: Floats, positions: Rows) -> Floats:
        """Nothing."""
        return np.zeros((len(history), len(positions)), np.float32)
