"""Ranking metrics against a table by hand and against scikit-learn on random lists."""

from __future__ import annotations

from importlib import import_module
from math import log2
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.eval.metrics import ranking

sklearn: Any = import_module("sklearn.metrics")

# ranked, relevant, and by hand: ndcg@3, recall@3, hit@3, precision@3, mrr@3
TABLE = [
    ("abc", {"a": 1}, 1.0, 1.0, 1.0, 1 / 3, 1.0),
    ("abc", {"c": 1}, 1 / log2(4), 1.0, 1.0, 1 / 3, 1 / 3),
    ("abc", {"z": 1}, 0.0, 0.0, 0.0, 0.0, 0.0),
    ("abcd", {"d": 1}, 0.0, 0.0, 0.0, 0.0, 0.0),
    ("abc", {"a": 1, "c": 1}, (1 + 0.5) / (1 + 1 / log2(3)), 1.0, 1.0, 2 / 3, 1.0),
    ("abc", {"b": 3, "c": 1}, (3 / log2(3) + 1 / 2) / (3 + 1 / log2(3)), 1.0, 1.0, 2 / 3, 0.5),
    # five are relevant: the ideal is cut at three, recall isn't
    ("abc", dict.fromkeys("abvwx", 1), (1 + 1 / log2(3)) / (1 + 1 / log2(3) + 0.5), 0.4, 1.0, 2 / 3, 1.0),
    # a short list has no bonus
    ("a", {"a": 1, "b": 1}, 1 / (1 + 1 / log2(3)), 0.5, 1.0, 1 / 3, 1.0),
    ("", {"a": 1}, 0.0, 0.0, 0.0, 0.0, 0.0),
    # the second place of an item is empty, and what comes after doesn't move up
    ("aab", {"a": 1, "b": 1}, (1 + 0.5) / (1 + 1 / log2(3)), 1.0, 1.0, 2 / 3, 1.0),
    # grade 0 is not relevant
    ("abc", {"a": 0, "b": 1}, 1 / log2(3), 1.0, 1.0, 1 / 3, 0.5),
]


@pytest.mark.parametrize(("ranked", "relevant", "ndcg", "recall", "hit", "precision", "mrr"), TABLE)
def test_metrics_are_what_a_hand_computes(
    ranked: str,
    relevant: dict[str, int],
    ndcg: float,
    recall: float,
    hit: float,
    precision: float,
    mrr: float,
) -> None:
    found = ranking(list(ranked), relevant, k=3)
    expected = {"ndcg@3": ndcg, "recall@3": recall, "hit@3": hit, "precision@3": precision, "mrr@3": mrr}
    assert found == pytest.approx(expected)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_metrics_agree_with_scikit_learn(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 30))
    k = data.draw(st.integers(1, n))
    grades = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n).filter(any))
    order = data.draw(st.permutations(range(n)))
    found = ranking([str(item) for item in order], {str(i): g for i, g in enumerate(grades)}, k=k)
    scores = np.zeros(n)
    scores[list(order)] = np.arange(n, 0, -1)
    relevant = np.array(grades) > 0
    top = np.isin(np.arange(n), order[:k])
    assert found[f"ndcg@{k}"] == pytest.approx(sklearn.ndcg_score([grades], [scores], k=k))
    assert found[f"recall@{k}"] == pytest.approx(sklearn.recall_score(relevant, top))
    assert found[f"precision@{k}"] == pytest.approx(sklearn.precision_score(relevant, top))
    assert found[f"hit@{k}"] == float((relevant & top).any())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from("abcdefgh"), max_size=12), st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_metrics_lie_between_0_and_1_whatever_the_list(ranked: list[str], relevant: set[str]) -> None:
    assert all(0 <= score <= 1 for score in ranking(ranked, dict.fromkeys(relevant, 1), k=5).values())


@pytest.mark.parametrize(
    ("ranked", "relevant", "k", "says"),
    [
        ([1], {"a": 1}, 3, "strings: 1"),
        (["a"], {"a": 0}, 3, "no relevant item"),
        (["a"], {"a": 1}, 0, "at least 1: 0"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    ranked: list[str], relevant: dict[str, int], k: int, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        ranking(ranked, relevant, k=k)
