"""What descriptions say: vectors of their passages, so that a query finds an item by any of them, however late."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from handpicked.tools.data import vectors
from handpicked.tools.data.vectors import Vectors
from handpicked.tools.types import Floats, Mask, Rows

FOLDER = "passages"
EXACT = 20_000
"""So many passages are compared one by one in some 4 ms; more get an index of their own, up to where a sketch serves as well: an
index of a million takes as long to build as that of the items, and 2 GB."""
_PER_ITEM = 2
"""How many passages are asked for where one item is wanted: an item may have several among the nearest."""


class Passages:
    """Unit vectors of passages, and the build's row that each is of, in the order of rows."""

    def __init__(self, folder: Path) -> None:
        self.vectors = Vectors(folder / FOLDER)
        self.rows: Rows = np.load(folder / FOLDER / "rows.npy")

    def nearest(self, query: Floats, limit: int, mask: Mask) -> tuple[Rows, Floats]:
        """The rows under the mask that have the nearest passages, with the cosine of the best of each, best first."""
        found, cosines = self.vectors.nearest(query, _PER_ITEM * limit, mask[self.rows])
        rows = self.rows[found]
        _, first = np.unique(rows, return_index=True)
        first.sort()
        return rows[first][:limit], cosines[first][:limit]


def save(matrix: Floats, rows: Sequence[int], folder: Path) -> None:
    """Write `passages/`. Raises OSError when that fails."""
    (folder / FOLDER).mkdir()
    vectors.save(matrix, folder / FOLDER, indexed=EXACT < len(matrix) < vectors.SKETCHED)
    np.save(folder / FOLDER / "rows.npy", np.array(rows, np.int64))


def load(folder: Path) -> Passages | None:
    """Read back what `save` wrote; None where a build has none."""
    return Passages(folder) if (folder / FOLDER).is_dir() else None
