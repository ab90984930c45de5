"""Item-kNN: the items whose users are most alike."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from handpicked.tools.types import Floats

sparse: Any = import_module("scipy.sparse")  # it has no types

_BLOCK = 1000


def fit(matrix: Any, *, neighbours: int, shrink: float) -> Any:
    """The strongest `neighbours` cosines of each item as CSR, of users x items, a CSR matrix of ones; `shrink` is added
    below (Deshpande & Karypis, 2004)."""
    norms = np.sqrt(np.asarray(matrix.sum(axis=0), np.float32)).ravel()
    blocks = [
        _strongest(_cosines(matrix, norms, start, shrink), neighbours)
        for start in range(0, matrix.shape[1], _BLOCK)  # so that memory stays flat
    ]
    return sparse.vstack(blocks, format="csr") if blocks else sparse.csr_matrix((0, 0), dtype=np.float32)


def _cosines(matrix: Any, norms: Floats, start: int, shrink: float) -> Any:
    overlap = (matrix[:, start : start + _BLOCK].T @ matrix).tocoo()
    row, column = overlap.row, overlap.col
    keep = row + start != column
    row, column = row[keep], column[keep]
    cosine = overlap.data[keep] / (norms[row + start] * norms[column] + np.float32(shrink))
    return sparse.csr_matrix((cosine, (row, column)), shape=overlap.shape)


def _strongest(block: Any, neighbours: int) -> Any:
    for row in range(block.shape[0]):
        data = block.data[block.indptr[row] : block.indptr[row + 1]]
        if len(data) > neighbours:
            data[np.argpartition(data, -neighbours)[:-neighbours]] = 0.0
    block.eliminate_zeros()
    return block
