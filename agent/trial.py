"""A language model on trial: what evidence, the model, and both make of turns whose meaning is known.

Everything is judged on turns of a writer that neither the evidence nor the weights nor the examples have seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from handpicked.agent import judge, scene, stack
from handpicked.agent.cues import cues_of, masked
from handpicked.agent.demonstrations import Demonstration
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.scene import Guess
from handpicked.agent.scenes import TASKS, Scenes
from handpicked.agent.stack import Doubles, Mix, Stack
from handpicked.agent.trust import Trust, sureness
from handpicked.tools.types import Embedder

_AT_ONCE = 4
"""Calls at once to a model that runs elsewhere."""
_THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.01)
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Heard:
    """A turn, what each source takes it for, and how long the model took."""

    demo: Demonstration
    evidence: Guess
    model: Guess
    ms: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A system's scores, turn by turn: 1 for the right scene, F1 of the tasks."""

    scene: Doubles
    tasks: Doubles

    @property
    def mean(self) -> Doubles:
        """Both halves of a reading, turn by turn."""
        return (self.scene + self.tasks) / 2


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it, each system on the same turns: `used` is both, but evidence alone where the model isn't asked."""

    trust: Trust
    systems: Mapping[str, Scored]
    skipped: float
    ms: float


def chosen(demos: Sequence[Demonstration], scenes: Scenes, count: int) -> list[Demonstration]:
    """At most so many turns to try, evenly spread over those that say something in a known scene."""
    kept = [demo for demo in demos if demo.message and demo.scene in scenes]
    count = min(count, len(kept))
    return [kept[n * len(kept) // count] for n in range(count)]


def evidence(
    tried: Sequence[Demonstration], train: Sequence[Demonstration], embedder: Embedder, scenes: Scenes
) -> list[Guess]:
    """What a classifier says of each turn that was fitted without the turn's writer."""
    models = {
        writer: scene.fit([demo for demo in train if demo.writer != writer], embedder, scenes)
        for writer in dict.fromkeys(demo.writer for demo in tried)
    }
    return [models[demo.writer].guess(cues_of(demo), embedder, scenes) for demo in tried]


async def opinions(
    client: ModelClient,
    tried: Sequence[Demonstration],
    train: Sequence[Demonstration],
    embedder: Embedder,
    scenes: Scenes,
    *,
    on_done: Callable[[int], None],
) -> list[tuple[Guess, float]]:
    """What the model says of each turn, with examples by other writers, and the milliseconds that it took.

    Raises ModelError where it fails: a model that can't be measured isn't trusted."""
    shelf = judge.shelf(train, embedder, scenes)
    shelves = {writer: shelf.without(writer) for writer in {demo.writer for demo in tried}}
    at_once = 1 if client.scores_labels else _AT_ONCE
    found: list[tuple[Guess, float]] = []

    async def ask(demo: Demonstration) -> tuple[Guess, float]:
        cues = cues_of(demo)
        near = shelves[demo.writer].near(embedder.query(masked(cues)))
        start = time.perf_counter()
        opinion = await judge.ask(client, cues, near, scenes)
        return opinion.guess, (time.perf_counter() - start) * 1000.0

    for first in range(0, len(tried), at_once):
        found += await asyncio.gather(*map(ask, tried[first : first + at_once]))
        on_done(len(found))
    return found


def judged(heard: Sequence[Heard], scenes: Scenes) -> Trial:
    """Fit the weights on all turns, and score them by weights that were fitted without a turn's writer."""
    names = tuple(scenes)
    both, alone = _crossed(heard, names), _crossed(heard, names, evidence=False)
    systems = {
        "evidence": _scored(heard, [turn.evidence for turn in heard]),
        "model": _scored(heard, alone),
        "both": _scored(heard, both),
    }
    certain = np.array([sureness(turn.evidence) for turn in heard])
    sure = _threshold(certain, systems["evidence"].mean, systems["both"].mean)
    asked = certain < sure
    used = [both[n] if asked[n] else turn.evidence for n, turn in enumerate(heard)]
    systems["used"] = _scored(heard, used)
    ms = float(np.median([turn.ms for turn in heard]))
    note = _note(systems, len(heard), sure)
    trust = Trust(_learned(heard, names), _learned(heard, names, evidence=False), sure, note)
    return Trial(trust, systems, float(1.0 - asked.mean()), ms)


def _threshold(certain: Doubles, alone: Doubles, both: Doubles) -> float:
    """The least sureness from which on the model need not be asked: asking more would bring nothing. 0 (it is never
    asked) where its gain over evidence alone could be luck."""

    def used(sure: float) -> float:
        return float(np.where(certain < sure, both, alone).mean())

    least = next(sure for sure in _THRESHOLDS if used(sure) >= used(_THRESHOLDS[-1]) - 1e-9)
    gain = np.where(certain < least, both - alone, 0.0)
    proven = gain.mean() > _Z * gain.std() / np.sqrt(len(gain))
    return least if proven else 0.0


def _crossed(heard: Sequence[Heard], names: tuple[str, ...], *, evidence: bool = True) -> list[Guess]:
    """What the sources say together, by weights fitted on the other writers' turns."""
    stacks = {
        writer: _learned([turn for turn in heard if turn.demo.writer != writer], names, evidence=evidence)
        for writer in dict.fromkeys(turn.demo.writer for turn in heard)
    }
    return [stacks[turn.demo.writer].weigh(turn.evidence, turn.model) for turn in heard]


def _learned(heard: Sequence[Heard], names: tuple[str, ...], *, evidence: bool = True) -> Stack:
    scenes = stack.logs([turn.evidence.scenes for turn in heard], names) * evidence
    tasks = stack.odds([turn.evidence.tasks for turn in heard]) * evidence
    scene_labels = np.array([[float(turn.demo.scene == name) for name in names] for turn in heard])
    task_labels = np.array([[float(task in turn.demo.tasks) for task in TASKS] for turn in heard])
    of_scene = stack.fit_scene(scenes, stack.logs([turn.model.scenes for turn in heard], names), scene_labels)
    of_task = stack.fit_task(tasks, stack.logs([turn.model.tasks for turn in heard], TASKS), task_labels)
    kept = float(evidence)
    return Stack(
        names,
        Mix(kept * of_scene.evidence, of_scene.model, of_scene.bias),
        Mix(kept * of_task.evidence, of_task.model, of_task.bias),
    )


def _scored(heard: Sequence[Heard], guesses: Sequence[Guess]) -> Scored:
    right: list[float] = []
    tasks: list[float] = []
    for turn, guess in zip(heard, guesses, strict=True):
        name, found = scene.decided(guess)
        wanted = set(turn.demo.tasks)
        right.append(float(name == turn.demo.scene))
        tasks.append(2.0 * len(wanted & set(found)) / (len(wanted) + len(found)))
    return Scored(np.array(right), np.array(tasks))


def _note(systems: Mapping[str, Scored], count: int, sure: float) -> str:
    told = ", ".join(
        f"{name} {fmean(scored.scene):.3f} and {fmean(scored.tasks):.3f}" for name, scored in systems.items()
    )
    asked = f"asked where evidence is less sure than {sure:.2f}" if sure else "no gain is proven, never asked"
    return f"{asked}; {count} turns, right scenes and F1 of tasks: {told}"
