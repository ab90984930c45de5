"""`similar`: items like these items, by content and by who chose both."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from handpicked.tools.collab import neighbours
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.errors import ToolError
from handpicked.tools.likeness import alike
from handpicked.tools.search import Constraints, Limit, fuse
from handpicked.tools.types import Candidate, Floats, Found, Rows

_DEPTH = 200


@tool
def similar(
    context: Context,
    item_ids: Annotated[tuple[str, ...], Field(min_length=1, description="ids of the items to resemble")],
    constraints: Constraints = (),
    limit: Limit = 100,
) -> Found:
    """Find items that resemble the given ones: alike in content, or chosen by the same people."""
    snapshot = context.snapshot
    given = snapshot.rows(item_ids)
    if not len(given):
        raise ToolError(f"no item with id {', '.join(map(repr, item_ids))}; use lookup to find ids by title")
    mask = snapshot.mask(constraints)
    mask[given] = False
    content = alike(context, given, mask, _DEPTH)
    together = [row for row in neighbours(snapshot, item_ids, _DEPTH) if mask[row]]
    found = fuse(context, [content, together], limit)
    vectors = np.stack([snapshot.vector(int(row)) for row in given])
    return Found(tuple(_explained(context, candidate, given, vectors) for candidate in found))


def _explained(context: Context, candidate: Candidate, given: Rows, vectors: Floats) -> Candidate:
    """Name the given item that this one is nearest to."""
    row = context.snapshot.row(candidate.item_id)
    assert row is not None, "a candidate lives"
    closest = int(given[np.argmax(vectors @ context.snapshot.vector(row))])
    return Candidate(candidate.item_id, candidate.score, (context.snapshot.item_id(closest),))
