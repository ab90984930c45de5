"""A model that keeps failing is left alone, and asked again after a while."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from handpicked.agent.llm.breaker import Breaker
from handpicked.agent.llm.factory import chat_model
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.settings import Settings
from handpicked.agent.types import Request
from handpicked.eval.openai_server import Answer, Server, failing
from handpicked.tools.errors import BudgetExceeded, ModelError


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def broken(times: int, clock: Clock, wait_s: float = 0.0) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(times):
        breaker.failed("tiny is busy; wait", wait_s)
    return breaker


def test_a_few_failures_are_borne() -> None:
    broken(3, Clock()).check()


def test_more_in_a_row_are_not_and_the_last_one_is_told() -> None:
    with pytest.raises(
        ModelError, match=r"tiny is busy; wait \(failed 4 times in a row; asked again in 20 s\)"
    ):
        broken(4, Clock()).check()


def test_an_answer_in_between_starts_the_count_anew() -> None:
    breaker = broken(3, Clock())
    breaker.answered()
    breaker.failed("tiny is busy; wait")
    breaker.check()


def test_after_its_rest_a_model_has_one_try() -> None:
    clock = Clock()
    breaker = broken(4, clock)
    clock.now += 20.1
    breaker.check()
    breaker.failed("tiny is busy; wait")
    with pytest.raises(ModelError, match="5 times"):
        breaker.check()


@pytest.mark.parametrize(("asked", "rest"), [(5.0, 20.0), (60.0, 60.0), (3600.0, 120.0)])
def test_a_server_that_asks_for_longer_gets_it_up_to_a_limit(asked: float, rest: float) -> None:
    with pytest.raises(ModelError, match=f"again in {rest:.0f} s"):
        broken(4, Clock(), asked).check()


@pytest.mark.parametrize("answer", [failing(503, "busy"), Answer(hang_s=30.0, body={})])
def test_turns_stop_waiting_for_a_model_that_keeps_failing(
    server: Server, make_agent: Any, answer: Answer
) -> None:
    server.answers = [answer]
    model = chat_model(Settings(model="openai:tiny", model_url=server.url), lambda name: pytest.fail(name))
    agent = make_agent(model, capable=True)
    request = Request("a film with robots", budget_ms=1_500)
    asyncio.run(make_agent().turn(request))  # the first turn of all loads what it reads
    replies = [asyncio.run(agent.turn(request)) for _ in range(2)]
    asked, started = len(server.asked), time.perf_counter()
    reply = asyncio.run(agent.turn(request))
    assert time.perf_counter() - started < 1.0
    assert len(server.asked) == asked == 4
    assert "4 times in a row" in reply.degraded[0]
    assert [r.lists for r in replies] == [reply.lists] * 2


def test_calls_with_hardly_any_time_leave_the_model_to_others(server: Server) -> None:
    server.answers = [Answer(hang_s=30.0, body={})]
    model = chat_model(Settings(model="openai:tiny", model_url=server.url), lambda name: pytest.fail(name))
    assert model is not None
    client = ModelClient(model)
    for _ in range(5):
        with pytest.raises(BudgetExceeded):
            asyncio.run(client.text([HumanMessage("hello")], deadline_s=0.02))


def test_a_refused_request_is_not_counted(server: Server, make_agent: Any) -> None:
    server.answers = [failing(400, "no tools")]
    model = chat_model(Settings(model="openai:tiny", model_url=server.url), lambda name: pytest.fail(name))
    agent = make_agent(model, capable=True)
    for _ in range(4):
        assert "answered 400" in asyncio.run(agent.turn(Request("a film with robots"))).degraded[0]
