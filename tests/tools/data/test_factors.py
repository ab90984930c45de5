"""EASE and item-kNN against their formulas, done the slow way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from handpicked.tools.data import choices, factors, neighbours
from handpicked.tools.data.factors import MIN_USERS, Factors
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.data.sources import Dense, Links
from handpicked.tools.types import Rows

_IDS = tuple("abcdefgh")
_PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 7)), max_size=90)


_PLAIN = Recipe(dropout=0.0, user_power=0.0, relaxed=0.0)


def _fit(pairs: list[tuple[int, int]], recipe: Recipe = _PLAIN) -> Factors:
    table: Rows = np.array(pairs, np.int64).reshape(-1, 2)
    return factors.fit(choices.of_events(table[:, 0], table[:, 1], None, len(_IDS)), _IDS, recipe)


def _chosen(pairs: list[tuple[int, int]], ids: tuple[str, ...]) -> NDArray[np.float64]:
    """Users x items of 0 and 1, the items in the order of `ids`."""
    matrix = np.zeros((12, len(ids)))
    for user, item in pairs:
        if _IDS[item] in ids:
            matrix[user, ids.index(_IDS[item])] = 1.0
    return matrix


def _knn(found: Factors) -> NDArray[np.float32]:
    part = found.parts["knn"]
    assert isinstance(part, Links)
    return part.matrix.toarray()


def _ease(found: Factors) -> NDArray[np.float32]:
    part = found.parts["ease"]
    assert isinstance(part, Dense)
    return np.asarray(part.matrix)


@settings(deadline=None, max_examples=60)
@given(_PAIRS)
def test_ease_equals_one_ridge_regression_for_each_item_on_the_others(pairs: list[tuple[int, int]]) -> None:
    found = _fit(pairs)
    matrix = _chosen(pairs, found.ids)
    for target in range(len(found.ids)):
        others = [item for item in range(len(found.ids)) if item != target]
        x, y = matrix[:, others], matrix[:, target]
        weights = np.linalg.solve(x.T @ x + Recipe().ridge * np.eye(len(others)), x.T @ y)
        assert _ease(found)[others, target] == pytest.approx(weights, abs=1e-5)
        assert _ease(found)[target, target] == 0.0


@settings(deadline=None, max_examples=60)
@given(_PAIRS)
def test_knn_equals_cosine_with_shrinkage(pairs: list[tuple[int, int]]) -> None:
    found = _fit(pairs)
    matrix = _chosen(pairs, found.ids)
    norms = np.sqrt(matrix.sum(axis=0))
    expected = (matrix.T @ matrix) / (np.outer(norms, norms) + Recipe().shrink)
    np.fill_diagonal(expected, 0.0)
    assert _knn(found) == pytest.approx(expected, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(_PAIRS)
def test_items_of_too_few_users_are_left_out_and_the_rest_sorted_by_users(
    pairs: list[tuple[int, int]],
) -> None:
    found = _fit(pairs)
    users = {_IDS[item]: len({u for u, i in pairs if i == item}) for item in range(len(_IDS))}
    counts = [users[item_id] for item_id in found.ids]
    assert set(found.ids) == {item_id for item_id, count in users.items() if count >= MIN_USERS}
    assert counts == sorted(counts, reverse=True)
    assert found.position == {item_id: row for row, item_id in enumerate(found.ids)}


@settings(deadline=None, max_examples=20)
@given(_PAIRS, st.randoms(use_true_random=False))
def test_order_and_repetition_of_events_change_nothing(pairs: list[tuple[int, int]], random: object) -> None:
    again = pairs[::-1] + pairs[: len(pairs) // 2]
    one, other = _fit(pairs), _fit(again)
    assert other.ids == one.ids
    assert _ease(other) == pytest.approx(_ease(one))
    assert _knn(other) == pytest.approx(_knn(one))


def _everyone() -> list[tuple[int, int]]:
    """Item n is chosen by users n..11, so that the lower the item, the more users it has."""
    return [(user, item) for item in range(8) for user in range(item, 12)]


def test_beyond_the_head_there_is_knn_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "HEAD", 3)
    found = _fit(_everyone())
    assert (len(_ease(found)), found.ids) == (3, _IDS)
    assert _knn(found)[7].any()


def test_only_the_strongest_neighbours_are_kept() -> None:
    every, few = _knn(_fit(_everyone())), _knn(_fit(_everyone(), Recipe(neighbours=2)))
    for full, cut in zip(every, few, strict=True):
        assert np.sort(cut)[-2:] == pytest.approx(np.sort(full)[-2:])
        assert np.count_nonzero(cut) == 2


def test_saved_factors_come_back(tmp_path: Path) -> None:
    made = _fit(_everyone(), Recipe(people=0.1, als=0.1, follow=0.1, popular=0.1, als_factors=2))
    factors.save(made, tmp_path)
    loaded = factors.load(tmp_path)
    assert (loaded.ids, loaded.position, loaded.recipe) == (made.ids, made.position, made.recipe)
    histories = choices.of_histories([np.array([2, 0]), np.array([5])], 8).matrix()
    assert list(loaded.parts) == list(made.parts) == [*factors.PARTS]
    for name, part in made.parts.items():
        assert loaded.parts[name].scores(histories) == pytest.approx(part.scores(histories))


def test_no_events_make_empty_factors_that_are_saved_and_read(tmp_path: Path) -> None:
    factors.save(_fit([]), tmp_path)
    loaded = factors.load(tmp_path)
    assert (loaded.ids, _ease(loaded).shape, _knn(loaded).shape) == ((), (0, 0), (0, 0))


def test_dropout_user_weights_and_a_relaxed_diagonal_follow_their_formulas() -> None:
    rng = np.random.default_rng(3)
    table = np.unique(np.stack([rng.integers(0, 12, 60), rng.integers(0, 8, 60)], 1), axis=0)
    pairs = [(int(user), int(item)) for user, item in table]
    found = _fit(pairs, Recipe(ridge=2.0, dropout=0.6, user_power=0.5, relaxed=0.3))
    x = _chosen(pairs, found.ids)
    n = x.sum(axis=1)
    gram = x.T @ np.diag(np.where(n > 0, n / n[n > 0].mean(), 1.0) ** -0.5) @ x
    penalty = 2.0 + 0.6 * np.diag(gram)
    inverse = np.linalg.inv(gram + np.diag(penalty))
    free = 1 - np.diag(inverse) * penalty  # the diagonal where nothing bounds it
    multiplier = np.where(free > 0.3, 0.7 / np.diag(inverse), penalty)
    assert (free > 0.3).any()
    expected = -inverse * multiplier
    np.fill_diagonal(expected, 0.0)
    assert _ease(found) == pytest.approx(expected, abs=1e-4)


def test_counting_pairs_in_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    pairs = list(zip(rng.integers(12, size=80).tolist(), rng.integers(8, size=80).tolist(), strict=True))
    whole = _fit(pairs)
    monkeypatch.setattr(neighbours, "PAIRS", 30)
    parted = _fit(pairs)
    assert _knn(parted) == pytest.approx(_knn(whole), rel=1e-6)
    assert _ease(parted) == pytest.approx(_ease(whole), rel=1e-6)
