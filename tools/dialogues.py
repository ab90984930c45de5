"""`dialogues`: what was chosen in past conversations that went like this one."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

import numpy as np
from pydantic import Field

from handpicked.tools.data.build import dialogue_text
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.search import Constraints, Limit
from handpicked.tools.types import Candidate, Found

_NEAREST = 50


@tool
def dialogues(
    context: Context,
    utterances: Annotated[
        tuple[str, ...], Field(min_length=1, description="the conversation so far, oldest first")
    ],
    constraints: Constraints = (),
    limit: Limit = 100,
) -> Found:
    """Find what was chosen in the past conversations that are most like this one.

    The nearest fifty by cosine vote for the items chosen in them, each with its cosine."""
    snapshot = context.snapshot
    past = snapshot.build.dialogue_vectors
    if not len(past):
        return Found()
    vector = context.embedder.query(dialogue_text(utterances))
    cosines = past @ vector
    votes: dict[int, float] = defaultdict(float)
    mask = snapshot.mask(constraints)
    for index in map(int, np.argsort(-cosines, kind="stable")[:_NEAREST]):
        for item_id in snapshot.build.dialogue_targets[index]:
            row = snapshot.row(item_id)
            if row is not None and mask[row] and cosines[index] > 0:
                votes[row] += float(cosines[index])
    best = sorted(votes, key=lambda row: (-votes[row], row))[:limit]
    return Found(tuple(Candidate(snapshot.item_id(row), votes[row]) for row in best))
