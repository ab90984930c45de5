"""Vectors in a few dimensions, so that a search through many of them reads an eighth of their bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handpicked.tools.types import Floats, Rows

DIMENSIONS = 64
_SAMPLE = 20_000
_BLOCK = 50_000
_GATHERED = 12
"""From a twelfth of the rows on, reading all of them in order is faster than picking."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """Every vector's coordinates on the axes along which the vectors are longest: `rows` is (n, 64), `axes` is
    (dimensions, 64)."""

    axes: Floats
    rows: Floats

    def likely(self, query: Floats, among: Rows, count: int) -> Rows:
        """Of some rows, in order, the `count` of which the products with a vector are largest by what is left of them."""
        short = query @ self.axes
        if len(among) * _GATHERED < len(self.rows):
            products = self.rows[among] @ short
        else:
            products = (self.rows @ short)[among]
        return among[np.argpartition(products, -count)[-count:]] if count < len(among) else among


def fit(matrix: Floats, folder: Path) -> None:
    """Write `axes.npy` and `sketch.npy`: the principal axes of some rows, about the origin, and all rows on them."""
    sample = np.array(matrix[:: 1 + len(matrix) // _SAMPLE])
    _, axes = np.linalg.eigh(sample.T @ sample)
    kept = np.ascontiguousarray(axes[:, ::-1][:, :DIMENSIONS], np.float32)
    rows = np.empty((len(matrix), kept.shape[1]), np.float32)
    for start in range(0, len(matrix), _BLOCK):
        rows[start : start + _BLOCK] = matrix[start : start + _BLOCK] @ kept
    np.save(folder / "axes.npy", kept)
    np.save(folder / "sketch.npy", rows)


def load(folder: Path) -> Sketch | None:
    """Read back what `fit` wrote, mapped; None where a build has none."""
    if not (folder / "sketch.npy").is_file():
        return None
    return Sketch(np.load(folder / "axes.npy"), np.load(folder / "sketch.npy", mmap_mode="r"))
