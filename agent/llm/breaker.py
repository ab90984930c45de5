"""Leaves a model alone for a while that keeps failing, so that not every turn waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from handpicked.tools.errors import ModelError

_IN_A_ROW = 4
_REST_S = 20.0
_LONGEST_REST_S = 120.0


class Breaker:
    """Counts failures that may pass (time-outs, lost connections, busy servers), in a row. Not a lock: calls that run
    side by side may each fail once more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._last = ""

    def check(self) -> None:
        """Raise ModelError while the model is left alone. After that one failure is enough to leave it alone again."""
        left = self._until - self._clock()
        if left > 0.0:
            raise ModelError(
                f"{self._last} (failed {self._failures} times in a row; asked again in {left:.0f} s)"
            )

    def failed(self, told: str, wait_s: float = 0.0) -> None:
        """Note a failure, and the seconds that the server asks to wait."""
        self._failures += 1
        self._last = told
        if self._failures >= _IN_A_ROW:
            self._until = self._clock() + min(max(wait_s, _REST_S), _LONGEST_REST_S)

    def answered(self) -> None:
        """Note that the model answered."""
        self._failures = 0
