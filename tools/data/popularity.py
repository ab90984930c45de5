"""What is popular: users per item, all told and lately."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from handpicked.tools.types import Floats, Rows

HALF_LIFE_S = 30 * 86_400.0


def fit(rows: Rows, users: Rows, timestamps: np.ndarray, domains: Rows) -> Floats:
    """Popularity of each catalogue row, shape (len(domains),), in 0..1 within the row's domain.

    Distinct users, each counted by the age of their last event against the newest of the same domain
    (half-life 30 days), plus a tenth of the plain count: an old favourite is not nothing."""
    scores = np.zeros(len(domains), np.float64)
    known = np.nan_to_num(timestamps, nan=-np.inf)
    for domain in np.unique(domains):
        inside = domains[rows] == domain
        if not inside.any():
            continue
        newest = known[inside].max()
        age = newest - known[inside] if np.isfinite(newest) else np.zeros(int(inside.sum()))
        weight = 0.1 + 0.9 * np.exp2(-np.minimum(age, 1e12) / HALF_LIFE_S)
        scores += _by_distinct_user(rows[inside], users[inside], weight, len(domains))
        top = scores[domains == domain].max()
        scores[domains == domain] /= top or 1.0
    return scores.astype(np.float32)


def save(scores: Floats, folder: Path) -> None:
    """Write `popularity.npy`."""
    np.save(folder / "popularity.npy", scores)


def load(folder: Path) -> Floats:
    """Read back what `save` wrote."""
    return np.load(folder / "popularity.npy")


def _by_distinct_user(rows: Rows, users: Rows, weight: np.ndarray, n_rows: int) -> np.ndarray:
    order = np.lexsort((-weight, users, rows))
    rows, users, weight = rows[order], users[order], weight[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]) | (users[1:] != users[:-1])
    return np.bincount(rows[first], weight[first], n_rows)
