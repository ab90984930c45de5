"""Each part of collaborative filtering against its formula, and what carries its scores."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.tools.data import als, choices, factors
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.data.sources import Dense, Links, People, Popular, Source
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Floats, Rows

sparse: Any = import_module("scipy.sparse")  # it has no types
_ITEMS = 6
_RNG = np.random.default_rng(5)
_USERS = (_RNG.random((9, _ITEMS)) < 0.5).astype(np.float32)
_VECTORS = _RNG.normal(size=(_ITEMS, 3)).astype(np.float32)
_WEIGHTS = _RNG.normal(size=(_ITEMS, _ITEMS)).astype(np.float32)
_PEOPLE = People(sparse.csr_matrix(_USERS / np.sqrt(np.maximum(_USERS.sum(axis=1, keepdims=True), 1))), 3)
_SOURCES: dict[str, Source] = {
    "dense": Dense(_WEIGHTS),
    "head": Dense(_WEIGHTS[:4, :4]),
    "links": Links(sparse.csr_matrix(np.where(_WEIGHTS > 0, _WEIGHTS, 0.0))),
    "people": _PEOPLE,
    "latent": als.latent(_VECTORS, 0.5, 3.0),
}


def _row(history: Rows, weights: Floats) -> Any:
    return sparse.csr_matrix((weights, history, np.array([0, len(history)])), shape=(1, _ITEMS))


@pytest.mark.parametrize("name", _SOURCES)
@settings(deadline=None, max_examples=25)
@given(
    st.permutations(range(_ITEMS)),
    st.integers(1, _ITEMS),
    st.lists(st.floats(0.1, 1), min_size=6, max_size=6),
)
def test_what_the_items_of_a_history_carry_adds_up_to_the_scores(
    name: str, order: list[int], n: int, drawn: list[float]
) -> None:
    history, weights = np.array(order[:n], np.int64), np.array(drawn[:n], np.float32)
    positions = np.array(order[::-1], np.int64)
    carried = _SOURCES[name].carried(history, weights, positions)
    assert carried.shape == (n, _ITEMS)
    scores = _SOURCES[name].scores(_row(history, weights))[0, positions]
    assert carried.sum(axis=0) == pytest.approx(scores, abs=1e-4)


@pytest.mark.parametrize("head", [30, 20])
def test_many_histories_at_once_are_scored_as_one_by_one(head: int) -> None:
    rng = np.random.default_rng(1)
    chances = np.linspace(0.9, 0.01, 30)  # the most chosen first
    many = sparse.csr_matrix((rng.random((100, 30)) < chances).astype(np.float32))
    source = Dense(rng.normal(size=(head, head)).astype(np.float32))
    alone = np.concatenate([source.scores(many[at]) for at in range(100)])
    assert source.scores(many) == pytest.approx(alone, abs=1e-4)


def test_choices_of_no_weight_cost_links_nothing_and_change_nothing() -> None:
    links, weights = _SOURCES["links"], np.array([1.0, 0.0, 0.5], np.float32)
    given = _row(np.array([4, 0, 2]), weights)
    assert np.array_equal(links.scores(given), links.scores(_row(np.array([4, 2]), weights[[0, 2]])))
    assert given.nnz == 3


def test_people_are_the_nearest_by_cosine_and_score_what_they_have() -> None:
    history, weights = np.array([0, 2], np.int64), np.array([1.0, 0.5], np.float32)
    taste = np.zeros(_ITEMS)
    taste[history] = weights
    alike = (_USERS @ taste) / np.sqrt(np.maximum(_USERS.sum(axis=1), 1))
    alike[alike < np.sort(alike)[-3]] = 0.0
    assert _PEOPLE.scores(_row(history, weights))[0] == pytest.approx(alike @ _USERS, abs=1e-5)


def test_a_history_is_solved_for_by_least_squares_that_know_its_confidence() -> None:
    """The minimum of sum c (p - x y)^2 + ridge |x|^2, c being 3 for what is chosen and 1 for the rest."""
    history = np.array([1, 4], np.int64)
    chosen = np.isin(np.arange(_ITEMS), history)
    confidence = np.diag(np.where(chosen, 3.0, 1.0))
    normal = _VECTORS.T @ confidence @ _VECTORS + 0.5 * np.eye(3)
    solved = np.linalg.solve(normal, _VECTORS.T @ confidence @ chosen)
    found = _SOURCES["latent"].scores(_row(history, np.ones(2, np.float32)))[0]
    assert found == pytest.approx(_VECTORS @ solved, abs=1e-4)


def test_popularity_scores_alike_for_all_and_is_carried_by_nothing() -> None:
    popular = Popular(np.arange(_ITEMS, dtype=np.float32))
    assert popular.scores(sparse.csr_matrix((2, _ITEMS))).tolist() == [list(range(_ITEMS))] * 2
    assert not popular.carried(np.array([1, 2]), np.ones(2, np.float32), np.array([3])).any()


def test_als_finds_two_camps_and_the_same_ones_each_time() -> None:
    camps = np.kron(np.eye(2), np.ones((6, 4)))
    camps[0, 0] = camps[7, 5] = 0
    one, other = (
        als.fit(sparse.csr_matrix(camps, dtype=np.float32), factors=2, ridge=0.1, alpha=2.0) for _ in "ab"
    )
    assert np.array_equal(one.vectors, other.vectors)
    scores = one.scores(sparse.csr_matrix(camps[:1], dtype=np.float32))[0]
    assert scores[:4].min() > scores[4:].max() + 0.5


def test_a_recipe_with_als_names_the_extra_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(als, "available", lambda: False)
    chosen = choices.of_histories([np.array([0])] * 3, 1)
    with pytest.raises(ConfigError, match=r"handpicked\[als\]"):
        factors.fit(chosen, ["a"], Recipe(als=1.0))
