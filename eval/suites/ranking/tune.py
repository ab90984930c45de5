"""Chooses hyperparameters on valid, one procedure for all systems: the combinations of grids.yaml, or so many of them
named by a search of one value at a time where there are more, are fitted; the highest nDCG@10 over all users of the part wins, the first of equals.

python -m handpicked.eval.suites.ranking.tune [--system NAME] [--part NAME] [--trials N] prints what it tries and its
seconds, and writes params.yaml."""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from handpicked.agent.settings import Settings
from handpicked.eval.suites.ranking import parts, task
from handpicked.eval.suites.ranking.fitting import PARAMS, subject
from handpicked.eval.suites.ranking.systems import Params
from handpicked.eval.types import Case, Options

GRIDS = Path(__file__).with_name("grids.yaml")
_TRIALS = 32


def main() -> None:
    """Search for the systems and parts that are named, or all; keep what params.yaml has of the others."""
    grids: Mapping[str, Mapping[str, Sequence[Any]]] = yaml.safe_load(GRIDS.read_text(encoding="utf-8"))
    asked = _arguments(grids)
    limits: Any = import_module("threadpoolctl")
    limits.threadpool_limits(1)  # as in a run
    settings = Settings()
    for part in asked.part or parts.PARTS:
        options = Options(parts=(part,), data=settings.data, cache=settings.cache)
        cases = task.cases(options)
        for system in asked.system or grids:
            began = time.monotonic()
            quality = partial(_printed, part, system, cases, options)
            tried = search(grids[system], quality, asked.trials)
            _keep(part, system, max(tried, key=lambda pair: pair[0])[1])
            print(f"{part}  {system}  {len(tried)} trials in {time.monotonic() - began:.0f} s", flush=True)


def combinations(grid: Mapping[str, Sequence[Any]]) -> Iterator[Params]:
    """Every choice of one value for each name.

    >>> list(combinations({"a": [1, 2], "b": [3]}))
    [{'a': 1, 'b': 3}, {'a': 2, 'b': 3}]
    """
    return (dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values()))


def search(
    grid: Mapping[str, Sequence[Any]], quality: Callable[[Params], float], trials: int
) -> list[tuple[float, Params]]:
    """What was tried: all combinations, or at most `trials` where there are more: from the first values on, each name's
    values in turn, keeping the best so far, until a round finds nothing better.

    >>> max(search({"a": [1, 2, 3], "b": [1, 2, 3]}, lambda p: p["a"] * p["b"], 6), key=lambda pair: pair[0])
    (9, {'a': 3, 'b': 3})
    """
    if math.prod(map(len, grid.values())) <= trials:
        return [(quality(params), params) for params in combinations(grid)]
    first: Params = {name: values[0] for name, values in grid.items()}
    tried: list[tuple[float, Params]] = [(quality(first), first)]
    while True:
        began = max(score for score, _ in tried)
        for name, values in grid.items():
            _, best = max(tried, key=lambda pair: pair[0])
            for params in ({**best, name: value} for value in values if value != best[name]):
                if len(tried) >= trials:
                    return tried
                if all(params != known for _, known in tried):
                    tried.append((quality(params), params))
        if max(score for score, _ in tried) == began:
            return tried


def ndcg(system: str, cases: Sequence[Case], options: Options, params: Params) -> float:
    """The mean nDCG@10 of a system with these hyperparameters over the cases of one part."""
    answer = subject(system, cases[0].part, options, params)
    return math.fsum(task.score(case, answer(case))["ndcg@10"] for case in cases) / len(cases)


def _printed(part: str, system: str, cases: Sequence[Case], options: Options, params: Params) -> float:
    score = ndcg(system, cases, options, params)
    print(f"{part}  {system}  {score:.4f}  {dict(params)}", flush=True)
    return score


def _keep(part: str, system: str, params: Params) -> None:
    kept: dict[str, dict[str, Params]] = yaml.safe_load(PARAMS.read_text(encoding="utf-8")) or {}
    kept.setdefault(part, {})[system] = dict(params)
    PARAMS.write_text(yaml.safe_dump(kept, sort_keys=True, default_flow_style=None), encoding="utf-8")


def _arguments(grids: Mapping[str, object]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m handpicked.eval.suites.ranking.tune", description=__doc__
    )
    parser.add_argument("--system", action="append", choices=list(grids), help="several times for several")
    parser.add_argument(
        "--part", action="append", choices=list(parts.PARTS), help="several times for several"
    )
    parser.add_argument("--trials", type=int, default=_TRIALS, help="combinations that are tried at most")
    return parser.parse_args()


if __name__ == "__main__":
    main()
