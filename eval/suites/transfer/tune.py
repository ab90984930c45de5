"""Choose k of n / (n + k) and the prior on valid: `python -m handpicked.eval.suites.transfer.tune`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from handpicked.agent.settings import Settings
from handpicked.eval.suites.transfer import K, task, world
from handpicked.eval.suites.transfer.world import World
from handpicked.eval.types import Case, Options
from handpicked.tools import collab

_KS = (1.0, 10.0, 100.0, 200.0, 300.0, 500.0, 1000.0)
_PRIORS = (0.0, 1.0, 2.0, 4.0, 8.0)


def main() -> None:
    """Print nDCG@10 and recall@10 on valid: for each k with the prior as it is, then for each prior with k as it is."""
    options = Options(cache=Settings().cache)
    cases, found = task.cases(options), world.load(options)
    tried = [(k, collab.PRIOR) for k in _KS] + [(collab.TRANSFER, prior) for prior in _PRIORS]
    for k, prior in tried:
        scores = [_scored(found, case, k, prior) for case in cases]
        print(f"k {k:>6}  prior {prior:>4}  {_told(scores)}", flush=True)


def _scored(found: World, case: Case, k: float, prior: float) -> Mapping[str, float]:
    given = found.score(case.data["user"], case.data["department"], k, prior)
    order = np.lexsort((np.arange(len(given)), -given))[:K]
    return task.score(
        case, [found.part.training.item_ids[at] for at in order.tolist() if given[at] > -np.inf]
    )


def _told(scores: Sequence[Mapping[str, float]]) -> str:
    means = {name: np.mean([score[name] for score in scores]) for name in ("ndcg@10", "recall@10")}
    return "  ".join(f"{name} {value:.4f}" for name, value in means.items())


if __name__ == "__main__":
    main()
