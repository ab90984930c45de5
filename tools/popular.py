"""`popular`: what many people chose, lately more than long ago."""

from __future__ import annotations

import numpy as np

from handpicked.tools.data.columns import Numbers
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.search import Constraints, Limit
from handpicked.tools.types import Candidate, Floats, Found, Rows


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
    best = _first(scores, ratings, limit)
    order = best[np.lexsort((best, -ratings[best], -scores[best]))]
    return Found(tuple(Candidate(snapshot.item_id(int(rows[i])), float(scores[i])) for i in order))


def _first(scores: Floats, ratings: Numbers, limit: int) -> Rows:
    """The places of the `limit` highest by score, then rating, then place, in no order: sorting a million takes long."""
    if len(scores) <= limit:
        return np.arange(len(scores))
    least = np.partition(scores, -limit)[-limit]
    sure, tied = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
    missing = limit - len(sure)
    lowest = np.partition(ratings[tied], -missing)[-missing]
    of_tied = np.concatenate([tied[ratings[tied] > lowest], tied[ratings[tied] == lowest]])
    return np.concatenate([sure, of_tied[:missing]])
