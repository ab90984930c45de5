"""`dialogues`: what was chosen in past conversations that went like this one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from handpicked.tools.data import conversations
from handpicked.tools.data.blend import TOOLS
from handpicked.tools.data.learned import Learned
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.search import Constraints, Limit
from handpicked.tools.types import Candidate, Found

_NEAREST = 50
_TOLD = 10


@tool
def dialogues(
    context: Context,
    utterances: Annotated[
        tuple[str, ...], Field(min_length=1, description="the conversation so far, oldest first")
    ],
    item_ids: Annotated[tuple[str, ...], Field(description="ids of the items named so far")] = (),
    constraints: Constraints = (),
    limit: Limit = 100,
) -> Found:
    """Find what was chosen in the past conversations that are most like this one.

    The nearest fifty by cosine vote for the items chosen in them, each with its cosine. With a blend that the build learned from
    past conversations that has the say, and the facts tell what each tool brings to the first ten."""
    snapshot = context.snapshot
    if snapshot.build.learned is not None:
        return _blended(context, snapshot.build.learned, utterances, item_ids, constraints, limit)
    past = snapshot.build.dialogue_vectors
    if not len(past):
        return Found()
    vector = context.embedder.query(conversations.recent(utterances))
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


def _blended(
    context: Context, learned: Learned, utterances: Sequence[str], item_ids: Sequence[str],
    constraints: Constraints, limit: int,
) -> Found:  # fmt: skip
    """The items that the blend ranks first under the constraints, by the logarithm of how likely; facts are of the first."""
    snapshot, built = context.snapshot, len(context.snapshot.build.columns)
    named = snapshot.rows(item_ids)
    found = learned.rank(
        conversations.turn(context.embedder, utterances, named[named < built]),
        snapshot.mask(constraints)[:built],
    )
    candidates = [
        Candidate(snapshot.item_id(int(row)), float(score))
        for row, score in zip(found.rows[:limit], found.scores, strict=False)
    ]
    parts = {
        one.item_id: {tool: round(float(part), 3) for tool, part in zip(TOOLS, brought, strict=True)}
        for one, brought in zip(candidates[:_TOLD], found.parts, strict=False)
    }
    return Found(tuple(candidates), {"brought": parts} if parts else {})
