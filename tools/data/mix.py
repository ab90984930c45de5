"""The learned mix of a turn's candidates: a linear softmax over what each tool says of them, fitted by `build` on choices
that were held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from handpicked.tools.data.factors import PARTS
from handpicked.tools.types import Floats, Rows

optimize: Any = import_module("scipy.optimize")  # scipy has no types

TOOLS: tuple[str, ...] = ("collab", "similar", "popular")
"""The tools of a turn without words."""
_FLOOR = 0.02
_FIRST = 10.0
"""A place r counts (1 + this) / (r + this)."""
_RIDGE = 100.0
"""Of 3 to 300 the best from 300 to 100,000 choices (see docs/measurements.md)."""
_OF_TOOL = 3
_OF = (*np.repeat(TOOLS, _OF_TOOL).tolist(), *(["collab"] * len(PARTS)))
"""The tool of each feature: of every tool its scores scaled, their logarithms and the places; what each part of `collab`
brings."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What a tool offers, best first: rows, scores, and what its parts bring to these, shape (rows, parts) or (rows, 0)."""

    rows: Rows
    scores: Floats
    terms: Floats


@dataclass(frozen=True, slots=True)
class Mix:
    """Weights of the features."""

    weights: Floats


@dataclass(frozen=True, slots=True)
class Mixed:
    """The rows in ascending order, and what each of `TOOLS` brings to their scores, shape (rows, tools). A score is the sum
    of its parts: the logarithm of how likely a row is chosen, but for what all have in common."""

    rows: Rows
    parts: Floats


@dataclass(frozen=True, slots=True)
class Example:
    """The features of one turn's candidates, and for each of them what its choice counts, 0 where it wasn't chosen."""

    features: Floats
    chosen: Floats


def mixed(found: Mapping[str, Offered], mix: Mix) -> Mixed:
    """Score the candidates of a turn."""
    rows, values = features(found)
    member = np.array([[of == tool for tool in TOOLS] for of in _OF], np.float32)
    return Mixed(rows, np.asarray((values * mix.weights) @ member, np.float32))


def features(found: Mapping[str, Offered]) -> tuple[Rows, Floats]:
    """The candidates' rows in ascending order and their features; what a tool doesn't offer has 0 in its own."""
    rows = np.unique(np.concatenate([np.empty(0, np.int64), *(one.rows for one in found.values())]))
    values = np.zeros((len(rows), len(_OF)), np.float32)
    for number, tool in enumerate(TOOLS):
        if (one := found.get(tool)) is not None and len(one.rows):
            at, first = np.searchsorted(rows, one.rows), number * _OF_TOOL
            scaled = one.scores / max(float(one.scores.max()), 1e-9)
            values[at, first] = scaled
            values[at, first + 1] = np.log(np.maximum(scaled, _FLOOR) / _FLOOR)
            values[at, first + 2] = (_FIRST + 1) / (_FIRST + np.arange(1, len(at) + 1))
            if one.terms.size:
                values[at, len(TOOLS) * _OF_TOOL :] = one.terms
    return rows, values


def fit(examples: Sequence[Example]) -> Mix:
    """The weights by which what was chosen is likeliest among all candidates of its turn, every choice by what it counts;
    L-BFGS on features scaled by their deviation, with a ridge. An example has at least one choice."""
    values = np.concatenate([one.features for one in examples]).astype(np.float64)
    chosen = np.concatenate([one.chosen for one in examples]).astype(np.float64)
    deviation = values.std(axis=0)
    deviation[deviation < 1e-6] = 1.0
    values = (values - values.mean(axis=0)) / deviation
    lengths = np.array([len(one.chosen) for one in examples], np.int64)
    starts: Rows = np.cumsum(lengths) - lengths
    turn: Rows = np.repeat(np.arange(len(examples)), lengths)
    total = np.add.reduceat(chosen, starts)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = values @ weights
        scores -= np.maximum.reduceat(scores, starts)[turn]
        raised = np.exp(scores)
        sums = np.add.reduceat(raised, starts)
        missed = (chosen * (np.log(sums)[turn] - scores)).sum()
        slope = values.T @ (raised / sums[turn] * total[turn] - chosen) + _RIDGE * weights
        return float(missed + _RIDGE * 0.5 * (weights @ weights)), slope

    found = optimize.minimize(loss, np.zeros(len(_OF)), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return Mix((found.x / deviation).astype(np.float32))


def save(mix: Mix, folder: Path) -> None:
    """Write `mix.npy`."""
    np.save(folder / "mix.npy", mix.weights)


def load(folder: Path) -> Mix | None:
    """Read back what `save` wrote; None where a build has none. Raises ValueError for one of other features."""
    if not (folder / "mix.npy").is_file():
        return None
    weights = np.load(folder / "mix.npy")
    if weights.shape != (len(_OF),):
        raise ValueError(f"mix.npy has {weights.shape} weights, not {len(_OF)}")
    return Mix(weights)
