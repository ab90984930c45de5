"""Systems as subjects: ours fitted in this process, a library's in its environment, yours where you say; what any
of them answers is checked here, where the catalogue and the training rows are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from handpicked.eval.suites.ranking import K, beyond, environments, parts, turns
from handpicked.eval.suites.ranking.parts import Training
from handpicked.eval.suites.ranking.systems import OURS, Params, Ranker, brought, columns
from handpicked.eval.types import Case, Json, Options, Subject
from handpicked.tools.types import Floats

PARAMS = Path(__file__).with_name("params.yaml")


def subject(system: str, part: str, options: Options, params: Params | None = None) -> Subject:
    """Fit a system to a part, with the committed hyperparameters unless others are given.

    Raises ConfigError for a system that can't be found or set up."""
    loaded = parts.load(part, options)
    if params is None:
        params = _committed().get(part, {}).get(system, {})
    if system in turns.SYSTEMS:
        found = turns.ranker(part.split("/")[0], loaded.training, options, mixed=turns.SYSTEMS[system])
    else:
        found = ranker(system, loaded.training, options, params)
    return checked(found, loaded.training, loaded.kinds)


def ranker(system: str, training: Training, options: Options, params: Params) -> Ranker:
    """Fit a system by its name."""
    if ":" in system:
        return brought(system)(training, options.seed, params)
    if system in OURS:
        return OURS[system](training, options.seed, params)
    return environments.ranker(system, training, options, params)


def checked(rank: Ranker, training: Training, kinds: Floats | None = None) -> Subject:
    """Answer with the first K items; name those of them that no catalogue has and those that the user had, and measure what
    is known of the others beyond their relevance."""
    column, seen = {item_id: at for at, item_id in enumerate(training.item_ids)}, training.seen.copy()
    measured = beyond.of(training, kinds)

    def answer(case: Case) -> Json:
        user: int = case.data["user"]
        items = _listed(rank(user, K))[:K]
        had = frozenset(training.item_ids[int(at)] for at in columns(seen, user))
        listed = list(dict.fromkeys(column[item] for item in items if item in column))
        return {
            "items": items,
            "off_catalog": [item for item in items if item not in column],
            "seen": [item for item in items if item in had],
            "columns": listed,
            "beyond": measured.scores(user, np.array(listed, np.int64)),
        }

    return answer


def _listed(ranked: Any) -> list[Any]:
    if not isinstance(ranked, list | tuple):
        raise TypeError(f"a ranker gives a list of item ids, not {type(ranked).__name__}")
    return [*ranked]


@cache
def _committed() -> dict[str, dict[str, Params]]:
    return yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
