"""The `ads` suite: redeemed coupons among the first ten of those that a household may get."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from handpicked.eval.types import Case, Json, Options, Scores, Subject

K = 10


class _Ads:
    def cases(self, options: Options) -> list[Case]:
        """One for each household and day of a mailing to it, where it redeemed something; `quick` takes every fifth."""
        from handpicked.eval.suites.ads import data

        world = data.world(options)
        found = [
            Case(
                f"{case.household}@{case.date}",
                "coupons",
                ("all", *(f"type {kind}" for kind in case.kinds)),
                {"household": case.household, "day": case.day, "redeemed": sorted(case.redeemed)},
            )
            for case in data.cases(world, options.split)
        ]
        return found[::5] if options.quick else found

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """Learn from what came before the split."""
        from handpicked.eval.suites.ads import data, systems

        yield systems.subject(data.world(options), system, options)

    def score(self, case: Case, answer: Json) -> Scores:
        """Binary relevance at 10, and the counts behind the pooled rate."""
        from handpicked.eval import metrics

        match answer:
            case {"offers": [*offers], "eligible": int(eligible)}:
                redeemed: list[str] = case.data["redeemed"]
                scores = metrics.ranking(offers, dict.fromkeys(redeemed, 1), k=K)
            case _:
                raise ValueError(f"an answer has offers and eligible: {answer!r}")
        found = float(len({*offers[:K]} & {*redeemed}))
        return {**scores, "found": found, "redeemed": float(len(redeemed)), "eligible": float(eligible)}


task = _Ads()
