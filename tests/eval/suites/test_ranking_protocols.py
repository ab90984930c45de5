"""Splits: nothing leaks, time is kept, and they are always the same."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.eval.suites.ranking import protocols
from handpicked.eval.suites.ranking.data import Interactions, core, named
from handpicked.eval.suites.ranking.parts import PARTS, prepare
from handpicked.eval.suites.ranking.protocols import Protocol
from handpicked.tools.errors import DataError
from handpicked.tools.types import Rows

PROTOCOLS = tuple(dict.fromkeys(PARTS.values()))
_ROWS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 15), st.integers(0, 9)),
    min_size=1,
    max_size=90,
    unique_by=lambda row: row[:2],
)
SPLITS = ("valid", "test")
few = settings(deadline=None, max_examples=30)


def _sizes(rows: Rows) -> dict[int, int]:
    return {group: int(count) for group, count in enumerate(np.bincount(rows))}


def _data(rows: list[tuple[int, int, int]]) -> Interactions:
    times = np.array([time for _, _, time in rows])
    return named([f"u{user}" for user, _, _ in rows], [f"i{item}" for _, item, _ in rows], times)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
@few
@given(rows=_ROWS)
def test_what_is_to_be_found_is_neither_learned_from_nor_masked(
    protocol: Protocol, split: str, rows: list[tuple[int, int, int]]
) -> None:
    found = protocol(_data(rows), split)
    assert not (found.held & found.seen).any()
    assert not (found.train & ~found.seen).any()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@few
@given(rows=_ROWS)
def test_valid_never_touches_what_test_holds_out(
    protocol: Protocol, rows: list[tuple[int, int, int]]
) -> None:
    valid, test = protocol(_data(rows), "valid"), protocol(_data(rows), "test")
    assert not (test.held & (valid.train | valid.seen | valid.held)).any()


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
@few
@given(rows=_ROWS)
def test_a_second_split_is_the_same(protocol: Protocol, split: str, rows: list[tuple[int, int, int]]) -> None:
    one, other = prepare(_data(rows), protocol, split), prepare(_data(rows), protocol, split)
    assert one.relevant == other.relevant
    assert (one.training.matrix != other.training.matrix).nnz == 0
    assert [h.tolist() for h in one.training.histories] == [h.tolist() for h in other.training.histories]


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("protocol", [protocols.by_time, protocols.last])
@few
@given(rows=_ROWS)
def test_nothing_held_out_is_older_than_what_is_learned_from(
    protocol: Protocol, split: str, rows: list[tuple[int, int, int]]
) -> None:
    data = _data(rows)
    assert data.times is not None
    found = protocol(data, split)
    for user in range(len(data.user_ids)):
        train = data.times[found.train & (data.users == user)]
        held = data.times[found.held & (data.users == user)]
        assert train.max(initial=-1) <= held.min(initial=99)


@pytest.mark.parametrize("protocol", [protocols.by_time, protocols.by_user])
@few
@given(rows=_ROWS)
def test_a_fifth_of_each_users_rows_is_held_out_and_users_of_three_are_in_both(
    protocol: Protocol, rows: list[tuple[int, int, int]]
) -> None:
    data = _data(rows)
    found = protocol(data, "test")
    for user, count in _sizes(data.users).items():
        train = int((found.train & (data.users == user)).sum())
        assert train == round(0.8 * count)
        assert 0 < train < count or count < 3


@few
@given(rows=_ROWS)
def test_a_quarter_of_each_items_rows_is_held_out(rows: list[tuple[int, int, int]]) -> None:
    data = _data(rows)
    found = protocols.by_item(data, "test")
    for item, count in _sizes(data.items).items():
        assert int((found.train & (data.items == item)).sum()) == round(0.75 * count)


@few
@given(rows=_ROWS)
def test_the_last_row_of_a_user_is_test_and_the_one_before_valid(rows: list[tuple[int, int, int]]) -> None:
    data = _data(rows)
    valid, test = protocols.last(data, "valid"), protocols.last(data, "test")
    for user, count in _sizes(data.users).items():
        of_user = np.flatnonzero(data.users == user)
        by_time = sorted(of_user, key=lambda row: (rows[row][2], row))
        assert np.flatnonzero(test.held & (data.users == user)).tolist() == by_time[-1:] * (count > 1)
        assert np.flatnonzero(valid.held & (data.users == user)).tolist() == by_time[-2:-1] * (count > 2)


@few
@given(st.integers(1, 45))
def test_tenths_are_rounded_down_and_test_masks_the_tenth_for_validation(count: int) -> None:
    data = named(["u"] * count, [str(item) for item in range(count)])
    valid, test = protocols.tenths(data, "valid"), protocols.tenths(data, "test")
    assert (valid.held.sum(), test.held.sum()) == (count // 10, count // 10)
    assert (valid.train == test.train).all()
    assert (test.seen == (test.train | valid.held)).all()


@pytest.mark.parametrize("split", SPLITS)
@few
@given(rows=_ROWS)
def test_histories_are_the_training_rows_newest_first(split: str, rows: list[tuple[int, int, int]]) -> None:
    data = _data(rows)
    assert data.times is not None
    part = prepare(data, protocols.by_item, split)
    for user, history in enumerate(part.training.histories):
        when = {int(data.items[row]): (rows[row][2], row) for row in np.flatnonzero(data.users == user)}
        moments = [when[item] for item in history.tolist()]
        assert moments == sorted(moments, reverse=True)
        assert set(history.tolist()) == set(part.training.matrix[user].indices.tolist())


@few
@given(rows=_ROWS, k=st.integers(1, 5))
def test_the_core_is_what_is_left_when_the_weak_are_taken_away_one_by_one(
    rows: list[tuple[int, int, int]], k: int
) -> None:
    pairs = {(f"u{user}", f"i{item}") for user, item, _ in rows}
    while True:
        counts = Counter(name for pair in pairs for name in pair)
        weak = next((name for name in sorted(counts) if counts[name] < k), None)
        if weak is None:
            break
        pairs = {pair for pair in pairs if weak not in pair}
    found = core(_data(rows), k)
    assert {
        (found.user_ids[u], found.item_ids[i]) for u, i in zip(found.users, found.items, strict=True)
    } == pairs
    assert len(found.user_ids) == len({user for user, _ in pairs})


def test_a_pair_that_comes_twice_is_refused() -> None:
    with pytest.raises(DataError, match="twice"):
        named(["a", "a"], ["x", "x"])


def test_data_without_times_are_not_split_by_time() -> None:
    with pytest.raises(ValueError, match="no times"):
        protocols.by_time(named(["a"], ["x"]), "test")
