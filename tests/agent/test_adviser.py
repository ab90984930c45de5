"""A model's part of reading, in turns."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from handpicked.agent import judge, scenes
from handpicked.agent.adviser import Adviser
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.llm.scripted import ScriptedChat
from handpicked.agent.scenes import TASKS
from handpicked.agent.stack import Mix, Stack
from handpicked.agent.trust import Trust
from handpicked.agent.types import Reply, Request, Surroundings
from handpicked.tools.errors import ModelError
from handpicked.tools.types import Embedder
from tests.agent.test_judge import FILM, MILK, likes

SCENES = scenes.load()
NAMES = tuple(SCENES)
TRUSTING = Stack(NAMES, Mix(0.1, 3.0, (0.0,) * len(NAMES)), Mix(1.0, 0.0, (0.0,) * len(TASKS)))


def adviser(model: ScriptedChat, embedder: Embedder, sure: float = 1.01) -> Adviser:
    shelf = judge.shelf([FILM, MILK], embedder, SCENES)
    return Adviser(
        ModelClient(model, retries=0), Trust(TRUSTING, TRUSTING, sure, ""), shelf, embedder, SCENES
    )


def turn(agent: Any, message: str, **request: Any) -> Reply:
    return asyncio.run(agent.turn(Request(message, **request)))


def failing(error: Exception) -> ScriptedChat:
    def scores(_: Sequence[BaseMessage], labels: Sequence[str]) -> list[float]:
        raise error

    return ScriptedChat(answers=[], scores=scores)


def test_a_trusted_model_turns_the_scene_and_is_named(make_agent: Any, embedder: Embedder) -> None:
    message = "a film for tonight"
    alone = turn(make_agent(), message)
    reply = turn(make_agent(adviser=adviser(likes("listen", "recommend"), embedder)), message)
    assert (alone.scene.name, reply.scene.name) == ("watch", "listen")
    assert reply.scene.why[-1].startswith("the model ")
    assert "model_ms" in reply.trace[0].detail
    assert reply.usage.prompt_tokens > 0
    assert reply.degraded == ()


def test_where_evidence_is_sure_or_the_meaning_is_given_nobody_is_asked(
    make_agent: Any, embedder: Embedder
) -> None:
    model = likes("listen", "recommend")
    agent = make_agent(adviser=adviser(model, embedder, sure=0.2))
    assert turn(agent, "a film for tonight").scene.name == "watch"
    agent = make_agent(adviser=adviser(model, embedder))
    turn(agent, "", context=Surroundings(page="home"))
    turn(agent, "for tonight", context=Surroundings(scene="watch"), tasks=("recommend",))
    turn(agent, "forget me")
    assert model.asked == ()


def test_hard_evidence_stays_whatever_the_model_says(make_agent: Any, embedder: Embedder) -> None:
    reply = turn(make_agent(adviser=adviser(likes("shop", "ads"), embedder)), "snacks under $3")
    kept = [(c.field, c.value) for c in reply.reading.constraints if c.source == "text"]
    assert ("price", (None, 3.0)) in kept


@pytest.mark.parametrize(
    ("error", "told"),
    [(ModelError("tiny is broken; mend it"), "tiny is broken"), (TimeoutError(), "didn't answer in time")],
)
def test_a_model_that_fails_leaves_the_reading_to_evidence(
    make_agent: Any, embedder: Embedder, error: Exception, told: str
) -> None:
    message = "a film with robots"
    alone = turn(make_agent(), message)
    reply = turn(make_agent(adviser=adviser(failing(error), embedder)), message)
    assert (reply.scene, reply.tasks, reply.lists) == (alone.scene, alone.tasks, alone.lists)
    assert reply.degraded[0].startswith("reading")
    assert told in reply.degraded[0]


def test_a_turn_without_time_for_it_says_so(make_agent: Any, embedder: Embedder) -> None:
    model = likes("listen", "recommend")
    reply = turn(make_agent(adviser=adviser(model, embedder)), "a film with robots", budget_ms=200)
    assert model.asked == ()
    assert any("reading" in line and "read_ms" in line for line in reply.degraded)
