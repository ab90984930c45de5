"""`collab`: what people with the same choices chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from pydantic import Field

from handpicked.tools import taste
from handpicked.tools.data.factors import Factors
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.transitions import Transitions
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.search import Constraints, Limit
from handpicked.tools.types import Candidate, Floats, Found, Mask, Rows

_FLOOR = 0.1
_PAST = 0.4
"""What a past choice counts beside one that this very session names."""
_REASONS = 2
TRANSFER = 300.0
"""k of the scene's share n / (n + k) of a taste, n being how many of the choices are of the scene; chosen on valid by
`python -m handpicked.eval.suites.transfer.tune`."""
PRIOR = 2.0
"""What popularity in a scene counts for someone who has nothing there; with n choices there PRIOR / (n + 1). Chosen on the
same; with 20 choices and more it changes nothing."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How scores of a history are mixed: a choice's weight by its rank from the newest is .1 + .9 exp(-rank / `decay`), for
    transitions exp(-rank / `follow_decay`); item-kNN, EASE and transitions are scaled to their largest score each."""

    decay: float = 8.0
    ease: float = 1.0
    knn: float = 0.25
    follow: float = 0.0
    follow_decay: float = 5.0


MIX = Mix()


@tool
def collab(
    context: Context,
    item_ids: Annotated[tuple[str, ...], Field(description="items liked in this very session")] = (),
    constraints: Constraints = (),
    limit: Limit = 100,
) -> Found:
    """Find what others with this user's choices chose; needs a history or items liked in this session.

    A user who was never trained on is folded in: scores are sums of item-item weights of what they have."""
    return Found(score(context.snapshot, item_ids, taste.liked(context.past), constraints, limit))


def score(
    snapshot: Snapshot, named: Sequence[str], past: Sequence[str], constraints: Constraints, limit: int
) -> tuple[Candidate, ...]:
    """Fold in what a session names and a history, newest first; rank the rest, ties by position. Where the constraints name
    domains, the history counts by its part in them."""
    factors = snapshot.build.factors
    rows, history = snapshot.factor_rows, _positions(factors, past)
    domains = [constraint for constraint in constraints if constraint.field == "domain"]
    scene = snapshot.mask(domains)[rows] & (rows >= 0) if domains else None
    folded = fold_in(factors, _positions(factors, named), history, scene)
    if scene is not None and not named and len(history):
        popular = np.where(scene, snapshot.popularity[rows], 0.0)
        folded = replace(folded, scores=with_prior(folded.scores, popular, int(scene[history].sum())))
    folded.scores[(rows < 0) | ~snapshot.mask(constraints)[rows]] = -np.inf
    return tuple(
        Candidate(factors.ids[p], float(folded.scores[p]), _because(snapshot, folded, p))
        for p in strongest(folded.scores, limit)
    )


@dataclass(frozen=True, slots=True)
class FoldedIn:
    """A history as positions, what each of its items in the head carries to each item of the head, and the
    scores of all items: -inf for those of the history."""

    history: Rows
    carried: Floats
    scores: Floats


def fold_in(
    factors: Factors,
    session: Rows,
    past: Rows,
    scene: Mask | None = None,
    *,
    mix: Mix = MIX,
    transitions: Transitions | None = None,
) -> FoldedIn:
    """Score every item by position for what a session names and a history, newest first. `scene` tells by position the
    items of the scene that the scores are for."""
    history = np.concatenate([session, past[~np.isin(past, session)]])
    weights = _recency(len(session), len(history) - len(session), mix.decay)
    if scene is not None:
        weights = transferred(weights, scene[history])
    carried = _carried(factors, history, weights)
    scores = mix.ease * _scaled(_ease(factors, carried))
    if mix.knn:
        scores += mix.knn * _scaled(knn(factors, history, weights))
    if transitions is not None:
        fresh = np.exp(-np.arange(len(history)) / mix.follow_decay).astype(np.float32)
        scores += mix.follow * _scaled(_summed(transitions, history, fresh, len(scores)))
    scores[history] = -np.inf
    return FoldedIn(history, carried, scores)


def transferred(weights: Floats, inside: Mask, k: float = TRANSFER) -> Floats:
    """The weights of a history for one scene, of whose items `inside` tells: a taste shared by all scenes and one of
    this scene, mixed by n / (n + k). Someone new to a scene starts from what is known elsewhere."""
    own = np.where(inside, weights, np.float32(0.0))
    if not own.any():
        return weights
    share = np.float32(inside.sum() / (inside.sum() + k))
    return (1 - share) * weights / weights.sum() + share * own / own.sum()


def with_prior(scores: Floats, popular: Floats, n: int, prior: float = PRIOR) -> Floats:
    """Scores of a history that has n choices of the scene, with the popularity of the scene's items as a prior."""
    found = np.isfinite(scores)
    mixed = _scaled(np.where(found, scores, 0.0)) + prior / (n + 1) * _scaled(popular)
    return np.where(found, mixed, -np.inf).astype(np.float32)


def ease(factors: Factors, history: Rows) -> Floats:
    """EASE's score of every item by position for a history in which all items count alike."""
    return weighted(factors, history, np.ones(len(history), np.float32))


def weighted(factors: Factors, history: Rows, weights: Floats) -> Floats:
    """EASE's score of every item by position for a history with a weight for each item."""
    return _ease(factors, _carried(factors, history, weights))


def knn(factors: Factors, history: Rows, weights: Floats) -> Floats:
    """Item-kNN's score of every item by position, for a history with a weight for each item."""
    return _summed(factors, history, weights, len(factors.ids))


def strongest(scores: Floats, limit: int) -> list[int]:
    """The positions that have a score above 0, highest first, ties by position."""
    order = np.lexsort((np.arange(len(scores)), -scores))[:limit]
    return [int(position) for position in order if scores[position] > 0]


def neighbours(snapshot: Snapshot, item_ids: Sequence[str], limit: int) -> list[int]:
    """Living rows that were chosen together with these items, strongest first, by item-kNN."""
    factors = snapshot.build.factors
    given = _positions(factors, item_ids)
    scores = knn(factors, given, np.ones(len(given), np.float32))
    rows = snapshot.factor_rows
    return [int(rows[position]) for position in strongest(scores, limit) if rows[position] >= 0]


def _summed(rows: Factors | Transitions, history: Rows, weights: Floats, n_items: int) -> Floats:
    scores = np.zeros(n_items, np.float32)
    for position, weight in zip(history, weights, strict=True):
        row = slice(rows.starts[position], rows.starts[position + 1])
        scores[rows.indices[row]] += weight * rows.weights[row]
    return scores


def _recency(named: int, past: int, decay: float) -> Floats:
    faded = _FLOOR + (1 - _FLOOR) * np.exp(-np.arange(past) / decay)
    return np.concatenate([np.ones(named), (_PAST if named else 1.0) * faded]).astype(np.float32)


def _carried(factors: Factors, history: Rows, weights: Floats) -> Floats:
    """What each item of the history carries to each item of the head, shape (history in the head, head)."""
    head = history < factors.head
    return weights[head, None] * np.asarray(factors.ease[history[head]])


def _ease(factors: Factors, carried: Floats) -> Floats:
    scores = np.zeros(len(factors.ids), np.float32)
    scores[: factors.head] = carried.sum(axis=0)
    return scores


def _because(snapshot: Snapshot, folded: FoldedIn, position: int) -> tuple[str, ...]:
    """The living items of the history that carry this score, most first."""
    factors = snapshot.build.factors
    if position >= factors.head:
        return ()
    head = folded.history[folded.history < factors.head]
    parts = np.where(snapshot.factor_rows[head] >= 0, folded.carried[:, position], 0.0)
    order = np.argsort(-parts, kind="stable")[:_REASONS]
    return tuple(factors.ids[int(head[i])] for i in order if parts[i] > 0)


def _scaled(scores: Floats) -> Floats:
    top = scores.max(initial=0.0)
    return scores / top if top > 0 else scores


def _positions(factors: Factors, item_ids: Sequence[str]) -> Rows:
    found = (factors.position.get(item_id) for item_id in dict.fromkeys(item_ids))
    return np.array([position for position in found if position is not None], np.int64)
