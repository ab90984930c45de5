"""Which system is fitted how: ours in this process, a library's in its environment, yours where you say."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from handpicked.eval.suites.ranking import environments, parts
from handpicked.eval.suites.ranking.systems import OURS, Params, Ranker, brought
from handpicked.eval.types import Options

PARAMS = Path(__file__).with_name("params.yaml")


def fit(system: str, part: str, options: Options, params: Params | None = None) -> Ranker:
    """Fit a system to a part, with the committed hyperparameters unless others are given."""
    training = parts.load(part, options).training
    params = chosen(system, part) if params is None else params
    if ":" in system:
        return brought(system)(training, options.seed, params)
    if system in OURS:
        return OURS[system](training, options.seed, params)
    return environments.ranker(system, training, options, params)


def chosen(system: str, part: str) -> Params:
    """The committed hyperparameters; none where a system has its own defaults."""
    return _committed().get(part, {}).get(system, {})


@cache
def _committed() -> dict[str, dict[str, Params]]:
    return yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
