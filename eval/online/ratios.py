"""Ratios of two sums over users, with intervals by user: whoever saw a hundred items is one witness and not a hundred."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio, the variance of its error, and the users behind it."""

    value: float
    variance: float
    users: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval, by Student's t on the users."""
        return between(self.value, self.variance, self.users - 1)


def ratio(above: Doubles, below: Doubles) -> Ratio | None:
    """The sum of one column over that of another, a row for each user; None without anything below.

    The variance is the delta method's for a ratio of means of users (Deng, Knoblich & Lu, KDD 2018, eq. 3): that of
    (above - ratio x below) / mean(below) over the number of users. One user has no variance: it is infinite."""
    users, total = len(below), float(below.sum())
    if total == 0.0:
        return None
    value = float(above.sum()) / total
    if users < 2:
        return Ratio(value, float("inf"), users)
    residual = (above - value * below) / (total / users)
    return Ratio(value, float(residual.var(ddof=1)) / users, users)


def between(value: float, variance: float, freedom: float) -> tuple[float, float]:
    """The 95% interval of a value with an estimated variance; without bounds where one user tells nothing of others."""
    if variance == float("inf"):
        return -variance, variance
    stats: Any = import_module("scipy.stats")
    radius = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * sqrt(variance)
    return value - radius, value + radius
