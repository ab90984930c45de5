"""How times are told."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def quantiles(ms: Sequence[float]) -> str:
    """The median and the 95th percentile.

    >>> quantiles([3.0, 1.0, 2.0])
    'p50 2.00   p95 3.00   n 3'
    """
    ordered = sorted(ms)
    return f"p50 {statistics.median(ordered):.2f}   p95 {ordered[int(0.95 * len(ordered))]:.2f}   n {len(ordered)}"
