"""Choose k of n / (n + k) on valid: `python -m handpicked.eval.suites.transfer.tune`."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

import numpy as np

from handpicked.agent.settings import Settings
from handpicked.eval.suites.transfer import K, task, world
from handpicked.eval.types import Options

_TRIED = (1.0, 10.0, 50.0, 100.0, 200.0, 300.0, 500.0, 1000.0, inf)


def main() -> None:
    """Print nDCG@10 and recall@10 on valid for each k."""
    options = Options(cache=Settings().cache)
    cases, found = task.cases(options), world.load(options)
    for k in _TRIED:
        scores: list[Mapping[str, float]] = []
        for case in cases:
            given = found.score(case.data["user"], case.data["department"], k)
            order = np.lexsort((np.arange(len(given)), -given))[:K]
            items: list[str] = [
                found.part.training.item_ids[at] for at in order.tolist() if given[at] > -np.inf
            ]
            scores.append(task.score(case, items))
        means = {name: np.mean([score[name] for score in scores]) for name in ("ndcg@10", "recall@10")}
        print(f"k {k:>6}  " + "  ".join(f"{name} {value:.4f}" for name, value in means.items()), flush=True)


if __name__ == "__main__":
    main()
