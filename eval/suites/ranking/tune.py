"""Chooses hyperparameters on valid, one procedure for all systems: every combination of a grid is fitted, or --trials of them
where there are more; the highest nDCG@10 over all users of the part wins, the first of equals. The grids are in
grids.yaml; that of `collab-tuned` is the product's own, which `build` searches too.

python -m handpicked.eval.suites.ranking.tune [--system NAME] [--part NAME] [--trials N] [--seed N] prints what it tries and
its seconds, and writes params.yaml; with another seed it goes on from what is there (take an entry out of `searched` to
begin anew)."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from handpicked.agent.settings import Settings
from handpicked.eval.suites.ranking import parts, task
from handpicked.eval.suites.ranking.fitting import PARAMS, subject
from handpicked.eval.suites.ranking.parts import Part
from handpicked.eval.types import Case, Options
from handpicked.tools.data import choices, choose, trials
from handpicked.tools.data.event_store import HISTORY
from handpicked.tools.data.trials import Params, Trials, Tried

GRIDS = Path(__file__).with_name("grids.yaml")
SEARCHED = "searched"
"""Beside a part's systems in params.yaml: what their searches found and took."""
_OURS = "collab-tuned"
_TRIALS = 400


def main() -> None:
    """Search for the systems and parts that are named, or all; keep what params.yaml has of the others."""
    grids: Mapping[str, Mapping[str, Sequence[Any]]] = yaml.safe_load(GRIDS.read_text(encoding="utf-8"))
    asked = _arguments([*grids, _OURS])
    limits: Any = import_module("threadpoolctl")
    limits.threadpool_limits(1)  # as in a run
    settings = Settings()
    for part in asked.part or parts.PARTS:
        options = Options(parts=(part,), seed=asked.seed, data=settings.data, cache=settings.cache)
        for system in asked.system or [*grids, _OURS]:
            began = time.monotonic()
            tried = (
                _ours(part, options, asked)
                if system == _OURS
                else _others(system, grids[system], options, asked)
            )
            seconds = round(time.monotonic() - began)
            _keep(part, system, tried, seconds)
            print(f"{part}  {system}  {len(tried)} trials in {seconds} s: {trials.best(tried)}", flush=True)


def measured(part: Part) -> Trials:
    """A part's users and what they are to be found, for recipes to be tried on."""
    ids = {item_id: column for column, item_id in enumerate(part.training.item_ids)}
    held = [
        np.array([ids[item_id] for item_id in part.relevant.get(user, ())], np.int64)
        for user in range(len(part.training.histories))
    ]
    known, hidden = (choices.of_histories(rows, len(ids)) for rows in (part.training.histories, held))
    return Trials(known, hidden, np.array(sorted(part.relevant), np.int64), HISTORY)


def ndcg(system: str, cases: Sequence[Case], options: Options, params: Params) -> float:
    """The mean nDCG@10 of a system with these hyperparameters over the cases of one part."""
    answer = subject(system, cases[0].part, options, params)
    return math.fsum(task.score(case, answer(case))["ndcg@10"] for case in cases) / len(cases)


def _ours(part: str, options: Options, asked: argparse.Namespace) -> Tried:
    found = choose.choose(measured(parts.load(part, options)), budget=asked.trials, seed=asked.seed)
    for score, params in found.tried:
        print(f"{part}  {_OURS}  {score:.4f}  {dict(params)}", flush=True)
    return found.tried


def _others(
    system: str, grid: Mapping[str, Sequence[Any]], options: Options, asked: argparse.Namespace
) -> Tried:
    cases = task.cases(options)

    def quality(params: Params) -> float:
        score = ndcg(system, cases, options, params)
        print(f"{options.parts[0]}  {system}  {score:.4f}  {dict(params)}", flush=True)
        return score

    return trials.search(grid, quality, trials=asked.trials, seed=asked.seed)


def _keep(part: str, system: str, tried: Tried, seconds: int) -> None:
    """Write down the best, unless a search before found better."""
    kept: dict[str, dict[str, Params]] = yaml.safe_load(PARAMS.read_text(encoding="utf-8")) or {}
    of_part = kept.setdefault(part, {})
    searched = of_part.setdefault(SEARCHED, {}).get(system) or {"ndcg@10": 0.0, "trials": 0, "seconds": 0}
    score, params = trials.best(tried)
    if score > searched["ndcg@10"]:
        of_part[system] = dict(params)
    best = max(round(score, 4), searched["ndcg@10"])
    total = {"trials": searched["trials"] + len(tried), "seconds": searched["seconds"] + seconds}
    of_part[SEARCHED] = {**of_part[SEARCHED], system: {"ndcg@10": best, **total}}
    PARAMS.write_text(yaml.safe_dump(kept, sort_keys=True, default_flow_style=None), encoding="utf-8")


def _arguments(systems: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m handpicked.eval.suites.ranking.tune", description=__doc__
    )
    parser.add_argument("--system", action="append", choices=systems, help="several times for several")
    parser.add_argument(
        "--part", action="append", choices=list(parts.PARTS), help="several times for several"
    )
    parser.add_argument("--trials", type=int, default=_TRIALS, help="combinations that are tried at most")
    parser.add_argument("--seed", type=int, default=0, help="what is drawn of a grid that is too large")
    return parser.parse_args()


if __name__ == "__main__":
    main()
