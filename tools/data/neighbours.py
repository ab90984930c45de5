"""Item-kNN: the items whose users are most alike."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np

from handpicked.tools.types import Floats, Rows

sparse: Any = import_module("scipy.sparse")  # it has no types

PAIRS = 20_000_000
"""How many pairs of choices are counted at once, which bounds memory; a popular item has as many as a thousand others."""


def fit(matrix: Any, *, neighbours: int, shrink: float) -> Any:
    """The strongest `neighbours` cosines of each item as CSR, of users x items, a CSR matrix of ones; `shrink` is added
    below (Deshpande & Karypis, 2004)."""
    norms = np.sqrt(np.asarray(matrix.sum(axis=0), np.float32)).ravel()
    users_of = matrix.T.tocsr()  # once: a part of the columns costs as much as all of them
    parts = [
        strongest(_cosines(users_of, matrix, norms, start, stop, shrink), neighbours)
        for start, stop in blocks(users_of, matrix)
    ]
    return sparse.vstack(parts, format="csr") if parts else sparse.csr_matrix((0, 0), dtype=np.float32)


def blocks(rows: Any, matrix: Any) -> Iterator[tuple[int, int]]:
    """Runs of rows of which the product with a matrix, both CSR, takes about PAIRS multiplications each."""
    lengths = entries(matrix)
    ends: Rows = running(lengths[rows.indices])[rows.indptr]
    yield from runs(ends, PAIRS)


def runs(ends: Rows, most: int) -> Iterator[tuple[int, int]]:
    """Cut places of which the work ends there into runs, [start, stop), of at most so much work, or of one place."""
    start = 0
    while start < len(ends) - 1:
        fitting: Rows = np.flatnonzero(ends[start:] <= ends[start] + most)
        stop = start + max(int(fitting[-1]), 1)
        yield start, stop
        start = stop


def strongest(block: Any, neighbours: int) -> Any:
    """A CSR matrix with only so many of the largest entries of each row."""
    for row in np.flatnonzero(entries(block) > neighbours):
        data = block.data[block.indptr[row] : block.indptr[row + 1]]
        data[np.argpartition(data, -neighbours)[:-neighbours]] = 0.0
    block.eliminate_zeros()
    return block


def running(counts: Rows) -> Rows:
    """The sums of what comes before each place, and of all."""
    sums = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=sums[1:])
    return sums


def entries(matrix: Any) -> Rows:
    """How many entries each row of a CSR matrix has."""
    return np.diff(matrix.indptr)


def _cosines(users_of: Any, matrix: Any, norms: Floats, start: int, stop: int, shrink: float) -> Any:
    found = users_of[start:stop] @ matrix
    row: Rows = np.arange(start, stop).repeat(entries(found))
    found.data /= norms[row] * norms[found.indices] + np.float32(shrink)
    found.data[row == found.indices] = 0.0
    found.eliminate_zeros()
    return found
