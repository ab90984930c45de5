"""The `peeking` suite: A/B tests that are looked at every day, with and without a difference."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import numpy as np

from handpicked.eval.online import sequential, simulate
from handpicked.eval.online.figures import Sums
from handpicked.eval.online.sequential import Compared
from handpicked.eval.online.simulate import AbTest
from handpicked.eval.types import Case, Json, Options, Scores, Subject

LIFTS = {"no difference": 0.0, "a fifth more": 0.2}
_RATE, _USERS, _DAYS = 0.1, 2_000, 28
_RUNS, _QUICK_RUNS = 1_000, 60


class _Peeking:
    def cases(self, options: Options) -> list[Case]:
        """A test each, of 1,000 (quick: 60) for each lift."""
        runs = _QUICK_RUNS if options.quick else _RUNS
        return [
            Case(f"test {number}", name, (name,), {"lift": lift, "number": number})
            for name, lift in LIFTS.items()
            for number in range(runs)
        ]

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """Intervals of each day: of a test that is looked at once, or of the sequence."""

        def answer(case: Case) -> Json:
            rng = np.random.default_rng([options.seed, case.data["number"]])
            test = simulate.ab_test(rng, users=_USERS, days=_DAYS, lift=case.data["lift"])
            looks = [found for day in range(_DAYS) if (found := look(test, day)) is not None]
            return [[one.low, one.high] if system == "sequence" else [*one.fixed] for one in looks]

        yield answer

    def score(self, case: Case, answer: Json) -> Scores:
        """Whether any look excludes no difference, whether all hold the true one, and how many looks it took to decide."""
        excludes = [not low <= 0.0 <= high for low, high in answer]
        alarm = float(any(excludes))
        truth = _RATE * case.data["lift"]
        holds = float(all(low <= truth <= high for low, high in answer))
        if case.data["lift"] == 0.0:
            return {"false_alarm": alarm, "holds": holds}
        days = excludes.index(True) + 1 if alarm else len(answer)
        return {"found": alarm, "holds": holds, "days": float(days)}


def look(test: AbTest, day: int) -> Compared | None:
    """The comparison as of a day; None before there are users enough."""
    sums = [_sums(test, day, arm) for arm in (0, 1)]
    if min(len(one.users) for one in sums) < sequential.FEWEST:
        return None
    return sequential.compare(*sums)


def _sums(test: AbTest, day: int, arm: int) -> Sums:
    of = np.flatnonzero((test.arm == arm) & (test.shown[day] > 0))
    return Sums(f"policy {arm}", "ctr", [*map(str, of)], test.clicked[day, of], test.shown[day, of])


task = _Peeking()
