"""Chooses hyperparameters on valid, one procedure for all systems: every combination of grids.yaml is fitted, the
highest nDCG@10 over all users of the part wins, the first of equals.

python -m handpicked.eval.suites.ranking.tune [--system NAME] [--part NAME] prints what it tries and writes params.yaml."""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
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
            tried = [(ndcg(system, cases, options, params), params) for params in combinations(grids[system])]
            for score, params in tried:
                print(f"{part}  {system}  {score:.4f}  {dict(params)}", flush=True)
            _keep(part, system, max(tried, key=lambda pair: pair[0])[1])


def combinations(grid: Mapping[str, Sequence[Any]]) -> Iterator[Params]:
    """Every choice of one value for each name.

    >>> list(combinations({"a": [1, 2], "b": [3]}))
    [{'a': 1, 'b': 3}, {'a': 2, 'b': 3}]
    """
    return (dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values()))


def ndcg(system: str, cases: Sequence[Case], options: Options, params: Params) -> float:
    """The mean nDCG@10 of a system with these hyperparameters over the cases of one part."""
    answer = subject(system, cases[0].part, options, params)
    return math.fsum(task.score(case, answer(case))["ndcg@10"] for case in cases) / len(cases)


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
    return parser.parse_args()


if __name__ == "__main__":
    main()
