"""The scene and task classifier: linear models over what is noticed of a turn, fitted on demonstrations."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from handpicked import prompts
from handpicked.agent import cues as noticing
from handpicked.agent import demonstrations, fitted, ngrams
from handpicked.agent.cues import Cues, cues_of, features, masked
from handpicked.agent.demonstrations import Demonstration
from handpicked.agent.fitted import Arrays
from handpicked.agent.ngrams import Ngrams
from handpicked.agent.scenes import TASKS, Scenes
from handpicked.tools.types import Embedder, Floats

_VERSION = 7
_INVERSE_PENALTY = 16.0
"""Logistic regression's C; flat from 8 on in cross-validation by writer on the `train` demonstrations."""
_SHARPNESS = 0.7
"""What the scenes' log-odds are multiplied by to be calibrated: the least log loss in the same cross-validation."""
_TASK_THRESHOLD = 0.28
_SEARCH_THRESHOLD = 0.42
"""How likely a task must be, flat from .28 to .5 for the first: of two that are asked for the second is rarely above .4. A
search beside something else would list what the other is only to resemble, so that it must be likelier."""
_NEVER = -20.0
"""The log-odds of a scene or task that nothing demonstrates."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Probabilities by scene (they sum to 1) and by task (each on its own)."""

    scenes: Mapping[str, float]
    tasks: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SceneModel:
    """Linear weights: `scene` is (features + 1, scenes), `task` is (features + 1, tasks), the last row the bias."""

    names: tuple[str, ...]
    ngrams: Ngrams
    scene: Floats
    task: Floats

    def guess(self, cues: Cues, embedder: Embedder, scenes: Scenes) -> Guess:
        """Probabilities for one turn."""
        given = np.append(features(cues, embedder, scenes, self.ngrams), np.float32(1.0))
        logits = _SHARPNESS * (given @ self.scene)
        weights = np.exp(logits - logits.max())
        scene = weights / weights.sum()
        task = 1.0 / (1.0 + np.exp(-(given @ self.task)))
        return Guess(
            {name: float(p) for name, p in zip(self.names, scene, strict=True)},
            {name: float(p) for name, p in zip(TASKS, task, strict=True)},
        )


def load(cache: Path, embedder: Embedder, scenes: Scenes) -> SceneModel:
    """The model fitted on the `train` demonstrations and the scenes' examples; fitted once for each version of them
    and kept in the cache."""
    path = cache / "fitted" / f"scene-{fingerprint(embedder, scenes)}.npz"
    kept = fitted.arrays(path, lambda: _arrays(_fit(embedder, scenes)))
    known = Ngrams(tuple(map(str, kept["runs"])), kept["idf"])
    return SceneModel(tuple(scenes), known, kept["scene"], kept["task"])


def _fit(embedder: Embedder, scenes: Scenes) -> SceneModel:
    return fit([demo for demo in demonstrations.packaged() if demo.split == "train"], embedder, scenes)


def fingerprint(embedder: Embedder, scenes: Scenes) -> str:
    """What the fitted model depends on, as a short hash."""
    return hashlib.sha256(
        "\0".join([
            str(_VERSION), embedder.name, repr(scenes), *TASKS, str(_INVERSE_PENALTY),
            *map(prompts.read_text, ("demonstrations.jsonl", "lexicon.yaml", noticing.SIGNS)),
        ]).encode()
    ).hexdigest()[:16]  # fmt: skip


def fit(train: Sequence[Demonstration], embedder: Embedder, scenes: Scenes) -> SceneModel:
    """One logistic regression for each scene and each task.

    Demonstrations of a scene that isn't among the scenes are left out."""
    rows = [(demo.scene, demo.tasks, cues_of(demo)) for demo in train if demo.scene in scenes]
    rows += [(n, e.tasks, Cues(e.message)) for n, scene in scenes.items() for e in scene.examples]
    runs = ngrams.learn(masked(cues) for _, _, cues in rows)
    given = _sparse(np.stack([features(cues, embedder, scenes, runs) for _, _, cues in rows]))
    scene = [_weights(given, [name == label for label, _, _ in rows]) for name in scenes]
    task = [_weights(given, [name in tasks for _, tasks, _ in rows]) for name in TASKS]
    return SceneModel(tuple(scenes), runs, np.stack(scene, axis=1), np.stack(task, axis=1))


def chosen_tasks(guess: Guess, allowed: Sequence[str]) -> list[str]:
    """The tasks that are likely enough, most likely first; at least one."""
    ranked = sorted(allowed, key=lambda task: (-guess.tasks[task], task))
    least = dict.fromkeys(allowed, _TASK_THRESHOLD) | {"search": _SEARCH_THRESHOLD}
    return [task for task in ranked if guess.tasks[task] >= least[task]] or ranked[:1]


def decided(guess: Guess) -> tuple[str, tuple[str, ...]]:
    """The scene and the tasks of a guess; small talk is a task of its own scene only."""
    name = max(guess.scenes, key=lambda scene: guess.scenes[scene])
    if name == "chat":
        return name, ("chitchat",)
    return name, tuple(chosen_tasks(guess, [task for task in TASKS if task != "chitchat"]))


def sharpen(guess: Guess, evidence: Mapping[str, float]) -> Guess:
    """Add log-odds for scenes that other evidence speaks for, and normalize."""
    logits = {name: math.log(max(p, 1e-9)) + evidence.get(name, 0.0) for name, p in guess.scenes.items()}
    top = max(logits.values())
    weights = {name: math.exp(value - top) for name, value in logits.items()}
    total = sum(weights.values())
    return Guess({name: weight / total for name, weight in weights.items()}, guess.tasks)


def _weights(given: Any, labels: Sequence[bool]) -> Floats:
    """The weights and the bias that tell one label; shape (features + 1,)."""
    if not any(labels):
        return np.append(np.zeros(given.shape[1]), _NEVER).astype(np.float32)
    linear: Any = import_module("sklearn.linear_model")
    model = linear.LogisticRegression(C=_INVERSE_PENALTY, max_iter=2000, solver="liblinear").fit(
        given, labels
    )
    return np.append(model.coef_[0], model.intercept_[0]).astype(np.float32)


def _sparse(given: Floats) -> Any:
    """Most runs of words stand in few messages: dense, the fit takes many times as long."""
    sparse: Any = import_module("scipy.sparse")
    return sparse.csr_matrix(given)


def _arrays(model: SceneModel) -> Arrays:
    runs = np.array(model.ngrams.runs, np.str_)
    return {"runs": runs, "idf": model.ngrams.idf, "scene": model.scene, "task": model.task}
