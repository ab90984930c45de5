"""Who chose what, by hand."""

from __future__ import annotations

from math import exp, nan

import numpy as np
import pytest

from handpicked.tools.data import choices
from handpicked.tools.data.choices import Choices


def _lists(chosen: Choices) -> list[list[int]]:
    return [chosen.items[chosen.starts[u] : chosen.starts[u + 1]].tolist() for u in range(len(chosen))]


def test_histories_run_from_the_newest_and_hold_an_item_once() -> None:
    users, items = np.array([0, 2, 0, 0, 2, 0]), np.array([1, 3, 2, 1, 0, 0])
    times = np.array([1.0, 5.0, 2.0, 3.0, 5.0, nan])
    assert _lists(choices.of_events(users, items, times, 4)) == [[1, 2, 0], [], [0, 3]]
    assert _lists(choices.of_events(users, items, None, 4)) == [[0, 1, 2], [], [0, 3]]
    assert _lists(choices.of_events(np.empty(0, np.int64), np.empty(0, np.int64), None, 4)) == []


def test_some_users_some_choices_and_other_numbers() -> None:
    chosen = choices.of_histories([np.array([3, 1]), np.array([0]), np.array([2, 3, 0])], 4)
    assert _lists(chosen.of_users(np.array([2, 0]))) == [[2, 3, 0], [3, 1]]
    assert _lists(chosen.only(chosen.ranks < 1)) == [[3], [0], [2]]
    assert _lists(chosen.renumbered(np.array([1, -1, -1, 0]), 2)) == [[0], [1], [0, 1]]
    assert chosen.users.tolist() == [0, 0, 1, 2, 2, 2]
    assert chosen.matrix().toarray().tolist() == [[0, 1, 0, 1], [1, 0, 0, 0], [1, 0, 1, 1]]


def test_a_taste_keeps_a_tenth_of_what_is_old_and_what_comes_next_forgets_it() -> None:
    ranks = np.array([0, 5, 1000])
    assert choices.recency(ranks, 5.0) == pytest.approx([1, 0.1 + 0.9 * exp(-1), 0.1])
    assert choices.recency(ranks, 0.0).tolist() == [1, 1, 1]
    assert choices.freshness(ranks, 5.0) == pytest.approx([1, exp(-1), 0])
