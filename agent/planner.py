"""A small model's part in act: one plan of calls, in one short answer that a grammar holds to its form.

A tool's schema is 370 tokens and a small model's window 4,096, of which it reads some dozens a second; asked for calls in
the form of a hosted one it writes on until its tokens are spent. So it is told of tools in a line each, chooses among
them, and writes the one thing that nobody knows for it: the words to search for. Items and constraints are the
reading's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import orjson
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from handpicked import prompts
from handpicked.agent import act
from handpicked.agent.addressed import is_name
from handpicked.agent.caller import within
from handpicked.agent.llm.answers import Usage
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.turn import Turn
from handpicked.tools.types import Json, ToolCall

FAMILY = "plan"
_TOKENS = 200
"""More than the longest plan takes, at four tokens a character: an answer always comes to its end."""
_SAID = 400
"""Characters of the message that the model is told."""


class Chosen(BaseModel):
    """What the model writes. Raises ValidationError for another tool."""

    tools: Annotated[
        list[Literal["lookup", "similar", "collab", "search", "popular"]], Field(min_length=1, max_length=3)
    ]
    query: Annotated[str, Field(max_length=40)]


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls, and what they cost."""

    calls: tuple[ToolCall, ...]
    usage: Usage


@dataclass(frozen=True, slots=True)
class Planner:
    """Lets a small model choose calls. Raises ModelError and BudgetExceeded as its client does."""

    client: ModelClient
    seed: int = 0

    @property
    def name(self) -> str:
        return self.client.name

    async def plan(self, turn: Turn, running: Sequence[ToolCall], *, deadline_s: float) -> Plan:
        """Ask once. Calls that are `running` already are left out, and tools that the scene doesn't weigh."""
        prompt = prompts.render("plan", **_told(turn))
        answer = await self.client.structured(
            [SystemMessage(prompt.system), HumanMessage(prompt.user)], Chosen,
            deadline_s=deadline_s, max_tokens=_TOKENS, seed=self.seed, family=FAMILY,
        )  # fmt: skip
        made = [(call.name, dict(call.arguments)) for call in running]
        calls = [call for call in _calls(answer.value, turn) if (call.name, dict(call.arguments)) not in made]
        return Plan(tuple(calls), answer.usage)


def _told(turn: Turn) -> dict[str, str]:
    items = (turn.context.snapshot.get(item_id) for item_id in turn.reading.like)
    values: dict[str, Json] = {
        "tasks": list(turn.reading.tasks),
        "named": [item.title for item in items if item is not None and is_name(item.title)],
        "message": turn.request.message[:_SAID],
    }
    return {name: orjson.dumps(value).decode() if value else "none" for name, value in values.items()}


def _calls(chosen: Chosen, turn: Turn) -> Iterator[ToolCall]:
    """The chosen tools as calls, with items and constraints of the reading; one that has nothing to work on is none."""
    reading = turn.reading
    living = [item_id for item_id in reading.like if turn.context.snapshot.get(item_id) is not None]
    liked = [item_id for item_id in living if item_id not in reading.about] or living
    query = chosen.query.strip() or reading.query
    arguments: dict[str, dict[str, Json]] = {
        "lookup": {"item_ids": [*living]} if living else {},
        "similar": {"item_ids": [*liked]} if liked else {},
        "collab": {"item_ids": [*liked]} if liked else {},
        "search": {"query": query} if query else {},
    }
    for number, name in enumerate(dict.fromkeys(chosen.tools), 1):
        given = arguments.get(name, {})
        weighed = name == "lookup" or turn.scene.weights.get(name, 0.0) > 0
        if weighed and (given or name == "popular"):
            call = ToolCall(name, given or {"constraints": []}, f"plan-{number}")
            yield within(call, turn, act.TOOLS)
