"""Time: what a turn, and each of its steps, may take."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

WORTH_MS = 100.0
"""A model is not asked for less time than this: it would only cost."""
RANKING_MS = 60.0
"""Kept for ranking and for the reply where a request sets the time."""


@dataclass(frozen=True, slots=True)
class Budget:
    """A turn's time from `started` (`time.perf_counter`) on; `total_ms` is the request's, None where it sets none."""

    started: float
    total_ms: float | None = None

    @property
    def left_ms(self) -> float:
        """What is left of the request's; without end where it sets none."""
        if self.total_ms is None:
            return math.inf
        return max(0.0, self.total_ms - (time.perf_counter() - self.started) * 1000.0)

    def step_ms(self, own_ms: float, keep_ms: float = 0.0) -> float:
        """What a step may take: its own time where the request sets none, else all that is left but `keep_ms`."""
        return own_ms if self.total_ms is None else max(0.0, self.left_ms - keep_ms)

    def __str__(self) -> str:
        return f"budget_ms {self.total_ms:g}" if self.total_ms is not None else "no budget_ms"


def unasked(model: str, left_ms: float) -> str:
    """That there is no time left to ask a model."""
    return f"{model} was not asked, {time_left(left_ms)}; raise budget_ms or the scene's model_ms"


def time_left(ms: float) -> str:
    """How much time was left."""
    return f"{ms:.0f} ms were left" if ms >= 1.0 else "no time was left"
