"""What is like some items by content: their texts, and vectors that other models made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.views import Scale, View, fused
from handpicked.tools.dispatch import Context
from handpicked.tools.search import nearest
from handpicked.tools.types import Floats, Mask, Rows


def alike(context: Context, given: Rows, mask: Mask, limit: int) -> list[int]:
    """The rows under the mask that are most like the given ones, best first: the nearest by any view, scored by all.

    What an item lacks counts as what it would be expected to have."""
    snapshot = context.snapshot
    texts = np.stack([snapshot.vector(int(row)) for row in given])
    centre = _unit(texts.mean(axis=0))
    found = [row for row, _ in nearest(context, centre, mask, limit)]
    views = [*_used(snapshot, given)]
    if not views:
        return found
    rows = np.array(found, np.int64)
    for name, view, middle in views:
        rows = np.union1d(rows, _nearest(snapshot, name, view, middle, mask, limit))
    columns = [np.stack([snapshot.vector(int(row)) for row in rows]) @ centre]
    columns += [_of_rows(snapshot, name, view, rows) @ middle for name, view, middle in views]
    scales = [_positive(snapshot.build.views.text), *(view.scale for _, view, _ in views)]
    scores = fused(scales, np.stack(columns, axis=1))
    return rows[np.lexsort((rows, -scores))][:limit].tolist()


def _used(snapshot: Snapshot, given: Rows) -> Iterator[tuple[str, View, Floats]]:
    """The views that count and that one of the given items has, with the middle of those that have it."""
    for name, view in snapshot.build.views.columns.items():
        if view.scale.weight > 0:
            vectors = _of_rows(snapshot, name, view, given)
            known = vectors[~np.isnan(vectors[:, 0])]
            if len(known) and (middle := known.mean(axis=0)).any():
                yield name, view, _unit(middle)


def _nearest(snapshot: Snapshot, name: str, view: View, vector: Floats, mask: Mask, limit: int) -> Rows:
    start = len(snapshot.build.columns)
    found, _ = view.vectors.nearest(vector, limit, mask[:start][view.rows])
    fresh = snapshot.delta.views[name]
    known = np.flatnonzero(mask[start:] & ~np.isnan(fresh[:, 0]))
    return np.concatenate([view.rows[found], known + start])


def _of_rows(snapshot: Snapshot, name: str, view: View, rows: Rows) -> Floats:
    """The view's vectors of some rows, NaN where they have none."""
    start = len(snapshot.build.columns)
    matrix = np.full((len(rows), view.vectors.matrix.shape[1]), np.nan, np.float32)
    old = rows < start
    at = view.at[rows[old]]
    matrix[np.flatnonzero(old)[at >= 0]] = view.vectors.matrix[at[at >= 0]]
    matrix[~old] = snapshot.delta.views[name][rows[~old] - start]
    return matrix


def _positive(text: Scale) -> Scale:
    """The texts decide between items that have nothing else, whatever they count beside it."""
    return text if text.weight > 0 else replace(text, weight=1e-6)


def _unit(vector: Floats) -> Floats:
    return vector / np.float32(np.linalg.norm(vector))
