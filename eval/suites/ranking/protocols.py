"""How interactions are held out: what is learned from, what is hidden, what counts as found.

A split of `test` and one of `valid` come from the same cut: for `valid` it is made once more within what `test` learns
from, so that nothing of `test` is ever touched. `tenths` has its own part for validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from handpicked.eval.suites.ranking.data import Interactions
from handpicked.tools.types import Mask, Rows

SEED = 42
"""Belongs to the protocols: the seed of a run changes the systems, never the split."""


@dataclass(frozen=True, slots=True)
class Split:
    """Masks over the interactions: what systems learn from, what is never recommended (the former is in it), and
    what is to be found. `seen` and `held` are disjoint."""

    train: Mask
    seen: Mask
    held: Mask


Protocol: TypeAlias = Callable[[Interactions, str], Split]
_Cut: TypeAlias = Callable[[Interactions], Mask]


def by_item(data: Interactions, split: str) -> Split:
    """Random 75/25 of each item's rows: `python_stratified_split(filter_by="item", seed=42)` of recommenders."""
    return _nested(data, split, _cut_by_item)


def by_user(data: Interactions, split: str) -> Split:
    """Random 80/20 of each user's rows."""
    return _nested(data, split, _cut_by_user)


def by_time(data: Interactions, split: str) -> Split:
    """The last 20% of each user's rows by time, at one time by their order in the data."""
    return _nested(data, split, _cut_by_time)


def last(data: Interactions, split: str) -> Split:
    """The last of each user's rows (for `valid` the last but one)."""
    return _nested(data, split, _cut_last)


def tenths(data: Interactions, split: str) -> Split:
    """Random 8:1:1 of each user's rows, a tenth rounded down, as RecBole does it: learned from the eight; for
    `test` the tenth for validation is neither learned from nor recommended."""
    rank, count = _ranks(data.users, _shuffled(data.users))
    tenth = np.floor(0.1 * count)
    train, test = rank < count - 2 * tenth, rank >= count - tenth
    if split == "test":
        return Split(train, ~test, test)
    return Split(train, train, ~train & ~test)


def newest_first(data: Interactions, rows: Mask) -> list[Rows]:
    """For each user the items of these rows, newest first; without times in a random order, which is always the
    same."""
    age = -np.arange(len(data)) if data.times is not None else _shuffled(data.users)
    times = np.zeros(len(data), np.int64) if data.times is None else data.times
    order = np.lexsort((age, -times, data.users))
    order = order[rows[order]]
    ends = np.cumsum(np.bincount(data.users[order], minlength=len(data.user_ids)))
    return np.split(data.items[order], ends[:-1])


def _nested(data: Interactions, split: str, cut: _Cut) -> Split:
    held = cut(data)
    if split == "test":
        return Split(~held, ~held, held)
    inner = np.zeros(len(data), bool)
    inner[~held] = cut(data.only(~held))
    return Split(~held & ~inner, ~held & ~inner, inner)


def _cut_by_item(data: Interactions) -> Mask:
    draw = np.random.RandomState(SEED).rand(len(data))
    rank, count = _ranks(data.items, draw)
    return rank >= np.round(0.75 * count)


def _cut_by_user(data: Interactions) -> Mask:
    rank, count = _ranks(data.users, _shuffled(data.users))
    return rank >= np.round(0.8 * count)


def _cut_by_time(data: Interactions) -> Mask:
    rank, count = _ranks(data.users, _times(data))
    return rank >= np.round(0.8 * count)


def _cut_last(data: Interactions) -> Mask:
    rank, count = _ranks(data.users, _times(data))
    return (rank == count - 1) & (count > 1)


def _times(data: Interactions) -> Rows:
    if data.times is None:
        raise ValueError("these data have no times: they can't be split by time")
    return data.times


def _ranks(groups: Rows, keys: Rows | np.ndarray) -> tuple[Rows, Rows]:
    """Each row's place in its group by key, from 0, and its group's size; ties in the order of the rows."""
    order = np.lexsort((keys, groups))
    count = np.bincount(groups)
    first = np.cumsum(count) - count
    rank = np.empty(len(groups), np.int64)
    rank[order] = np.arange(len(groups)) - first[groups[order]]
    return rank, count[groups]


def _shuffled(groups: Rows) -> Rows:
    """A random place for each row within its group; groups are drawn in their order."""
    rng = np.random.default_rng(SEED)
    place = np.empty(len(groups), np.int64)
    order = np.argsort(groups, kind="stable")
    for rows in np.split(order, np.cumsum(np.bincount(groups))[:-1]):
        place[rng.permutation(rows)] = np.arange(len(rows))
    return place
