"""Scene and tasks of a turn from evidence: where the user is, the words, and labelled demonstrations."""

from __future__ import annotations

import hashlib
import logging
import math
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from handpicked import prompts
from handpicked.agent import lexicon
from handpicked.agent.lexicon import Hit
from handpicked.agent.scenes import TASKS, Scenes
from handpicked.tools.data.text import tokenize
from handpicked.tools.errors import DataError
from handpicked.tools.types import Embedder, Floats

_VERSION = 5
_PAGE_WEIGHT = 2.0
_WORD_WEIGHT = 1.5
_SIGN_WEIGHT = 0.4
_PREVIOUS_WEIGHT = 0.5
_INVERSE_PENALTY = 16.0
"""Logistic regression's C; flat from 4 on in 5-fold cross-validation on the `train` demonstrations."""
_TASK_THRESHOLD = 0.42
_DOMAINS = ("movie", "grocery", "news", "book", "music")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A labelled turn of `prompts/demonstrations.jsonl`."""

    message: str
    scene: str
    tasks: tuple[str, ...]
    language: str
    split: str
    page: str | None = None
    cart: bool = False
    query: str | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Guess:
    """Probabilities by scene (they sum to 1) and by task (each on its own)."""

    scenes: Mapping[str, float]
    tasks: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SceneModel:
    """Linear weights: `scene` is (features + 1, scenes), `task` is (features + 1, tasks), the last row the bias."""

    names: tuple[str, ...]
    scene: Floats
    task: Floats

    def guess(self, features: Floats) -> Guess:
        """Probabilities for one turn's features, shape (features,)."""
        given = np.append(features, np.float32(1.0))
        logits = given @ self.scene
        weights = np.exp(logits - logits.max())
        scenes = weights / weights.sum()
        tasks = 1.0 / (1.0 + np.exp(-(given @ self.task)))
        return Guess(
            {name: float(p) for name, p in zip(self.names, scenes, strict=True)},
            {name: float(p) for name, p in zip(TASKS, tasks, strict=True)},
        )


def demonstrations(text: str | None = None) -> list[Demonstration]:
    """Read demonstrations, the packaged ones by default. Raises DataError that names the line."""
    found: list[Demonstration] = []
    lines = (prompts.read_text("demonstrations.jsonl") if text is None else text).splitlines()
    for number, line in enumerate(lines, 1):
        try:
            row = orjson.loads(line)
            context = row.pop("context")
            found.append(Demonstration(**row | context | {"tasks": tuple(row["tasks"])}))
        except (orjson.JSONDecodeError, KeyError, TypeError) as err:
            raise DataError(f"demonstrations.jsonl, line {number}: {err}") from err
    return found


def load(cache: Path, embedder: Embedder, scenes: Scenes) -> SceneModel:
    """The model fitted on the `train` demonstrations; fitted once for each version of them and kept in the cache.

    A cache that can't be read or written costs a few seconds, nothing else."""
    key = hashlib.sha256(
        "\0".join([
            str(_VERSION), embedder.name, *scenes, *TASKS, str(_INVERSE_PENALTY),
            prompts.read_text("demonstrations.jsonl"), prompts.read_text("lexicon.yaml"), prompts.read_text("scenes.yaml"),
        ]).encode()
    ).hexdigest()[:16]  # fmt: skip
    path = cache / "fitted" / f"scene-{key}.npz"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return SceneModel(tuple(scenes), arrays["scene"], arrays["task"])
    except (OSError, ValueError, LookupError, zipfile.BadZipFile) as err:
        _log.debug("no fitted model in the cache: %s", err)
    model = fit([demo for demo in demonstrations() if demo.split == "train"], embedder, scenes)
    try:
        _save(model, path)
    except OSError as err:
        _log.warning("%s can't be written (%s): set HANDPICKED_CACHE to another folder", path, err)
    return model


def fit(train: Sequence[Demonstration], embedder: Embedder, scenes: Scenes) -> SceneModel:
    """Multinomial logistic regression for the scene, one logistic regression for each task."""
    linear: Any = import_module("sklearn.linear_model")

    given = np.stack([features(demo, embedder, scenes) for demo in train])
    names = tuple(scenes)
    scene_model: Any = linear.LogisticRegression(C=_INVERSE_PENALTY, max_iter=2000)
    scene_model.fit(given, [names.index(demo.scene) for demo in train])
    scene = np.full((given.shape[1] + 1, len(names)), 0.0, np.float32)
    scene[-1] = -20.0
    for column, label in enumerate(scene_model.classes_):
        scene[:, label] = np.append(scene_model.coef_[column], scene_model.intercept_[column])
    task = np.zeros((given.shape[1] + 1, len(TASKS)), np.float32)
    for column, name in enumerate(TASKS):
        labels = [name in demo.tasks for demo in train]
        if any(labels):
            task_model: Any = linear.LogisticRegression(C=_INVERSE_PENALTY, max_iter=2000).fit(given, labels)
            task[:, column] = np.append(task_model.coef_[0], task_model.intercept_[0])
        else:
            task[-1, column] = -20.0
    return SceneModel(names, scene, task)


def features(turn: Demonstration, embedder: Embedder, scenes: Scenes) -> Floats:
    """The embedded message (and, weaker, the one before), the page's scene, a cart, which domains' words it uses,
    and which signs of scenes and tasks; shape (2 x dimensions + scenes + signs + 9,)."""
    texts = [turn.message or turn.query or "", turn.previous or ""]
    message, previous = (
        embedder.query(text) if text else np.zeros(embedder.dimensions, np.float32) for text in texts
    )
    page = page_scene(turn.page, scenes)
    pages = [_PAGE_WEIGHT * (name == page) for name in scenes]
    known, tokens = lexicon.load(), tokenize(texts[0])
    named = _values(lexicon.find(texts[0], tokens, known.domains))
    signs = _values(lexicon.find(texts[0], tokens, known.signs))
    words = [_WORD_WEIGHT * (domain in named) for domain in _DOMAINS]
    words += [
        _SIGN_WEIGHT * bool(lexicon.find(texts[0], tokens, value.cue_keys)) for value in scenes.values()
    ]
    words += [_SIGN_WEIGHT * (sign in signs) for sign in known.sign_names]
    rest = [turn.cart, not turn.message, bool(turn.previous), "?" in turn.message or "？" in turn.message]
    return np.concatenate(
        [message, _PREVIOUS_WEIGHT * previous, np.array([*pages, *words, *map(float, rest)], np.float32)]
    ).astype(np.float32)


def page_scene(page: str | None, scenes: Scenes) -> str | None:
    """The scene that a page name puts a user in."""
    name = (page or "").casefold()
    return next((scene for scene, value in scenes.items() if name in map(str.casefold, value.pages)), None)


def _values(hits: Sequence[Hit]) -> frozenset[str]:
    return frozenset(name for hit in hits for name in hit.values)


def chosen_tasks(guess: Guess, allowed: Sequence[str]) -> list[str]:
    """The tasks that are likely enough, most likely first; at least one."""
    ranked = sorted(allowed, key=lambda task: (-guess.tasks[task], task))
    return [task for task in ranked if guess.tasks[task] >= _TASK_THRESHOLD] or ranked[:1]


def sharpen(guess: Guess, evidence: Mapping[str, float]) -> Guess:
    """Add log-odds for scenes that other evidence speaks for, and normalize."""
    logits = {name: math.log(max(p, 1e-9)) + evidence.get(name, 0.0) for name, p in guess.scenes.items()}
    top = max(logits.values())
    weights = {name: math.exp(value - top) for name, value in logits.items()}
    total = sum(weights.values())
    return Guess({name: weight / total for name, weight in weights.items()}, guess.tasks)


def _save(model: SceneModel, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(temporary, allow_pickle=False, scene=model.scene, task=model.task)
    os.replace(temporary, path)
