"""Metrics of one list: relevance by trec_eval (`pytrec_eval`), and what relevance doesn't tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from handpicked.eval.types import Scores
from handpicked.tools.types import Floats

_OURS = {"ndcg_cut": "ndcg", "recall": "recall", "success": "hit", "P": "precision"}
_SMOOTHING = 0.01


def ranking(ranked: Sequence[str], relevant: Mapping[str, int], *, k: int = 10) -> Scores:
    """ndcg@k, recall@k, hit@k, precision@k and mrr@k of a ranked list of item ids against graded relevance.

    nDCG has gain = grade and discount log2(rank + 1), its ideal cut at k too (Järvelin & Kekäläinen 2002); recall
    is divided by all relevant items; a list shorter than k gets no bonus: precision is divided by k. An item that
    comes twice counts where it comes first, and its second place stays empty. Raises ValueError when an entry
    isn't a string, k is below 1 or nothing is relevant."""
    if k < 1:
        raise ValueError(f"k must be at least 1: {k}")
    if wrong := [item for item in ranked if not isinstance(item, str)]:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(f"a ranked list holds item ids, which are strings: {wrong[0]!r}")
    wanted = {item: grade for item, grade in relevant.items() if grade > 0}
    if not wanted:
        raise ValueError("no relevant item: nothing can be scored")
    scores = _evaluator(k)({"q": wanted}, {"q": _with_gaps(ranked[:k], k)})
    return {**scores, f"mrr@{k}": _reciprocal(ranked[:k], wanted)}


def novelty(shares: Floats) -> float:
    """The mean self-information of a list in bits, from the share of users who have each of its items: -log2 of it (Zhou
    et al., PNAS 2010; Vargas & Castells, RecSys 2011). An empty list tells nothing new."""
    if not len(shares):
        return 0.0
    if (shares <= 0).any():
        raise ValueError("a share of users is above 0: count an item that nobody has as one user's")
    return float(-np.log2(shares.astype(np.float64)).mean())


def diversity(vectors: Floats) -> float:
    """The mean distance, 1 less the cosine, of all pairs of a list's items (intra-list diversity: Smyth & McClave 2001;
    Ziegler et al., WWW 2005), given a row for each; fewer than two have none."""
    n = len(vectors)
    if n < 2:
        return 0.0
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    unit = np.divide(exact, lengths, out=np.zeros_like(exact), where=lengths > 0)
    cosines = unit @ unit.T
    return float(1.0 - (cosines.sum() - np.trace(cosines)) / (n * (n - 1)))


def miscalibration(wanted: Floats, listed: Floats) -> float:
    """How far a list's mix of kinds is from the user's, both of sum 1: the Kullback-Leibler divergence in nats, the list's mix
    smoothed by a hundredth of the user's (Steck, Calibrated Recommendations, RecSys 2018, eq. 6 and 7)."""
    p, q = wanted.astype(np.float64), listed.astype(np.float64)
    held = p > 0
    smoothed = (1.0 - _SMOOTHING) * q[held] + _SMOOTHING * p[held]
    return float(np.maximum((p[held] * np.log(p[held] / smoothed)).sum(), 0.0))


def _with_gaps(ranked: Sequence[str], k: int) -> dict[str, float]:
    """Scores of a list in which repeated items are replaced by ids that nothing has."""
    seen: set[str] = set()
    run: dict[str, float] = {}
    for rank, item in enumerate(ranked):
        run[item if item not in seen else f"\x1f{rank}"] = float(k - rank)
        seen.add(item)
    return run


def _reciprocal(ranked: Sequence[str], wanted: Mapping[str, int]) -> float:
    return next((1.0 / rank for rank, item in enumerate(ranked, 1) if item in wanted), 0.0)


@lru_cache(maxsize=8)
def _evaluator(k: int) -> Any:
    trec: Any = import_module("pytrec_eval")
    names = {f"{name}.{k}" for name in _OURS}

    def evaluate(relevant: dict[str, dict[str, int]], run: dict[str, dict[str, float]]) -> dict[str, float]:
        found = trec.RelevanceEvaluator(relevant, names).evaluate(run)["q"]
        return {f"{ours}@{k}": found[f"{name}_{k}"] for name, ours in _OURS.items()}

    return evaluate
