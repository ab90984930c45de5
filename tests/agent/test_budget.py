"""Time: each step has its own, a request's stands for all of them, and what runs out is never the list."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest

from handpicked.agent import act
from handpicked.agent.budget import Budget
from handpicked.agent.llm.scripted import Answer, Asked, ScriptedChat
from handpicked.agent.read import Reader
from handpicked.agent.types import Reply, Request
from handpicked.tools.dispatch import Context, Tool, tool
from handpicked.tools.types import Found

BUDGETS = (0, 1, 30, 90)


def turn(agent: Any, message: str = "a film with robots", **request: Any) -> Reply:
    return asyncio.run(agent.turn(Request(message, **request)))


def shown(reply: Reply) -> list[str]:
    return [item.item_id for ranked in reply.lists for item in ranked.items]


def willing() -> ScriptedChat:
    def answer(asked: Asked) -> Answer:
        return (
            '{"titles": []}'
            if "response_schema" in asked.options
            else "done"
            if asked.tools
            else "Something."
        )

    return ScriptedChat(answers=answer)


def test_without_a_requests_time_each_step_has_its_own() -> None:
    budget = Budget(time.perf_counter())
    assert budget.left_ms == math.inf
    assert budget.step_ms(800.0, 60.0) == 800.0


def test_a_requests_time_is_all_of_it() -> None:
    budget = Budget(time.perf_counter() - 0.4, 1000.0)
    assert 560 < budget.left_ms <= 600
    assert 500 < budget.step_ms(99_999.0, 60.0) <= 540
    assert Budget(time.perf_counter() - 2.0, 1000.0).step_ms(99_999.0) == 0.0


@pytest.mark.parametrize("budget_ms", BUDGETS)
def test_however_little_time_there_is_the_list_comes_and_keeps_what_is_hard(
    make_agent: Any, budget_ms: int
) -> None:
    reply = turn(make_agent(willing(), capable=True), "westerns made before 1960", budget_ms=budget_ms)
    assert shown(reply) == ["f5"]
    assert reply.text


def test_what_is_left_out_is_told_prose_first(make_agent: Any) -> None:
    chat = willing()
    reply = turn(make_agent(chat, capable=True), budget_ms=1)
    assert shown(reply)
    assert not chat.asked
    told = " ".join(reply.degraded)
    assert re.search(
        r"propose, calls, prose: ScriptedChat was not asked, no time was left; raise budget_ms", told
    )
    assert "rerank" in told
    assert "budget_ms 1 is spent" in told
    assert " 0 ms" not in told


def test_with_time_nothing_is_left_out(make_agent: Any) -> None:
    assert not [line for line in turn(make_agent(), budget_ms=60_000).degraded if "left" in line]


def test_a_slow_tool_is_not_waited_for_and_named(make_agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast("dict[str, Tool]", act.TOOLS), "search", _slow())
    agent = make_agent()
    turn(agent)
    started = time.perf_counter()
    reply = turn(agent, budget_ms=500)
    assert time.perf_counter() - started < 1.5
    assert shown(reply)
    assert any(line.startswith("tool search: not done within ") for line in reply.degraded)


def test_a_slow_model_is_given_up_at_its_scenes_time(make_agent: Any, reader: Reader) -> None:
    class Slow(ScriptedChat):
        async def _astream(self, *given: Any, **options: Any) -> AsyncIterator[Any]:
            await asyncio.sleep(30)
            yield

        async def _agenerate(self, *given: Any, **options: Any) -> Any:
            await asyncio.sleep(30)

    watch = reader.scenes["watch"].model_copy(update={"model_ms": 300})
    hurried = replace(reader, scenes={**reader.scenes, "watch": watch})
    started = time.perf_counter()
    reply = turn(make_agent(Slow(answers=[]), capable=True, using=hurried))
    assert time.perf_counter() - started < 2.0
    assert shown(reply)
    assert "ran out of its time; raise budget_ms" in reply.degraded[0]


def _slow() -> Tool:
    @tool
    def search(context: Context, query: str, constraints: tuple[Any, ...] = (), limit: int = 100) -> Found:
        """Find items, slowly, by the words that are given."""
        time.sleep(1.0)
        return Found()

    return search
