"""Ranking metrics of one list, by trec_eval (`pytrec_eval`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from handpicked.eval.types import Scores

_OURS = {"ndcg_cut": "ndcg", "recall": "recall", "success": "hit", "P": "precision"}


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
