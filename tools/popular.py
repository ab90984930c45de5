"""`popular`: what many people chose, lately more than long ago."""

from __future__ import annotations

import numpy as np

from handpicked.tools.dispatch import Context, tool
from handpicked.tools.search import Constraints, Limit
from handpicked.tools.types import Candidate, Found


@tool
def popular(
    context: Context,
    constraints: Constraints = (),
    limit: Limit = 100,
) -> Found:
    """List what is popular now, for someone who is unknown or says nothing of their taste.

    Scores are in 0..1 within each domain; what nobody chose yet comes after, by rating."""
    snapshot = context.snapshot
    rows = np.flatnonzero(snapshot.mask(constraints))
    scores = snapshot.popularity[rows]
    ratings = np.nan_to_num(snapshot.numbers("rating")[rows], nan=0.0)
    order = np.lexsort((rows, -ratings, -scores))[:limit]
    return Found(tuple(Candidate(snapshot.item_id(int(rows[i])), float(scores[i])) for i in order))
