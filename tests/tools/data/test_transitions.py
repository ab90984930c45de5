"""Transitions by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from handpicked.tools.data import choices, transitions

_NEWEST_FIRST = [np.array([2, 1, 0]), np.array([1, 0]), np.array([3]), np.empty(0, np.int64)]


def _fit(**settings: float) -> NDArray[np.float32]:
    chosen = choices.of_histories(_NEWEST_FIRST, 4)
    return transitions.fit(chosen, **settings).toarray()  # pyright: ignore[reportArgumentType]


def test_pairs_count_by_one_over_their_distance_in_the_order_of_time() -> None:
    dense = _fit(window=2, shrink=1.0)
    expected = np.zeros((4, 4))
    expected[0, 1] = 2 / (2 + 1)
    expected[1, 2] = 1 / (sqrt(2) + 1)
    expected[0, 2] = 0.5 / (sqrt(2) + 1)
    assert dense == pytest.approx(expected, rel=1e-6)


def test_a_window_of_one_has_neighbours_in_time_only() -> None:
    assert _fit(window=1)[0, 2] == 0


def test_pairs_in_reverse_order_count_by_the_share_given() -> None:
    forward = _fit(window=2)
    both = _fit(window=2, backward=0.5)
    assert both == pytest.approx(forward + 0.5 * forward.T, rel=1e-6)


def test_counting_in_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _fit(window=2, backward=0.5)
    monkeypatch.setattr(transitions, "PAIRS", 4)
    assert _fit(window=2, backward=0.5) == pytest.approx(whole, rel=1e-6)


def test_an_item_keeps_its_strongest_followers(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _fit(window=2, shrink=1.0)
    monkeypatch.setattr(transitions, "KEPT", 1)
    kept = _fit(window=2, shrink=1.0)
    assert (kept[0] > 0).tolist() == [False, True, False, False]
    assert kept[0, 1] == whole[0, 1] == whole[0].max()
