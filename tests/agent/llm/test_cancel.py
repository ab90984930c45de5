"""Stopping the local model, and sharing it between threads."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.messages import BaseMessage, HumanMessage

from handpicked.agent.llm.llamacpp import LlamaCppChat
from handpicked.tools.errors import ModelError

pytestmark = pytest.mark.model

_ASK: list[BaseMessage] = [HumanMessage("Name a film about space.")]
_LONG: list[BaseMessage] = [HumanMessage("Write a very long story about a lighthouse.")]


def test_closing_a_stream_stops_evaluation_and_frees_the_model(chat: LlamaCppChat) -> None:
    stream = chat.stream(_LONG, max_tokens=400)
    for _ in range(3):
        next(stream)
    stream.close()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] # a generator
    stopped = chat.engine.evaluated
    time.sleep(0.1)
    assert chat.engine.evaluated == stopped
    assert chat.invoke(_ASK, max_tokens=2).usage_metadata


def test_thread_with_an_open_stream_is_told_instead_of_hanging(chat: LlamaCppChat) -> None:
    stream = chat.stream(_LONG)
    next(stream)
    with pytest.raises(ModelError, match="unfinished stream"):
        chat.invoke(_ASK)
    assert list(stream)


@pytest.mark.parametrize("streaming", [True, False])
def test_cancelled_task_stops_evaluation_and_frees_the_model(chat: LlamaCppChat, streaming: bool) -> None:
    async def talk() -> None:
        if streaming:
            async for _ in chat.astream(_LONG, max_tokens=400):
                pass
        else:
            await chat.ainvoke(_LONG, max_tokens=400)

    async def cancelled() -> int:
        start = chat.engine.evaluated
        task = asyncio.create_task(talk())
        while chat.engine.evaluated < start + 45:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        at_cancel = chat.engine.evaluated
        await chat.ainvoke(_ASK, max_tokens=1, family="default")
        return chat.engine.evaluated - at_cancel

    prompt = chat.invoke(_ASK, max_tokens=1).response_metadata["prompt_tokens"]
    assert asyncio.run(cancelled()) <= prompt + 3


def test_leaving_an_async_loop_early_stops_evaluation(chat: LlamaCppChat) -> None:
    async def leave() -> int:
        stream = chat.astream(_LONG, max_tokens=400)
        async for _ in stream:
            break
        await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] # a generator
        await asyncio.sleep(0.1)
        stopped = chat.engine.evaluated
        await asyncio.sleep(0.1)
        return chat.engine.evaluated - stopped

    assert asyncio.run(leave()) == 0


def test_call_that_waits_for_the_model_can_be_cancelled(chat: LlamaCppChat) -> None:
    async def waiting() -> float:
        task = asyncio.create_task(chat.ainvoke(_ASK))
        await asyncio.sleep(0.05)
        started = time.perf_counter()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.perf_counter() - started

    stream = chat.stream(_LONG)
    next(stream)
    assert asyncio.run(waiting()) < 0.2
    assert list(stream)


def test_concurrent_calls_give_what_each_gives_alone(chat: LlamaCppChat) -> None:
    topics = ("space", "dogs", "love", "war")
    asked: list[list[BaseMessage]] = [[HumanMessage(f"Name one film about {topic}.")] for topic in topics]

    def alone(number: int) -> str:
        return str(chat.invoke(asked[number], max_tokens=16, family=f"f{number % 2}").text)

    expected: list[str] = []
    for number in range(4):
        chat.close()
        expected.append(alone(number))
    chat.close()
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(alone, range(4)))
    assert [text[:12] for text in got] == [text[:12] for text in expected]
