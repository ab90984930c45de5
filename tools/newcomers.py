"""Items without a part in collaborative filtering, ranked by what it would say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from handpicked.tools.dispatch import Context
from handpicked.tools.search import nearest
from handpicked.tools.types import Candidate, Floats, Mask

_RECENT = 50
"""How many of the newest items of a history may be named as the reason."""


def newcomers(
    context: Context, scores: Floats, had: Sequence[str], allowed: Mask, limit: int
) -> tuple[Candidate, ...]:
    """At most so many items that too few people chose and that are allowed, best first, none of those that were `had`, the newest
    of them first. `scores` are those of the others by position, -inf for what was had.

    A score is the ridge regression's: as if the others had chosen it."""
    snapshot = context.snapshot
    learned = snapshot.build.newcomers
    mask = allowed & ~snapshot.chosen
    mask[snapshot.rows(had)] = False
    if limit < 1 or learned is None or not learned.shape[1] or not mask.any():
        return ()
    taught = scores[: learned.shape[1]]
    best = np.max(scores, where=np.isfinite(scores), initial=0.0)
    direction = learned @ np.where(np.isfinite(taught), taught, best).astype(np.float32)
    length = float(np.linalg.norm(direction))
    if not length:
        return ()
    found = nearest(context, direction / length, mask, limit)
    return _explained(
        context, [Candidate(snapshot.item_id(row), length * cosine) for row, cosine in found], had
    )


def _explained(context: Context, found: Sequence[Candidate], had: Sequence[str]) -> tuple[Candidate, ...]:
    """Those that score above 0, each with the item of the history that it is most like."""
    snapshot = context.snapshot
    given = snapshot.rows(had[:_RECENT])
    vectors = np.array([snapshot.vector(int(row)) for row in given])
    said: list[Candidate] = []
    for candidate in found:
        row = snapshot.row(candidate.item_id)
        assert row is not None, "a candidate lives"
        if candidate.score > 0:
            like = int(given[np.argmax(vectors @ snapshot.vector(row))]) if len(given) else None
            said.append(replace(candidate, because=(snapshot.item_id(like),) if like is not None else ()))
    return tuple(said)
