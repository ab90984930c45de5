"""Popularity by hand and by property."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.tools.data import popularity
from handpicked.tools.data.popularity import HALF_LIFE_S
from handpicked.tools.types import Floats

_NOW = 1_700_000_000.0
_EVENTS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 4), st.floats(0, 2e9) | st.just(float("nan"))), max_size=30
)


def _fit(events: list[tuple[int, int, float]], domains: list[int]) -> Floats:
    """`events` are (row, user, timestamp)."""
    rows = np.array([row for row, _, _ in events], np.int64)
    users = np.array([user for _, user, _ in events], np.int64)
    times = np.array([at for _, _, at in events], np.float64)
    return popularity.fit(rows, users, times, np.array(domains, np.int64))


def test_users_count_by_the_age_of_their_last_event() -> None:
    events = [
        (0, 1, _NOW),
        (0, 2, _NOW - HALF_LIFE_S),  # weighs 0.1 + 0.9 / 2
        (1, 1, _NOW - 2 * HALF_LIFE_S),  # weighs 0.1 + 0.9 / 4
        (1, 1, _NOW - 9 * HALF_LIFE_S),  # the same user again: the later one counts
    ]
    assert _fit(events, [0, 0, 0]) == pytest.approx([1.0, 0.325 / 1.55, 0.0])


def test_domains_are_scaled_and_aged_on_their_own() -> None:
    events = [(0, 1, _NOW), (0, 2, _NOW), (1, 1, _NOW), (2, 1, _NOW - 50 * HALF_LIFE_S)]
    assert _fit(events, [0, 0, 1, 1]) == pytest.approx([1.0, 0.5, 1.0, 0.0])


def test_events_without_a_time_count_as_old_ones() -> None:
    events = [(0, 1, _NOW), (1, 1, float("nan")), (1, 2, float("nan"))]
    assert _fit(events, [0, 0]) == pytest.approx([1.0, 0.2])


def test_without_any_time_plain_counts_decide() -> None:
    events = [(0, 1, float("nan")), (1, 1, float("nan")), (1, 2, float("nan"))]
    assert _fit(events, [0, 0]) == pytest.approx([0.5, 1.0])


def test_no_events_make_nothing_popular() -> None:
    assert _fit([], [0, 1]).tolist() == [0.0, 0.0]


@settings(deadline=None)
@given(_EVENTS, st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_scores_are_shares_of_the_domains_top(
    events: list[tuple[int, int, float]], domains: list[int]
) -> None:
    scores = _fit(events, domains)
    assert ((scores >= 0) & (scores <= 1)).all()
    for domain in set(domains):
        inside = [row for row, own in enumerate(domains) if own == domain]
        active = {row for row, _, _ in events} & set(inside)
        assert scores[inside].max() == pytest.approx(1.0 if active else 0.0)
        assert {row for row in inside if scores[row] > 0} == active


@settings(deadline=None)
@given(_EVENTS, st.data())
def test_order_of_events_changes_nothing(events: list[tuple[int, int, float]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(events))
    assert _fit(shuffled, [0] * 6) == pytest.approx(_fit(events, [0] * 6))


def test_saved_scores_come_back(tmp_path: Path) -> None:
    scores = _fit([(0, 1, _NOW)], [0, 0])
    popularity.save(scores, tmp_path)
    assert popularity.load(tmp_path).tolist() == scores.tolist()
