"""A hosted model that misbehaves, in every way that one can, through whole turns with the real client: the list is the
one without a model, it costs no more than the turn's time, and the reply says what happened and what to do."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from handpicked.agent.llm.factory import chat_model
from handpicked.agent.settings import Settings
from handpicked.agent.types import Reply, Request
from handpicked.eval.openai_server import Answer, Asked, Script, Server, chunk, failing, say
from handpicked.tools.types import ToolResult

RAMBLING = "and then there was another film about it " * 1_250  # 10,000 tokens
_FACTS = re.compile(r"Title: (.*)\nKind: (.*)")


def script(**answers: Script) -> Callable[[Asked], Answer]:
    """Answers by what is asked for: `calls`, `names` (proposals) or `prose`; what isn't given is well behaved."""

    def answer(asked: Asked) -> Answer:
        kind = "names" if asked.wants_json else "calls" if asked.tools else "prose"
        chosen = (
            answers.get(kind) or {"names": say('{"titles": []}'), "calls": say("done"), "prose": _prose}[kind]
        )
        return chosen(asked) if callable(chosen) else chosen

    return answer


def _prose(asked: Asked) -> Answer:
    title, kind = _FACTS.findall(asked.body["messages"][-1]["content"])[0]
    return say(f"{title} is a {kind}.")(asked)


def everywhere(answer: Script) -> Callable[[Asked], Answer]:
    return script(calls=answer, names=answer, prose=answer)


def _date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def _cut(**said: Any) -> Callable[[Asked], Answer]:
    """An answer whose connection breaks in the middle."""

    def answer(asked: Asked) -> Answer:
        whole = say(**said)(asked)
        return Answer(
            events=whole.events[:4], body=whole.body, raw=None if asked.streams else b'{"ch', cut=True
        )

    return answer


def _endless() -> Callable[[Asked], Answer]:
    return script(calls=say(calls=[("lookup", {"title": "Robot Picnic"})]))


MISBEHAVIOURS: Mapping[str, tuple[Callable[[], Callable[[Asked], Answer]], str]] = {
    "429 for an hour": (
        lambda: everywhere(failing(429, "slow down", {"retry-after": "3600"})),
        r"answered 429: .*slow down.*quota.*3600 s of patience",
    ),
    "429 until a date": (
        lambda: everywhere(failing(429, "slow down", {"retry-after": _date(600)})),
        r"answered 429: .*slow down.*quota.* s of patience",
    ),
    "500": (
        lambda: everywhere(failing(500, "out of memory")),
        r"answered 500: .*out of memory.*try again later",
    ),
    "401": (lambda: everywhere(failing(401, "bad key")), r"answered 401: .*HANDPICKED_MODEL_KEY"),
    "no tools": (
        lambda: script(
            calls=failing(400, "tools are not supported"), names=failing(400, "tools are not supported")
        ),
        r"answered 400: .*HANDPICKED_TOOL_LOOP=off",
    ),
    "hang": (lambda: everywhere(Answer(hang_s=30.0, body={})), r"ran out of its time; raise budget_ms"),
    "cut": (lambda: everywhere(_cut(text="The film that I mean is")), r"broke off its answer; .*log"),
    "cut in a call": (
        lambda: script(calls=_cut(calls=[("search", {"query": "robots that are kind to people"})])),
        r"broke off its answer; .*log",
    ),
    "web page": (lambda: everywhere(Answer(raw=b"<html>hello</html>")), r"gave an answer that can't be read"),
    "bad JSON": (
        lambda: script(calls=say(calls=[("search", '{"query": "rob')])),
        r"1 of the calls of tiny fail \(search: its arguments are not JSON.*HANDPICKED_TOOL_LOOP=off",
    ),
    "bad arguments": (
        lambda: script(calls=say(calls=[("search", {"query": 7, "limit": "many"})])),
        r"1 of the calls of tiny fail \(search: bad arguments for 'search': query.*HANDPICKED_TOOL_LOOP=off",
    ),
    "unknown tool": (
        lambda: script(calls=say(calls=[("functions.serach", {"query": "robots"})])),
        r"1 of the calls of tiny fail \(functions\.serach: unknown tool 'functions\.serach'; known: .*search.*TOOL_LOOP=off",
    ),
    "ads": (
        lambda: script(calls=say(calls=[("ads", {})])),
        r"1 of the calls of tiny fail \(ads: unknown tool 'ads'",
    ),
    "unknown id": (
        lambda: script(calls=say(calls=[("similar", {"item_ids": ["tt0133093"]})])),
        r"1 of the calls of tiny fail \(similar: no item with id 'tt0133093'; use lookup.*TOOL_LOOP=off",
    ),
    "endless loop": (_endless, r"only repeated calls that were made already \(lookup\); .*TOOL_LOOP=off"),
    "refusal": (
        lambda: everywhere(say(refusal="I can't help with films.")),
        r"refused: \"I can't help with films.\"; .*another model",
    ),
    "refusal in words": (
        lambda: script(calls=say("I'm sorry, but I can't help with that.")),
        r"called no tool and said \"I'm sorry.*HANDPICKED_TOOL_LOOP=off",
    ),
    "refusal of prose in words": (
        lambda: script(prose=say("I’m sorry, but I can't help with that.")),
        r"refused in words .*HANDPICKED_MODEL",
    ),
    "empty": (lambda: script(calls=say("")), r"answered nothing; .*HANDPICKED_TOOL_LOOP=off"),
    "empty prose": (lambda: script(prose=say("")), r"answered nothing; .*HANDPICKED_MODEL"),
    "empty stream": (
        lambda: script(calls=Answer(events=[{"choices": []}])),
        r"answered nothing; .*HANDPICKED_TOOL_LOOP=off",
    ),
    "rambling": (lambda: script(calls=say(RAMBLING)), r"wrote \d+ tokens and no call; .*model_tokens.*"),
    "rambling prose": (
        lambda: script(prose=say(RAMBLING)),
        r"none of the \d sentences of tiny could be taken .*HANDPICKED_MODEL",
    ),
    "rambling names": (lambda: script(names=say(RAMBLING)), r"tiny.* can't be read|tiny gave no"),
}
ROBOTS = Request("a film with robots", k=5, budget_ms=1_500)


def items(reply: Reply) -> list[str]:
    return [item.item_id for ranked in reply.lists for item in ranked.items]


@pytest.fixture
def hosted(server: Server, make_agent: Any) -> Any:
    """An agent whose model is at the server."""
    model = chat_model(Settings(model="openai:tiny", model_url=server.url), lambda name: pytest.fail(name))
    return make_agent(model, capable=True, timeout_s=5.0)


@pytest.mark.parametrize("kind", MISBEHAVIOURS)
def test_a_model_that_misbehaves_costs_no_item_and_is_told_of(
    server: Server, hosted: Any, make_agent: Any, kind: str
) -> None:
    make, told = MISBEHAVIOURS[kind]
    server.answers = [make()]
    plain, without_s = _timed(make_agent())
    reply, with_s = _timed(hosted)
    assert with_s < without_s + 1.5 + 0.5, "the turn's time and what is made in any case"
    assert server.asked
    assert items(reply) == items(plain)
    assert reply.text
    assert len(reply.degraded) == 1, reply.degraded
    line = reply.degraded[0]
    assert "tiny" in line
    assert re.search(told, line), line


def _timed(agent: Any) -> tuple[Reply, float]:
    started = time.perf_counter()
    return asyncio.run(agent.turn(ROBOTS)), time.perf_counter() - started


def test_a_model_that_behaves_is_not_told_of(server: Server, hosted: Any) -> None:
    server.answers = [script()]
    reply = asyncio.run(hosted.turn(ROBOTS))
    assert reply.degraded == ()
    assert "Robot Picnic is a" in reply.text
    assert {"tools" in body for body in server.bodies} == {True, False}


@pytest.mark.parametrize("part", ["calls", "names", "prose"])
def test_a_client_that_goes_away_stops_the_models_work(server: Server, hosted: Any, part: str) -> None:
    server.answers = [script(**{part: Answer(hang_s=30.0, body={})})]

    def hanging() -> list[Asked]:
        kinds = {"calls": "tools", "names": "response_format"}
        return [a for a in server.asked if (kinds[part] in a.body if part in kinds else "tools" not in a.body
                                            and not a.wants_json)]  # fmt: skip

    async def leave() -> None:
        task = asyncio.create_task(hosted.turn(Request("a film with robots", k=5)))
        await _until(lambda: bool(hanging()))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await _until(lambda: bool(server.left))

    asyncio.run(leave())
    assert len(hanging()) == 1


def test_a_stream_that_is_closed_stops_the_models_work(server: Server, hosted: Any) -> None:
    server.answers = [script(calls=Answer(hang_s=30.0, body={}))]

    async def leave() -> None:
        events = hosted.stream(Request("a film with robots", k=5))
        async for event in events:
            if isinstance(event, ToolResult):
                break
        await _until(lambda: any(asked.tools for asked in server.asked))
        started = time.perf_counter()
        await events.aclose()
        await _until(lambda: bool(server.left))
        assert time.perf_counter() - started < 2.0, "sooner than its time would have ended it"

    asyncio.run(leave())


async def _until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(5.0):
        while not happened():
            await asyncio.sleep(0.01)


def test_a_model_that_is_slow_within_its_time_costs_only_time(server: Server, hosted: Any) -> None:
    server.answers = [script(calls=say("done", hang_s=0.3), names=say('{"titles": []}', hang_s=0.3))]
    started = time.perf_counter()
    reply = asyncio.run(hosted.turn(ROBOTS))
    assert time.perf_counter() - started > 0.3
    assert reply.degraded == ()


def test_calls_stream_in_and_titles_come_plain(server: Server, hosted: Any) -> None:
    server.answers = [
        script(
            calls=say(calls=[("search", {"query": "kind robots"}), ("similar", {"item_ids": ["f7"]})]),
            names=say('{"titles": [{"title": "Robot Picnic", "year": 1999}]}'),
        )
    ]
    reply = asyncio.run(hosted.turn(ROBOTS))
    made = [step.detail["tool"] for step in reply.trace if step.detail.get("by") == "model"]
    assert made[:2] == ["search", "similar"]
    assert items(reply)[0] == "f7"
    calls, names = (
        [asked for asked in server.asked if (wanted in asked.body)] for wanted in ("tools", "response_format")
    )
    assert calls[0].streams
    assert not names[0].streams
    assert names[0].body["response_format"]["json_schema"]["strict"] is True
    assert reply.usage.model == "tiny"


@pytest.mark.parametrize("ids", [("", ""), (None, None), ("x", "x")])
def test_calls_without_ids_of_their_own_get_their_results(
    server: Server, hosted: Any, ids: tuple[Any, Any]
) -> None:
    made = [{"index": n, "id": given, "type": "function", "function": {"name": "lookup", "arguments": text}}
            for n, (given, text) in enumerate(zip(ids, ('{"title": "Heat"}', '{"title": "Up"}'), strict=True))]  # fmt: skip
    first = Answer(
        events=[chunk({"role": "assistant"}), chunk({"tool_calls": made}), chunk({}, "tool_calls")]
    )

    def answer(asked: Asked) -> Answer:
        return first if len(asked.body["messages"]) == 2 else say("done")(asked)

    server.answers = [script(calls=answer)]
    assert asyncio.run(hosted.turn(ROBOTS)).degraded == ()
    last = next(asked for asked in reversed(server.asked) if asked.tools)
    results = [message["content"] for message in last.body["messages"] if message["role"] == "tool"]
    assert ["Heat" in results[0], "Up" in results[1]] == [True, True]


def test_a_server_that_was_never_there_costs_no_time(make_agent: Any) -> None:
    model = chat_model(
        Settings(model="openai:tiny", model_url="http://127.0.0.1:9/v1"), lambda name: pytest.fail(name)
    )
    reply = asyncio.run(make_agent(model, capable=True).turn(ROBOTS))
    assert items(reply)
    [line] = reply.degraded
    assert re.search(
        r"propose, calls, prose: tiny at http://127\.0\.0\.1:9/v1 can't be reached .*check that it runs", line
    )
