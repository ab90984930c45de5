"""Ask a language model what a turn is: labels scored where it can score, else written as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict, Field, create_model

from handpicked import prompts
from handpicked.agent.cues import Cues, cues_of, masked
from handpicked.agent.demonstrations import Demonstration
from handpicked.agent.llm.answers import Usage
from handpicked.agent.llm.guard import ModelClient, Options
from handpicked.agent.scene import Guess
from handpicked.agent.scenes import TASKS, Scenes, Task
from handpicked.tools.types import Embedder, Floats

PROMPT = "read"
_EXAMPLES = 8
"""Demonstrations shown before the turn: the most similar ones, the most similar last."""
_LONGEST = 600
"""Characters of a message that are shown to the model."""
_MISSED = 0.02
"""The probability, in all, of the labels that a model which only writes did not write. What its word weighs beside the
evidence is fitted, so that this value only has to be one."""


_Write = Callable[[str, Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Demonstrations to choose examples from; `vectors` is (demonstrations, dimensions), rows of length 1."""

    demos: tuple[Demonstration, ...]
    vectors: Floats

    def without(self, writer: str) -> Shelf:
        """The shelf as somebody finds it who writes like nobody on it."""
        kept = [place for place, demo in enumerate(self.demos) if demo.writer != writer]
        return Shelf(tuple(self.demos[place] for place in kept), self.vectors[kept])

    def near(self, vector: Floats) -> list[Demonstration]:
        """The most similar ones, the most similar last."""
        places = np.argsort(self.vectors @ vector, kind="stable")[-_EXAMPLES:]
        return [self.demos[int(place)] for place in places]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model takes a turn for, as it says it: not calibrated."""

    guess: Guess
    usage: Usage


def shelf(demos: Sequence[Demonstration], embedder: Embedder, scenes: Scenes) -> Shelf:
    """Make demonstrations ready to be chosen from; those without a message, or of no known scene, are left out."""
    kept = tuple(demo for demo in demos if demo.message and demo.scene in scenes)
    return Shelf(kept, embedder.embed_matrix([masked(cues_of(demo)) for demo in kept]))


async def ask(
    client: ModelClient,
    cues: Cues,
    examples: Sequence[Demonstration],
    scenes: Scenes,
    *,
    deadline_s: float | None = None,
) -> Opinion:
    """Ask for the scene and the tasks of a turn.

    Raises ModelError when the model fails, BudgetExceeded past the deadline."""
    write = _as_line if client.scores_labels else _as_json
    messages = _messages(cues, examples, scenes, write)
    options: Options = {"family": PROMPT}
    if deadline_s is not None:
        options["deadline_s"] = deadline_s
    if client.scores_labels:
        return await _scored(client, messages, scenes, options)
    return await _written(client, messages, scenes, options)


async def _scored(
    client: ModelClient, messages: Sequence[BaseMessage], scenes: Scenes, options: Options
) -> Opinion:
    """The scenes scored after the prompt, then the tasks after the likeliest scene; both share the one prefill."""
    names = list(scenes)
    told = await client.score_labels(messages, names, **options)
    likely = names[int(np.argmax(told.scores))]
    tasks = await client.score_labels(
        messages, [f" {task}" for task in TASKS], prefix=f"{likely}:", **options
    )
    return Opinion(Guess(_shares(names, told.scores), _shares(TASKS, tasks.scores)), told.usage + tasks.usage)


async def _written(
    client: ModelClient, messages: Sequence[BaseMessage], scenes: Scenes, options: Options
) -> Opinion:
    label: Any = Literal[tuple(scenes)]
    schema: type[BaseModel] = create_model(
        "Label",
        __config__=ConfigDict(extra="forbid"),
        scene=(label, ...),
        tasks=(list[Task], Field(min_length=1)),
    )
    answer = await client.structured(messages, schema, **options)
    said: Any = answer.value
    missed = _MISSED / max(len(scenes) - 1, 1)
    return Opinion(
        Guess(
            {name: 1.0 - _MISSED if name == said.scene else missed for name in scenes},
            {task: 1.0 - _MISSED if task in said.tasks else _MISSED for task in TASKS},
        ),
        answer.usage,
    )


def _messages(
    cues: Cues, examples: Sequence[Demonstration], scenes: Scenes, write: _Write
) -> list[BaseMessage]:
    meanings = "\n".join(f"{name}: {value.meaning}" for name, value in scenes.items())
    example = write(next(iter(scenes)), TASKS[:2])
    messages: list[BaseMessage] = [
        SystemMessage(prompts.render(PROMPT, scenes=meanings, example=example).user)
    ]
    for demo in examples:
        messages += [
            HumanMessage(_turn(cues_of(demo))),
            AIMessage(write(demo.scene, demo.tasks)),
        ]
    return [*messages, HumanMessage(_turn(cues))]


def _as_line(name: str, tasks: Sequence[str]) -> str:
    return f"{name}: {', '.join(tasks)}"


def _as_json(name: str, tasks: Sequence[str]) -> str:
    return json.dumps({"scene": name, "tasks": list(tasks)})


def _turn(cues: Cues) -> str:
    """A turn in lines; what people wrote is quoted."""
    lines = [f"Page: {_quoted(cues.page)}"] if cues.page else []
    lines += ["Cart: some goods"] if cues.cart else []
    if cues.previous:
        before = f"Before: {_quoted(cues.previous[-_LONGEST:])}"
        lines.append(f"{before} ({cues.scene_before})" if cues.scene_before else before)
    return "\n".join([*lines, f"{'Says' if cues.typed else 'Search box'}: {_quoted(cues.text[:_LONGEST])}"])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _shares(names: Sequence[str], scores: Sequence[float]) -> Mapping[str, float]:
    """Log-likelihoods as shares that sum to 1."""
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    return {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
