"""Asking a model what a turn is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from langchain_core.messages import BaseMessage

from handpicked.agent import judge, scenes
from handpicked.agent.cues import Cues
from handpicked.agent.demonstrations import Demonstration, Earlier, Place
from handpicked.agent.llm.factory import chat_model
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.llm.scripted import ScriptedChat
from handpicked.agent.scenes import Task
from handpicked.agent.settings import Settings
from handpicked.eval.openai_server import say, serving
from handpicked.tools.errors import ModelError
from handpicked.tools.types import Embedder

SCENES = scenes.load()


def demo(
    message: str, scene: str, *tasks: Task, writer: str = "a", place: Place | None = None
) -> Demonstration:
    return Demonstration(
        message, writer, "s", "train", "en", message, scene, tasks, place or Place(), (Earlier("hi", "chat"),)
    )


FILM = demo("a film with robots", "watch", "recommend")
MILK = demo("milk and any coupons", "shop", "recommend", "ads", writer="b")


def likes(scene: str, task: str) -> ScriptedChat:
    """A model that finds a scene and a task far likelier than the others."""

    def scores(_: Sequence[BaseMessage], labels: Sequence[str]) -> list[float]:
        return [0.0 if label.strip() in (scene, task) else -5.0 for label in labels]

    return ScriptedChat(answers=[], scores=scores)


def test_labels_are_scored_after_the_examples_and_tasks_after_the_scene() -> None:
    model = likes("shop", "ads")
    cues = Cues('cheap "oats"?', page="deals", cart=True)
    opinion = asyncio.run(judge.ask(ModelClient(model), cues, [FILM, MILK], SCENES))
    assert max(opinion.guess.scenes, key=lambda name: opinion.guess.scenes[name]) == "shop"
    assert max(opinion.guess.tasks, key=lambda name: opinion.guess.tasks[name]) == "ads"
    assert sum(opinion.guess.scenes.values()) == pytest.approx(1.0)
    first, second = model.asked
    assert first.messages == second.messages
    assert (first.options["prefix"], second.options["prefix"]) == ("", "shop:")
    system, *shown, asked = [str(message.content) for message in first.messages]
    assert "gift: " in system
    assert shown[1::2] == ["watch: recommend", "shop: recommend, ads"]
    assert shown[0] == 'Before: "hi" (chat)\nSays: "a film with robots"'
    assert asked == 'Page: "deals"\nCart: some goods\nSays: "cheap \\"oats\\"?"'


def test_a_model_that_only_writes_answers_in_json() -> None:
    with serving() as server:
        model = chat_model(
            Settings(model="openai:tiny", model_url=server.url), lambda name: pytest.fail(name)
        )
        assert model is not None
        client = ModelClient(model, retries=0)
        server.answers = [
            say('{"scene": "gift", "tasks": ["recommend", "ads"]}'),
            say('{"scene": "moon", "tasks": []}'),
        ]
        opinion = asyncio.run(judge.ask(client, Cues("for my aunt"), [FILM], SCENES))
        assert [name for name, p in opinion.guess.scenes.items() if p > 0.5] == ["gift"]
        assert [name for name, p in opinion.guess.tasks.items() if p > 0.5] == ["recommend", "ads"]
        assert server.asked[0].body["messages"][2]["content"] == '{"scene": "watch", "tasks": ["recommend"]}'
        with pytest.raises(ModelError):
            asyncio.run(judge.ask(client, Cues("for my aunt"), [FILM], SCENES))


def test_the_nearest_examples_come_last_and_never_from_the_writer_left_out(embedder: Embedder) -> None:
    silent, foreign = demo("", "browse", "recommend"), demo("up we go", "moon", "recommend")
    shelf = judge.shelf([FILM, MILK, silent, foreign], embedder, SCENES)
    assert shelf.demos == (FILM, MILK)
    assert shelf.near(embedder.query("a film with robots"))[-1] == FILM
    assert shelf.without("a").near(embedder.query("a film with robots")) == [MILK]
    assert np.allclose(np.linalg.norm(shelf.vectors, axis=1), 1.0, atol=1e-3)
