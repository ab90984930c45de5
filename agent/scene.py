"""The scene and task classifier: linear models over embedded messages, fitted on demonstrations."""

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

from handpicked import prompts
from handpicked.agent import demonstrations, lexicon
from handpicked.agent.demonstrations import Demonstration
from handpicked.agent.lexicon import Hit
from handpicked.agent.scenes import TASKS, Scenes
from handpicked.agent.signs import Polarity
from handpicked.tools.data.text import has_cjk, tokenize
from handpicked.tools.types import Embedder, Floats

_VERSION = 6
_PAGE_WEIGHT = 2.0
_WORD_WEIGHT = 1.5
_TITLE_WEIGHT = 0.7
_SIGN_WEIGHT = 0.4
_PREVIOUS_WEIGHT = 0.5
_INVERSE_PENALTY = 16.0
"""Logistic regression's C; flat from 4 on in cross-validation by writer on the `train` demonstrations."""
_TASK_THRESHOLD = 0.42
_DOMAINS = ("movie", "grocery", "news", "book", "music")
_DEVICES = ("phone", "tv", "speaker")
_ROLES: tuple[Polarity, ...] = ("like", "dislike", "seen", "about")
_NOUNS = {
    "movie": ("that film", "那部电影"), "book": ("that book", "那本书"), "news": ("that article", "那篇文章"),
    "music": ("that album", "那张专辑"),
}  # fmt: skip
"""What stands for a title, so that what is said of one film is learned for all."""
_NOUN = ("that one", "那个")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Title:
    """A title in a message at [start, end), of an item of this domain."""

    start: int
    end: int
    domain: str
    role: Polarity


@dataclass(frozen=True, slots=True)
class Cues:
    """What the classifier looks at. `text` is the message, or what stands in the search box; `clicked` are domains;
    `previous` is the message before and `scene_before` what it was read as."""

    text: str
    typed: bool = True
    titles: tuple[Title, ...] = ()
    page: str | None = None
    cart: bool = False
    clicked: tuple[str, ...] = ()
    device: str | None = None
    previous: str | None = None
    scene_before: str | None = None


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


def load(cache: Path, embedder: Embedder, scenes: Scenes) -> SceneModel:
    """The model fitted on the `train` demonstrations and the scenes' examples; fitted once for each version of them
    and kept in the cache.

    A cache that can't be read or written costs a few seconds, nothing else."""
    key = hashlib.sha256(
        "\0".join([
            str(_VERSION), embedder.name, repr(scenes), *TASKS, str(_INVERSE_PENALTY),
            prompts.read_text("demonstrations.jsonl"), prompts.read_text("lexicon.yaml"),
        ]).encode()
    ).hexdigest()[:16]  # fmt: skip
    path = cache / "fitted" / f"scene-{key}.npz"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return SceneModel(tuple(scenes), arrays["scene"], arrays["task"])
    except (OSError, ValueError, LookupError, zipfile.BadZipFile) as err:
        _log.debug("no fitted model in the cache: %s", err)
    model = fit([demo for demo in demonstrations.packaged() if demo.split == "train"], embedder, scenes)
    try:
        _save(model, path)
    except OSError as err:
        _log.warning("%s can't be written (%s): set HANDPICKED_CACHE to another folder", path, err)
    return model


def fit(train: Sequence[Demonstration], embedder: Embedder, scenes: Scenes) -> SceneModel:
    """Multinomial logistic regression for the scene, one logistic regression for each task.

    Demonstrations of a scene that isn't among the scenes are left out."""
    known = [demo for demo in train if demo.scene in scenes]
    rows = [(demo.scene, demo.tasks, cues_of(demo)) for demo in known]
    rows += [(n, e.tasks, Cues(e.message)) for n, scene in scenes.items() for e in scene.examples]
    given = np.stack([features(cues, embedder, scenes) for _, _, cues in rows])
    names = tuple(scenes)
    scene_model = _logistic().fit(given, [names.index(scene) for scene, _, _ in rows])
    scene = np.full((given.shape[1] + 1, len(names)), 0.0, np.float32)
    scene[-1] = -20.0
    for column, label in enumerate(scene_model.classes_):
        scene[:, label] = np.append(scene_model.coef_[column], scene_model.intercept_[column])
    task = np.zeros((given.shape[1] + 1, len(TASKS)), np.float32)
    for column, name in enumerate(TASKS):
        labels = [name in tasks for _, tasks, _ in rows]
        if any(labels):
            task_model = _logistic().fit(given, labels)
            task[:, column] = np.append(task_model.coef_[0], task_model.intercept_[0])
        else:
            task[-1, column] = -20.0
    return SceneModel(names, scene, task)


def cues_of(demo: Demonstration) -> Cues:
    """What the classifier would see of a demonstration whose titles were all found."""
    context, text = demo.context, demo.message or demo.context.query or ""
    spans = [(text.find(named.span), named) for named in demo.titles if named.span and named.span in text]
    last = demo.before[-1] if demo.before else None
    return Cues(
        text=text,
        typed=bool(demo.message),
        titles=tuple(
            Title(start, start + len(named.span or ""), named.domain, named.role) for start, named in spans
        ),
        page=context.page,
        cart=bool(context.cart),
        clicked=tuple(thing.domain for thing in context.clicked),
        device=context.device,
        previous=last.message if last else None,
        scene_before=last.scene if last else None,
    )


def features(cues: Cues, embedder: Embedder, scenes: Scenes) -> Floats:
    """The embedded message without its titles (and, weaker, the one before), where the user is and was, which domains'
    words and titles it has, and which signs of scenes and tasks; shape (2 x dimensions + 3 x scenes + signs + 24,)."""
    texts = [_masked(cues), cues.previous or ""]
    message, previous = (
        embedder.query(text) if text else np.zeros(embedder.dimensions, np.float32) for text in texts
    )
    known, tokens = lexicon.load(), tokenize(texts[0])
    page = page_scene(cues.page, scenes)
    named = _values(lexicon.find(texts[0], tokens, known.domains))
    signs = _values(lexicon.find(texts[0], tokens, known.signs))
    titles, roles = {title.domain for title in cues.titles}, {title.role for title in cues.titles}
    rest = [
        *(_PAGE_WEIGHT * (name == page) for name in scenes),
        *(_WORD_WEIGHT * (domain in named) for domain in _DOMAINS),
        *(_SIGN_WEIGHT * bool(lexicon.find(texts[0], tokens, scene.cue_keys)) for scene in scenes.values()),
        *(_SIGN_WEIGHT * (sign in signs) for sign in known.sign_names),
        *(name == cues.scene_before for name in scenes),
        *(_TITLE_WEIGHT * (domain in titles or domain in cues.clicked) for domain in _DOMAINS),
        *(_TITLE_WEIGHT * (role in roles) for role in _ROLES),
        *(cues.device == device for device in _DEVICES),
        _alone(cues), len(cues.titles) > 1,
        cues.cart, not cues.typed, bool(cues.previous), "?" in texts[0] or "？" in texts[0], bool(cues.clicked),
    ]  # fmt: skip
    return np.concatenate([message, _PREVIOUS_WEIGHT * previous, np.array(rest, np.float32)]).astype(
        np.float32
    )


def page_scene(page: str | None, scenes: Scenes) -> str | None:
    """The scene that a page name puts a user in."""
    name = (page or "").casefold()
    return next((scene for scene, value in scenes.items() if name in map(str.casefold, value.pages)), None)


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


def _masked(cues: Cues) -> str:
    """The text with a plain noun for each title."""
    chinese, text, place = has_cjk(cues.text), "", 0
    for title in sorted(cues.titles, key=lambda title: title.start):
        if title.start >= place:
            text += cues.text[place : title.start] + _NOUNS.get(title.domain, _NOUN)[chinese]
            place = title.end
    return text + cues.text[place:]


def _alone(cues: Cues) -> bool:
    """Whether a title is all that is said."""
    left = cues.text
    for title in sorted(cues.titles, key=lambda title: -title.start):
        left = left[: title.start] + left[title.end :]
    return bool(cues.titles) and not any(map(str.isalnum, left))


def _values(hits: Sequence[Hit]) -> frozenset[str]:
    return frozenset(name for hit in hits for name in hit.values)


def _logistic() -> Any:
    linear: Any = import_module("sklearn.linear_model")
    return linear.LogisticRegression(C=_INVERSE_PENALTY, max_iter=2000)


def _save(model: SceneModel, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(temporary, allow_pickle=False, scene=model.scene, task=model.task)
    os.replace(temporary, path)
