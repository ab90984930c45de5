"""A small model's plan: tools chosen in one short answer, items and constraints the reading's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.llm.scripted import Answer, Asked, ScriptedChat
from handpicked.agent.loop import Agent
from handpicked.agent.planner import FAMILY, Planner
from handpicked.agent.read import Reader
from handpicked.agent.rounds import Powers
from handpicked.agent.types import Reply, Request
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Embedder, Json


def chooses(*tools: str, query: str = "") -> ScriptedChat:
    """A model that writes this plan, and no prose that could be taken."""

    def answer(asked: Asked) -> Answer:
        plan = json.dumps({"tools": tools, "query": query})
        return plan if "response_schema" in asked.options else "Something."

    return ScriptedChat(answers=answer)


def turn(message: str, chat: ScriptedChat, parts: tuple[Workspace, Embedder, Reader]) -> Reply:
    workspace, embedder, reader = parts
    client = ModelClient(chat, retries=0)
    powers = Powers(planner=Planner(client))
    agent = Agent(workspace, Index(workspace, embedder), reader, client=client, powers=powers)
    return asyncio.run(agent.turn(Request(message, k=5)))


def by_model(reply: Reply) -> list[tuple[Json, Any]]:
    found = [step.detail for step in reply.trace if step.step == "tool" and step.detail["by"] == "model"]
    return [(detail["tool"], detail["arguments"]) for detail in found]


def plans(chat: ScriptedChat) -> Sequence[Asked]:
    return [asked for asked in chat.asked if asked.options.get("family") == FAMILY]


def test_the_words_are_the_models_and_the_constraints_the_readings(
    built: Workspace, embedder: Embedder, reader: Reader
) -> None:
    chat = chooses("search", query="gold and gunmen")
    reply = turn("westerns made before 1970", chat, (built, embedder, reader))
    [(name, arguments)] = by_model(reply)
    assert (name, arguments["query"]) == ("search", "gold and gunmen")
    assert {constraint["field"] for constraint in arguments["constraints"]} >= {"categories", "year"}
    assert len(plans(chat)) == 1
    assert next(step for step in reply.trace if step.step == "act").detail["by_model"] == 1
    assert "plan" not in " ".join(reply.degraded)


def test_a_call_that_is_made_anyway_or_has_nothing_to_work_on_is_not_made(
    built: Workspace, embedder: Embedder, reader: Reader
) -> None:
    chat = chooses("similar", "lookup", "popular")
    assert by_model(turn("a film with robots", chat, (built, embedder, reader))) == []
    named = chooses("similar", "collab")
    assert by_model(turn("something like Robot Picnic", named, (built, embedder, reader))) == []


def test_a_plan_that_is_none_costs_only_itself(built: Workspace, embedder: Embedder, reader: Reader) -> None:
    chat = chooses("serach", query="robots")
    reply = turn("a film with robots", chat, (built, embedder, reader))
    assert reply.lists
    assert any("calls" in line and "Chosen" in line for line in reply.degraded), reply.degraded


def test_every_prompt_starts_alike_so_that_its_start_is_read_once(
    built: Workspace, embedder: Embedder, reader: Reader
) -> None:
    first, second = chooses("popular"), chooses("popular")
    turn("a film with robots", first, (built, embedder, reader))
    turn("snacks, nothing over $3", second, (built, embedder, reader))
    [one], [other] = plans(first), plans(second)
    assert one.messages[0] == other.messages[0]
    assert len(one.messages[1].text) < 300, "what differs is short"
