"""Who chose what, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from handpicked.tools.types import Floats, Mask, Rows

sparse: Any = import_module("scipy.sparse")  # it has no types

FLOOR = 0.1
"""What the oldest choice still counts beside the newest."""
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Choices:
    """Each user's items, newest first, each once: user u has `items[starts[u] : starts[u + 1]]`, numbers below `n_items`."""

    starts: Rows
    items: Rows
    n_items: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def users(self) -> Rows:
        """The user of each choice."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @property
    def ranks(self) -> Rows:
        """Each choice's place in its user's history, from 0 for the newest."""
        return np.arange(len(self.items)) - self.starts[self.users]

    def matrix(self, weights: Floats | None = None) -> Any:
        """Users x items as CSR, of these weights or of ones."""
        data = np.ones(len(self.items), np.float32) if weights is None else weights
        # Copies: scipy may sort a matrix in place.
        return sparse.csr_matrix(
            (data, self.items.astype(np.int32), self.starts.astype(np.int32)), shape=(len(self), self.n_items)
        )

    def only(self, kept: Mask) -> Choices:
        """Some of the choices; users and items keep their numbers."""
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept, dtype=np.int64)])
        return Choices(ends[self.starts], self.items[kept], self.n_items)

    def of_users(self, users: Rows) -> Choices:
        """Some of the users, numbered anew."""
        counts = np.diff(self.starts)[users]
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        at: Rows = np.arange(int(ends[-1])) + np.repeat(self.starts[users] - ends[:-1], counts)
        return Choices(ends, self.items[at], self.n_items)

    def renumbered(self, number: Rows, n_items: int) -> Choices:
        """With item i as `number[i]`; those below 0 are left out."""
        moved = Choices(self.starts, number[self.items], n_items)
        return moved.only(moved.items >= 0)


def of_histories(histories: Sequence[Rows], n_items: int) -> Choices:
    """From each user's items, newest first."""
    ends = np.cumsum([0, *map(len, histories)])
    return Choices(ends, np.concatenate([np.empty(0, np.int64), *histories]), n_items)


def of_events(users: Rows, items: Rows, times: np.ndarray | None, n_items: int, n_users: int = 0) -> Choices:
    """From rows in the order in which they were written; an item counts by its newest row. There are at least `n_users`."""
    order = newest_first(users, times)
    user, item = users[order], items[order]
    _, first = np.unique(user * n_items + item, return_index=True)
    first.sort()
    counts = np.bincount(user[first], minlength=max(int(users.max(initial=-1)) + 1, n_users))
    return Choices(np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]), item[first], n_items)


def newest_first(users: Rows, times: np.ndarray | None) -> Rows:
    """The order of rows by user, newest first: one without a time is the oldest, and at one time the row that was written
    last is the newest."""
    known = np.zeros(len(users)) if times is None else np.nan_to_num(times, nan=-np.inf)
    return np.lexsort((-np.arange(len(users)), -known, users))


def recency(ranks: Rows, decay: float) -> Floats:
    """What choices count by rank from the newest, for a taste; all alike when `decay` is 0."""
    if not decay:
        return np.ones(len(ranks), np.float32)
    return (FLOOR + (1 - FLOOR) * np.exp(-ranks / decay)).astype(np.float32)


def freshness(ranks: Rows, decay: float) -> Floats:
    """What choices count by rank from the newest, for what follows them; nothing once it is below a millionth."""
    weights = np.exp(-ranks / decay)
    return np.where(weights < _LEAST, 0.0, weights).astype(np.float32)
