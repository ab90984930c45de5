"""What collaborative filtering would say of items that too few people chose: what it says of items like them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from handpicked.tools.types import Floats

HEAD = 5_000
"""So many of the most chosen items teach: 10 MB at 512 dimensions."""
RIDGE = 0.01
"""Of the ridge, for each item that teaches: from .01 to .03 the best on valid of `eval run cold`."""
_FEWEST = 30


def fit(vectors: Floats) -> Floats:
    """Shape (dimensions, items): times the scores that the items have for somebody, it gives the direction of content in which
    these scores rise, by ridge regression. Given unit vectors of the items; of too few nothing is learned, and there is no column."""
    known = vectors[:HEAD].astype(np.float64)
    n, dimensions = known.shape
    if n < _FEWEST:
        return np.empty((dimensions, 0), np.float32)
    gram = known.T @ known + RIDGE * n * np.eye(dimensions)
    return np.asarray(np.linalg.solve(gram, known.T), np.float32)


def save(learned: Floats, folder: Path) -> None:
    """Write `newcomers.npy`."""
    np.save(folder / "newcomers.npy", learned)


def load(folder: Path) -> Floats | None:
    """Read back what `save` wrote, mapped; None for a build without it."""
    path = folder / "newcomers.npy"
    return np.load(path, mmap_mode="r") if path.is_file() else None
