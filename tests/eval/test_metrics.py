"""Ranking metrics against a table by hand and against scikit-learn on random lists."""

from __future__ import annotations

from importlib import import_module
from math import log2
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.eval.metrics import diversity, miscalibration, novelty, ranking

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


def test_novelty_is_the_mean_self_information_in_bits() -> None:
    # items that half, a quarter and an eighth of the users have: 1, 2 and 3 bits
    assert novelty(np.array([0.5, 0.25, 0.125], np.float32)) == pytest.approx(2.0)
    assert novelty(np.array([], np.float32)) == 0.0
    with pytest.raises(ValueError, match="above 0"):
        novelty(np.array([0.0], np.float32))


def test_diversity_is_the_mean_distance_of_pairs() -> None:
    # cosines: the first two 0.6, either with the third 0 and 0.8
    vectors = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 2.0]], np.float32)
    assert diversity(vectors) == pytest.approx((0.4 + 1.0 + 0.2) / 3)
    assert diversity(vectors[:1]) == 0.0
    assert diversity(np.array([[1.0, 0.0], [0.0, 0.0]], np.float32)) == 1.0


def test_miscalibration_is_the_divergence_from_the_users_mix() -> None:
    # p .5/.5, q 1/0 smoothed to .995/.005: .5 ln(.5/.995) + .5 ln(.5/.005)
    found = miscalibration(np.array([0.5, 0.5], np.float32), np.array([1.0, 0.0], np.float32))
    assert found == pytest.approx(0.5 * np.log(0.5 / 0.995) + 0.5 * np.log(0.5 / 0.005), rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 99), min_size=2, max_size=6), st.data())
def test_no_mix_is_nearer_to_the_users_than_its_own(mix: list[int], data: st.DataObject) -> None:
    other = data.draw(st.lists(st.integers(1, 99), min_size=len(mix), max_size=len(mix)))
    wanted, listed = (np.array(one, np.float32) / np.float32(sum(one)) for one in (mix, other))
    assert miscalibration(wanted, wanted) == pytest.approx(0.0, abs=1e-6)
    assert miscalibration(wanted, listed) >= 0.0
