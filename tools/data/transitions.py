"""What is chosen soon after what: windowed item-item transitions."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from handpicked.tools.data.choices import Choices

sparse: Any = import_module("scipy.sparse")  # it has no types


def fit(choices: Choices, *, window: int, backward: float = 0.0, shrink: float = 10.0) -> Any:
    """Count each pair of a user's choices at most `window` places apart, by one over the distance; pairs in reverse order
    count `backward`. Counts are scaled as cosines are: over sqrt(n n') + `shrink`. CSR, from an item that a user has to
    those chosen after it."""
    n_items, users, items = choices.n_items, choices.users, choices.items
    counts = sparse.csr_matrix((n_items, n_items), dtype=np.float32)
    for distance in range(1, window + 1):
        same = users[distance:] == users[:-distance]
        before, after = items[distance:][same], items[:-distance][same]
        ones = np.full(len(before), 1 / distance, np.float32)
        counts = counts + sparse.csr_matrix((ones, (before, after)), shape=(n_items, n_items))
    both = (counts + backward * counts.T).tocoo()
    chosen = np.bincount(items, minlength=n_items)
    scaled = both.data / (np.sqrt(chosen[both.row] * chosen[both.col]) + shrink)
    found = sparse.csr_matrix((scaled, (both.row, both.col)), shape=(n_items, n_items), dtype=np.float32)
    found.eliminate_zeros()
    return found
