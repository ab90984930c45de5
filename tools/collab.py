"""`collab`: what people with the same choices chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from handpicked.tools import taste
from handpicked.tools.data import factors
from handpicked.tools.data.choices import freshness, recency
from handpicked.tools.data.factors import PARTS, Blended, Factors, share
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.newcomers import newcomers
from handpicked.tools.search import Constraints, Limit
from handpicked.tools.types import Candidate, Floats, Found, Mask, Rows

sparse: Any = import_module("scipy.sparse")  # it has no types

_PAST = 0.4
"""What a past choice counts beside one that this very session names."""
_REASONS = 2
TRANSFER = 300.0
"""k of the scene's share n / (n + k) of a taste, n being how many of the choices are of the scene; chosen on valid by
`python -m handpicked.eval.suites.transfer.tune`."""
PRIOR = 2.0
"""What popularity in a scene counts for someone who has nothing there; with n choices there PRIOR / (n + 1). Chosen on the
same; with 20 choices and more it changes nothing."""


@tool
def collab(
    context: Context,
    item_ids: Annotated[tuple[str, ...], Field(description="items liked in this very session")] = (),
    constraints: Constraints = (),
    limit: Limit = 100,
) -> Found:
    """Find what others with this user's choices chose; needs a history or items liked in this session.

    A user who was never trained on is folded in: scores are sums of item-item weights of what they have. Where too few are
    found, items follow that too few people chose, by what is said of items like them."""
    past = taste.liked(context.past)
    folded = _folded(context.snapshot, item_ids, past, constraints)
    if folded is None:
        return Found()
    found = _ranked(context.snapshot, folded, constraints, limit)
    had = [*dict.fromkeys((*item_ids, *past))]
    allowed = context.snapshot.mask(constraints)
    return Found(found + newcomers(context, folded.scores, had, allowed, limit - len(found)))


def score(
    snapshot: Snapshot, named: Sequence[str], past: Sequence[str], constraints: Constraints, limit: int
) -> tuple[Candidate, ...]:
    """Fold in what a session names and a history, newest first; rank the rest, ties by position. Where the constraints name
    domains, the history counts by its part in them."""
    folded = _folded(snapshot, named, past, constraints)
    return () if folded is None else _ranked(snapshot, folded, constraints, limit)


def _folded(
    snapshot: Snapshot, named: Sequence[str], past: Sequence[str], constraints: Constraints
) -> FoldedIn | None:
    """The scores of what is known for a session and a history, whatever the other constraints; None where nothing is known of
    these."""
    found = snapshot.build.factors
    rows, session, history = snapshot.factor_rows, _positions(found, named), _positions(found, past)
    if not len(session) and not len(history):
        return None
    domains = [constraint for constraint in constraints if constraint.field == "domain"]
    scene = snapshot.mask(domains)[rows] & (rows >= 0) if domains else None
    folded = fold_in(found, session, history, scene)
    if scene is not None and not named and len(history):
        popular = np.where(scene, snapshot.popularity[rows], 0.0)
        folded = replace(folded, scores=with_prior(folded.scores, popular, int(scene[history].sum())))
    return folded


def _ranked(
    snapshot: Snapshot, folded: FoldedIn, constraints: Constraints, limit: int
) -> tuple[Candidate, ...]:
    found, rows = snapshot.build.factors, snapshot.factor_rows
    allowed = (rows >= 0) & snapshot.mask(constraints)[rows]
    scores = np.where(allowed, folded.scores, -np.inf).astype(np.float32)
    ranked = strongest(scores, limit)
    brought = _terms(folded.blended, ranked)
    return tuple(
        Candidate(found.ids[p], float(scores[p]), reasons, terms)
        for p, reasons, terms in zip(ranked, _because(snapshot, folded, ranked), brought, strict=True)
    )


@dataclass(frozen=True, slots=True)
class FoldedIn:
    """A history as positions, newest first, what each of its items counts to each part, and the scores of all items:
    -inf for those of the history."""

    history: Rows
    weights: Mapping[str, Floats]
    blended: Blended
    scores: Floats


def fold_in(found: Factors, session: Rows, past: Rows, scene: Mask | None = None) -> FoldedIn:
    """Score every item by position for what a session names and a history, newest first. `scene` tells by position the
    items of the scene that the scores are for."""
    history = np.concatenate([session, past[~np.isin(past, session)]])
    lasting, fresh = _weights(found.recipe, len(session), len(history) - len(session))
    if scene is not None:
        lasting = transferred(lasting, scene[history])
    used = {name: part.lasting for name, part in PARTS.items() if share(found.recipe, name)}
    weights = {name: lasting if lasts else fresh for name, lasts in used.items()}
    old, new = (row(history, given, len(found.ids)) for given in (lasting, fresh))
    blended = factors.blend(found, {name: old if lasts else new for name, lasts in used.items()})
    scores = blended.scores[0]
    scores[history] = -np.inf
    return FoldedIn(history, weights, blended, scores)


def row(history: Rows, weights: Floats, n_items: int) -> Any:
    """A history as a CSR matrix of one row."""
    return sparse.csr_matrix((weights, history, np.array([0, len(history)])), shape=(1, n_items))


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


def strongest(scores: Floats, limit: int) -> list[int]:
    """The positions that have a score above 0, highest first, ties by position."""
    found = np.flatnonzero(scores > 0)
    if len(found) > limit:
        least = np.partition(scores[found], -limit)[-limit]
        found = found[scores[found] >= least]
    return found[np.argsort(-scores[found], kind="stable")][:limit].tolist()


def neighbours(snapshot: Snapshot, item_ids: Sequence[str], limit: int) -> list[int]:
    """Living rows that were chosen together with these items, strongest first, by item-kNN."""
    found = snapshot.build.factors
    given = _positions(found, item_ids)
    if not len(given):
        return []
    scores = found.parts["knn"].scores(row(given, np.ones(len(given), np.float32), len(found.ids)))[0]
    rows = snapshot.factor_rows
    return [int(rows[position]) for position in strongest(scores, limit) if rows[position] >= 0]


def carried(found: Factors, folded: FoldedIn, positions: Rows) -> Floats:
    """What each item of the history carries to the scores of some items, shape (history, positions), all parts together."""
    total = np.zeros((len(folded.history), len(positions)), np.float32)
    for name, scale in folded.blended.scales.items():
        total += scale[0] * found.parts[name].carried(folded.history, folded.weights[name], positions)
    return total


def _weights(recipe: Recipe, named: int, past: int) -> tuple[Floats, Floats]:
    """What each choice counts for a taste: those of the session all alike, then the past from its newest on; and for what
    follows, where the past goes on where the session ends."""
    faded = np.float32(_PAST if named else 1.0) * recency(np.arange(past), recipe.decay)
    return np.concatenate([np.ones(named, np.float32), faded]), freshness(
        np.arange(named + past), recipe.follow_decay
    )


def _terms(blended: Blended, ranked: Sequence[int]) -> list[tuple[float, ...]]:
    """What each of `PARTS` brings to the scores of some positions."""
    none = np.zeros(len(ranked), np.float32)
    brought = [
        blended.parts[name][0, ranked] if len(ranked) and name in blended.parts else none for name in PARTS
    ]
    return list(zip(*(terms.tolist() for terms in brought), strict=True))


def _because(snapshot: Snapshot, folded: FoldedIn, ranked: Sequence[int]) -> list[tuple[str, ...]]:
    """For each ranked position the living items of the history that carry its score, most first."""
    found = snapshot.build.factors
    parts = carried(found, folded, np.array(ranked, np.int64))
    parts[snapshot.factor_rows[folded.history] < 0] = 0.0
    order = np.argsort(-parts, axis=0, kind="stable")[:_REASONS]
    return [
        tuple(found.ids[int(folded.history[at])] for at in order[:, column] if parts[at, column] > 0)
        for column in range(len(ranked))
    ]


def _scaled(scores: Floats) -> Floats:
    top = scores.max(initial=0.0)
    return scores / top if top > 0 else scores


def _positions(found: Factors, item_ids: Sequence[str]) -> Rows:
    known = (found.position.get(item_id) for item_id in dict.fromkeys(item_ids))
    return np.array([position for position in known if position is not None], np.int64)
