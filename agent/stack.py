"""What evidence and a language model say of a turn, weighed against each other as it was measured.

A linear opinion pool over log-probabilities (Genest & Zidek 1986, "logarithmic pooling") with a bias for each label:
a weight for each source, so that ten turns more or less don't turn it over. Fitted by `trial`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from handpicked.agent.scene import Guess
from handpicked.agent.scenes import TASKS

Doubles = NDArray[np.float64]
_FLOOR = 1e-5
"""A probability below this says no more than this: likelihoods of a small model go down to e-30."""
_FORBID = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Mix:
    """Log-odds of labels: the sources' log-odds by their weights, and a bias for each label."""

    __pydantic_config__ = _FORBID
    evidence: float
    model: float
    bias: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """How the scene and the tasks are weighed."""

    __pydantic_config__ = _FORBID
    scenes: tuple[str, ...]
    scene: Mix
    task: Mix

    def weigh(self, evidence: Guess, model: Guess) -> Guess:
        """Both opinions as one."""
        names = self.scenes
        scenes = _softmax(_logits(self.scene, logs([evidence.scenes], names), logs([model.scenes], names)))
        tasks = _sigmoid(_logits(self.task, odds([evidence.tasks]), logs([model.tasks], TASKS)))
        return Guess(
            {name: float(p) for name, p in zip(names, scenes[0], strict=True)},
            {name: float(p) for name, p in zip(TASKS, tasks[0], strict=True)},
        )


def fit_scene(evidence: Doubles, model: Doubles, labels: Doubles) -> Mix:
    """Of log-probabilities and one-hot labels, all (turns, scenes)."""
    return _fit(evidence, model, labels, binary=False)


def fit_task(evidence: Doubles, model: Doubles, labels: Doubles) -> Mix:
    """Of evidence's log-odds, the model's log-probabilities and 0/1 labels, all (turns, tasks)."""
    return _fit(evidence, model, labels, binary=True)


def logs(guesses: Sequence[Mapping[str, float]], names: Sequence[str]) -> Doubles:
    """Log-probabilities, (guesses, names)."""
    given = np.array([[guess[name] for name in names] for guess in guesses], np.float64)
    return np.log(np.maximum(given, _FLOOR))


def odds(guesses: Sequence[Mapping[str, float]]) -> Doubles:
    """Log-odds of the tasks, (guesses, tasks)."""
    given = np.array([[guess[name] for name in TASKS] for guess in guesses], np.float64)
    kept = np.clip(given, _FLOOR, 1.0 - _FLOOR)
    return np.log(kept) - np.log1p(-kept)


def _fit(evidence: Doubles, model: Doubles, labels: Doubles, *, binary: bool) -> Mix:
    """By likelihood, from the prior that evidence is right as it stands and the model says nothing (normal, deviation 1)."""
    optimize: Any = import_module("scipy.optimize")
    turns, columns = labels.shape

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        mix = Mix(float(weights[0]), float(weights[1]), tuple(map(float, weights[2:])))
        raw = _logits(mix, evidence, model)
        given = np.clip(_sigmoid(raw) if binary else _softmax(raw), 1e-12, 1.0 - 1e-12)
        told = labels * np.log(given) + binary * (1.0 - labels) * np.log1p(-given)
        wrong, away = given - labels, weights - prior
        slope = np.array([(wrong * evidence).sum(), (wrong * model).sum(), *wrong.sum(axis=0)])
        return float(0.5 * away @ away - told.sum()) / turns, (slope + away) / turns

    prior = np.array([1.0, 0.0] + [0.0] * columns)
    bounds = [(0.0, None), (0.0, None)] + [(None, None)] * columns
    found: Any = optimize.minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds)
    return Mix(float(found.x[0]), float(found.x[1]), tuple(map(float, found.x[2:])))


def _logits(mix: Mix, evidence: Doubles, model: Doubles) -> Doubles:
    return mix.evidence * evidence + mix.model * model + np.array(mix.bias)


def _softmax(raw: Doubles) -> Doubles:
    weights = np.exp(raw - raw.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def _sigmoid(raw: Doubles) -> Doubles:
    return 1.0 / (1.0 + np.exp(-np.clip(raw, -40.0, 40.0)))
