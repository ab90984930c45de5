"""The `offpolicy` suite: what estimators say of another policy by logs of which the truth is known."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import numpy as np

from handpicked.eval.online import offpolicy, simulate
from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools.errors import DataError

OVERLAPS = ("near", "far", "never")
_RUNS, _QUICK_RUNS, _USERS = 1_000, 100, 300


class _OffPolicy:
    def cases(self, options: Options) -> list[Case]:
        """A log each, of 1,000 (quick: 100) for each overlap."""
        runs = _QUICK_RUNS if options.quick else _RUNS
        return [
            Case(f"log {number}", name, (name,), {"truth": simulate.bandit(name).truth, "number": number})
            for name in OVERLAPS
            for number in range(runs)
        ]

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """The world of an overlap; the naive system takes the log's mean for the other policy's."""
        world = simulate.bandit(part)

        def answer(case: Case) -> Json:
            rng = np.random.default_rng([options.seed, case.data["number"]])
            log = simulate.bandit_log(world, rng, _USERS)
            if system == "naive":
                found = offpolicy.unchecked(log).logged
            else:
                try:
                    found = getattr(offpolicy.estimate(log), system)
                except DataError as err:
                    return {"refused": str(err)}
            low, high = found.interval
            return {"value": found.value, "low": low, "high": high}

        yield answer

    def score(self, case: Case, answer: Json) -> Scores:
        """Whether the interval has the truth, how far the estimate is from it, how wide the interval is; or that there is none."""
        match answer:
            case {"refused": str()}:
                return {"refused": 1.0}
            case {"value": float(value), "low": float(low), "high": float(high)}:
                truth: float = case.data["truth"]
                covered = float(low <= truth <= high)
                return {"refused": 0.0, "covered": covered, "error": abs(value - truth), "width": high - low}
            case _:
                raise ValueError(f"an answer has a value and its interval, or refuses: {answer!r}")


task = _OffPolicy()
