"""What is chosen soon after what: windowed item-item transitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from handpicked.tools.types import Floats, Rows

sparse: Any = import_module("scipy.sparse")  # it has no types


@dataclass(frozen=True, slots=True)
class Transitions:
    """CSR rows by position: from an item that a user has to those chosen within a window of it."""

    starts: Rows
    indices: Rows
    weights: Floats


def fit(
    histories: Sequence[Rows], n_items: int, *, window: int, backward: float = 0.0, shrink: float = 10.0
) -> Transitions:
    """Count, in histories of positions, newest first, each pair at most `window` places apart, by one over the distance;
    pairs in reverse order count `backward`. Counts are scaled as cosines are: over sqrt(n n') + `shrink`."""
    counts = sparse.csr_matrix((n_items, n_items), dtype=np.float32)
    for distance in range(1, window + 1):
        before = np.concatenate([np.empty(0, np.int64), *(h[distance:] for h in histories)])
        after = np.concatenate([np.empty(0, np.int64), *(h[:-distance] for h in histories)])
        ones = np.full(len(before), 1 / distance, np.float32)
        counts = counts + sparse.csr_matrix((ones, (before, after)), shape=(n_items, n_items))
    both = (counts + backward * counts.T).tocoo()
    chosen = np.bincount(np.concatenate([np.empty(0, np.int64), *histories]), minlength=n_items)
    scaled = both.data / (np.sqrt(chosen[both.row] * chosen[both.col]) + shrink)
    found = sparse.csr_matrix((scaled, (both.row, both.col)), shape=(n_items, n_items), dtype=np.float32)
    found.eliminate_zeros()
    return Transitions(found.indptr.astype(np.int64), found.indices.astype(np.int64), found.data)
