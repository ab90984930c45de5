"""Collaborative filtering factors: EASE on the head of the catalogue, item-kNN on all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from handpicked.tools.types import Floats, Rows

# scipy has no types.
linalg: Any = import_module("scipy.linalg")
sparse: Any = import_module("scipy.sparse")

HEAD = 20_000
"""EASE inverts a dense items x items matrix: 1.6 GB of float32 at this size."""
RIDGE = 300.0
"""EASE's lambda; chosen on validation for MovieLens-100k (see docs/demo-data.md for the data)."""
NEIGHBOURS = 100
SHRINK = 10.0
MIN_USERS = 3


@dataclass(frozen=True, slots=True)
class Factors:
    """Item-item weights by position in `ids`. `ease` is (head, head) over the first `head` of them, row =
    the item that the user has; `indices`, `weights` and `starts` are item-kNN as CSR rows over all."""

    ids: tuple[str, ...]
    position: Mapping[str, int]
    ease: Floats
    starts: Rows
    indices: Rows
    weights: Floats

    @property
    def head(self) -> int:
        """How many items EASE covers."""
        return len(self.ease)


def fit(
    users: Rows,
    items: Rows,
    ids: Sequence[str],
    *,
    ridge: float = RIDGE,
    neighbours: int = NEIGHBOURS,
    shrink: float = SHRINK,
    dropout: float = 0.0,
    user_power: float = 0.0,
    relaxed: float = 0.0,
) -> Factors:
    """Factors from pairs of (user, position in `ids`); a pair that comes twice counts once.

    EASE with lambda `ridge`: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019), eq. 8. `dropout` adds
    so many times the Gram matrix's diagonal to its ridge (Steck, "Autoencoders that don't overfit towards the Identity",
    2020); a user with n items counts (n / mean)^-`user_power`; weights of items to themselves may reach `relaxed`, though
    they are left out (Moon et al., "It's Enough: Relaxing Diagonal Constraints in Linear Autoencoders", 2023).
    Item-kNN: the strongest `neighbours` cosines of each item, `shrink` added below (Deshpande & Karypis, 2004)."""
    matrix = _binary(users, items, len(ids))
    counts: Rows = np.asarray(matrix.sum(axis=0), np.int64).ravel()
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] >= MIN_USERS]
    matrix = matrix[:, order]
    knn = _neighbours(matrix, neighbours, shrink)
    kept = tuple(ids[int(position)] for position in order)
    return Factors(
        ids=kept,
        position={item_id: position for position, item_id in enumerate(kept)},
        ease=_ease(_weighed(matrix, user_power)[:, :HEAD], ridge, dropout, relaxed),
        starts=knn.indptr.astype(np.int64),
        indices=knn.indices.astype(np.int64),
        weights=knn.data.astype(np.float32),
    )


def save(factors: Factors, folder: Path) -> None:
    """Write `ease.npy`, `knn.npz` and `factors.json`."""
    np.save(folder / "ease.npy", factors.ease)
    arrays = {"starts": factors.starts, "indices": factors.indices, "weights": factors.weights}
    np.savez(folder / "knn.npz", allow_pickle=False, **arrays)
    (folder / "factors.json").write_bytes(orjson.dumps(factors.ids))


def load(folder: Path) -> Factors:
    """Read back what `save` wrote; `ease` stays on disk, mapped, and only the rows asked for are read."""
    with np.load(folder / "knn.npz", allow_pickle=False) as knn:
        starts, indices, weights = knn["starts"], knn["indices"], knn["weights"]
    ids = tuple(orjson.loads((folder / "factors.json").read_bytes()))
    position = {item_id: index for index, item_id in enumerate(ids)}
    return Factors(ids, position, np.load(folder / "ease.npy", mmap_mode="r"), starts, indices, weights)


def _binary(users: Rows, items: Rows, n_items: int) -> Any:
    n_users = int(users.max(initial=-1)) + 1
    ones = np.ones(len(users), np.float32)
    matrix = sparse.csr_matrix((ones, (users, items)), shape=(n_users, n_items))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def _weighed(matrix: Any, power: float) -> Any:
    """Rows scaled by the roots of their weights, so that a Gram matrix has the weights themselves."""
    if not power or not matrix.nnz:
        return matrix
    n = np.asarray(matrix.sum(axis=1)).ravel()
    roots = (np.maximum(n, 1.0) / n[n > 0].mean()) ** (-power / 2)
    return (sparse.diags(roots.astype(np.float32)) @ matrix).tocsr()


def _ease(matrix: Any, ridge: float, dropout: float, relaxed: float) -> Floats:
    gram = np.asarray((matrix.T @ matrix).todense(), np.float32)
    if not len(gram):
        return gram
    penalty: Floats = np.float32(ridge) + np.float32(dropout) * np.diag(gram)
    gram[np.diag_indices_from(gram)] += penalty
    precision: Floats = linalg.inv(gram, overwrite_a=True, check_finite=False)
    bound: Floats = np.float32(1 - relaxed) / np.diag(precision)
    weights: Floats = precision * -(np.maximum(bound, penalty) if relaxed else bound)
    np.fill_diagonal(weights, 0.0)
    return np.ascontiguousarray(weights, np.float32)


def _neighbours(matrix: Any, neighbours: int, shrink: float) -> Any:
    """The strongest cosines of each item, in blocks so that memory stays flat."""
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0))).ravel()
    blocks: list[Any] = []
    for start in range(0, matrix.shape[1], 1000):
        overlap = (matrix[:, start : start + 1000].T @ matrix).tocoo()
        row, column = overlap.row, overlap.col
        cosine = overlap.data / (norms[row + start] * norms[column] + shrink)
        keep = row + start != column
        block = sparse.csr_matrix((cosine[keep], (row[keep], column[keep])), shape=overlap.shape)
        blocks.append(_strongest(block, neighbours))
    return sparse.vstack(blocks, format="csr") if blocks else sparse.csr_matrix((0, 0), dtype=np.float32)


def _strongest(block: Any, neighbours: int) -> Any:
    for row in range(block.shape[0]):
        data = block.data[block.indptr[row] : block.indptr[row + 1]]
        if len(data) > neighbours:
            data[np.argpartition(data, -neighbours)[:-neighbours]] = 0.0
    block.eliminate_zeros()
    return block
