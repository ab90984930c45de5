"""What is chosen soon after what: windowed item-item transitions."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from handpicked.tools.data.choices import Choices
from handpicked.tools.data.neighbours import entries, running, runs, strongest
from handpicked.tools.types import Floats, Rows

sparse: Any = import_module("scipy.sparse")  # it has no types

KEPT = 200
"""How many followers an item has: as good as all of them, and memory grows with the items alone (docs/measurements.md)."""
PAIRS = 10_000_000
"""How many pairs are counted at once, which bounds memory."""


def fit(choices: Choices, *, window: int, backward: float = 0.0, shrink: float = 10.0) -> Any:
    """Count each pair of a user's choices at most `window` places apart, by one over the distance; pairs in reverse order
    count `backward`. Counts are scaled as cosines are: over sqrt(n n') + `shrink`. CSR, from an item that a user has to
    those chosen after it, the strongest KEPT of each."""
    chosen = np.bincount(choices.items, minlength=choices.n_items)
    ends = running(chosen)
    order, users = np.argsort(choices.items, kind="stable"), choices.users
    parts: list[Any] = []
    for start, stop in runs(ends, PAIRS // (2 * window)):
        counts = _counts(choices, users, order[ends[start] : ends[stop]], window, backward)[start:stop]
        rows: Rows = np.arange(start, stop).repeat(entries(counts))
        counts.data /= (np.sqrt(chosen[rows] * chosen[counts.indices]) + shrink).astype(np.float32)
        parts.append(strongest(counts, KEPT))
    return sparse.vstack(parts, format="csr") if parts else sparse.csr_matrix((0, 0), dtype=np.float32)


def _counts(choices: Choices, users: Rows, places: Rows, window: int, backward: float) -> Any:
    """The counts in some items' rows, whose choices are at these places; a user's newest choice comes first."""
    rows, columns, weights = list[Rows](), list[Rows](), list[Floats]()
    for distance in [*range(-window, 0), *(range(1, window + 1) if backward else ())]:
        others = places + distance
        there = (others >= 0) & (others < len(users))
        there[there] = users[others[there]] == users[places[there]]
        rows.append(choices.items[places[there]])
        columns.append(choices.items[others[there]])
        weight = 1 / abs(distance) if distance < 0 else backward / distance
        weights.append(np.full(len(rows[-1]), weight, np.float32))
    pairs = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix((np.concatenate(weights), pairs), shape=(choices.n_items, choices.n_items))
