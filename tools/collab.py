"""`collab`: what people with the same choices chose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from handpicked.tools import taste
from handpicked.tools.data.factors import Factors
from handpicked.tools.data.index import Snapshot
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.search import Constraints, Limit
from handpicked.tools.types import Candidate, Floats, Found, Rows

HISTORY = 500
_FLOOR, _DECAY = 0.1, 8.0
"""A choice's weight by its rank from the newest: .1 + .9 exp(-rank / 8)."""
_KNN_SHARE = 0.25
"""Item-kNN's part beside EASE, both scaled to their largest score."""
_REASONS = 2


@tool
def collab(
    context: Context,
    item_ids: Annotated[tuple[str, ...], Field(description="items liked in this very session")] = (),
    constraints: Constraints = (),
    limit: Limit = 100,
) -> Found:
    """Find what others with this user's choices chose; needs a history or items liked in this session.

    A user who was never trained on is folded in: scores are sums of the item-item weights of what they have."""
    past = context.events.recent(context.user_id, HISTORY) if context.user_id else []
    chosen = list(dict.fromkeys([*item_ids, *taste.liked(past)]))
    return Found(score(context.snapshot, chosen, constraints, limit))


def score(
    snapshot: Snapshot, chosen: Sequence[str], constraints: Constraints, limit: int
) -> tuple[Candidate, ...]:
    """Fold in a history, newest first, and rank what is not in it; best first, ties by position."""
    factors = snapshot.build.factors
    history = _positions(factors, chosen)
    if not len(history):
        return ()
    weights = (_FLOOR + (1 - _FLOOR) * np.exp(-np.arange(len(history)) / _DECAY)).astype(np.float32)
    scores = _scaled(_ease(factors, history, weights)) + _KNN_SHARE * _scaled(_knn(factors, history, weights))
    scores[history] = -np.inf
    rows = snapshot.factor_rows
    scores[(rows < 0) | ~snapshot.mask(constraints)[rows]] = -np.inf
    order = np.lexsort((np.arange(len(scores)), -scores))[:limit]
    kept: list[int] = [int(p) for p in order if np.isfinite(scores[p]) and scores[p] > 0]
    return tuple(
        Candidate(factors.ids[p], float(scores[p]), _because(factors, history, weights, p)) for p in kept
    )


def neighbours(snapshot: Snapshot, item_ids: Sequence[str], limit: int) -> list[int]:
    """Living rows that were chosen together with these items, strongest first, by item-kNN."""
    factors = snapshot.build.factors
    given = _positions(factors, item_ids)
    scores = _knn(factors, given, np.ones(len(given), np.float32))
    order = np.lexsort((np.arange(len(scores)), -scores))[:limit]
    rows = snapshot.factor_rows
    return [int(rows[p]) for p in order if scores[p] > 0 and rows[p] >= 0]


def _ease(factors: Factors, history: Rows, weights: Floats) -> Floats:
    scores = np.zeros(len(factors.ids), np.float32)
    head = history < factors.head
    scores[: factors.head] = weights[head] @ factors.ease[history[head]]
    return scores


def _knn(factors: Factors, history: Rows, weights: Floats) -> Floats:
    scores = np.zeros(len(factors.ids), np.float32)
    for position, weight in zip(history, weights, strict=True):
        row = slice(factors.starts[position], factors.starts[position + 1])
        scores[factors.indices[row]] += weight * factors.weights[row]
    return scores


def _because(factors: Factors, history: Rows, weights: Floats, position: int) -> tuple[str, ...]:
    """The items of the history that carry this score, most first."""
    if position >= factors.head:
        return ()
    head = history < factors.head
    parts = weights[head] * factors.ease[history[head], position]
    best = np.argsort(-parts)[:_REASONS]
    return tuple(factors.ids[history[head][i]] for i in best if parts[i] > 0)


def _scaled(scores: Floats) -> Floats:
    top = scores.max(initial=0.0)
    return scores / top if top > 0 else scores


def _positions(factors: Factors, item_ids: Sequence[str]) -> Rows:
    found = (factors.position.get(item_id) for item_id in item_ids)
    return np.array([position for position in found if position is not None], np.int64)
