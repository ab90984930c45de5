"""EASE: a linear model from what a user has to all items, in closed form."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from handpicked.tools.data.neighbours import blocks
from handpicked.tools.types import Floats

# scipy has no types.
linalg: Any = import_module("scipy.linalg")
sparse: Any = import_module("scipy.sparse")


def fit(
    matrix: Any, *, ridge: float, dropout: float = 0.0, user_power: float = 0.0, relaxed: float = 0.0
) -> Floats:
    """Weights from items (rows) to items, of users x items, a CSR matrix of ones.

    With lambda `ridge`: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019), eq. 8. `dropout` adds so
    many times the Gram matrix's diagonal to its ridge (Steck, "Autoencoders that don't overfit towards the Identity", 2020);
    a user with n items counts (n / mean)^-`user_power`; weights of items to themselves may reach `relaxed`, though they are
    left out (Moon et al., "It's Enough: Relaxing Diagonal Constraints in Linear Autoencoders", 2023)."""
    return weights(gram(matrix, user_power), ridge=ridge, dropout=dropout, relaxed=relaxed)


def gram(matrix: Any, user_power: float) -> Floats:
    """Items x items: how many users have both, each counted by their weight."""
    if user_power and matrix.nnz:
        n = np.diff(matrix.indptr)
        roots = (np.maximum(n, 1.0) / n[n > 0].mean()) ** (-user_power / 2)
        matrix = sparse.diags(roots.astype(np.float32)) @ matrix
    users_of = matrix.T.tocsr()
    found = np.empty((matrix.shape[1], matrix.shape[1]), np.float32)
    for start, stop in blocks(
        users_of, matrix
    ):  # a sparse matrix that is nearly full takes more than a full one
        found[start:stop] = (users_of[start:stop] @ matrix).toarray()
    return found


def weights(counts: Floats, *, ridge: float, dropout: float, relaxed: float) -> Floats:
    """The weights of a Gram matrix, which is overwritten."""
    if not len(counts):
        return counts
    penalty: Floats = np.float32(ridge) + np.float32(dropout) * np.diag(counts)
    counts[np.diag_indices_from(counts)] += penalty
    precision: Floats = linalg.inv(counts, overwrite_a=True, check_finite=False)
    bound: Floats = np.float32(1 - relaxed) / np.diag(precision)
    precision *= -(np.maximum(bound, penalty) if relaxed else bound)
    np.fill_diagonal(precision, 0.0)
    return np.ascontiguousarray(precision, np.float32)
