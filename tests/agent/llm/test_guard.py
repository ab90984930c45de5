"""Retries, time limits, counts and errors around scripted and hosted models."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, TypeVar

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import BaseModel, SecretStr

from handpicked.agent.llm import failures
from handpicked.agent.llm.factory import chat_model
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.llm.scripted import ScriptedChat
from handpicked.agent.settings import Settings
from handpicked.eval.openai_server import USAGE, Answer, Asked, Server, chunk, completion, failing, say
from handpicked.tools.errors import BudgetExceeded, ModelError
from handpicked.tools.types import ToolCall

T = TypeVar("T")
_ASK: list[BaseMessage] = [HumanMessage("hello")]
_HELLO = [chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"}), chunk({}, "stop")]


def search(query: str) -> str:
    """Search films."""
    return query


class _Pick(BaseModel):
    n: int


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _client(server: Server, *, retries: int = 0, timeout_s: float = 5.0) -> ModelClient:
    settings = Settings(
        model="openai:tiny", model_url=server.url, model_key=SecretStr("k1"), model_timeout_s=timeout_s
    )
    model = chat_model(settings, lambda name: pytest.fail(f"asked for {name}"))
    assert isinstance(model, BaseChatModel)
    return ModelClient(model, timeout_s=timeout_s, retries=retries)


def test_stream_gives_pieces_then_counts(server: Server) -> None:
    server.answers = [Answer(events=[*_HELLO, USAGE])]

    async def talk() -> tuple[list[str], Any]:
        stream = _client(server).stream(_ASK, max_tokens=9, seed=3, family="compose", stop=["END"])
        return [piece async for piece in stream], stream.written

    pieces, written = _run(talk())
    assert pieces == ["Hel", "lo"]
    assert (written.text, written.finish) == ("Hello", "stop")
    assert (written.usage.model, written.usage.prompt_tokens, written.usage.completion_tokens) == (
        "tiny",
        7,
        2,
    )
    assert written.usage.ms > 0
    assert not written.usage.estimated


def test_only_options_that_the_provider_knows_are_sent(server: Server) -> None:
    server.answers = [Answer(events=_HELLO)]
    _run(_client(server).text(_ASK, max_tokens=9, seed=3, family="compose", stop=["END"]))
    (body,) = server.bodies
    assert (body["max_tokens"], body["seed"], body["stop"]) == (9, 3, ["END"])
    assert "family" not in body
    assert server.asked[0].headers["authorization"] == "Bearer k1"


def test_counts_are_estimated_when_the_server_gives_none(server: Server) -> None:
    server.answers = [Answer(events=_HELLO)]
    written = _run(_client(server).text(_ASK))
    assert written.text == "Hello"
    assert written.usage.estimated


@pytest.mark.parametrize("status", [429, 500, 503])
def test_failure_that_may_pass_is_tried_again(server: Server, status: int) -> None:
    server.answers = [Answer(status=status, body={"error": {"message": "busy"}}), Answer(events=_HELLO)]
    assert _run(_client(server, retries=1).text(_ASK)).text == "Hello"
    assert len(server.bodies) == 2


def test_tries_are_counted_once_and_not_multiplied(server: Server) -> None:
    server.answers = [Answer(status=500, body={"error": {"message": "broken"}})]
    with pytest.raises(ModelError, match=rf"tiny at {server.url} answered 500"):
        _run(_client(server, retries=2).text(_ASK))
    assert len(server.bodies) == 3


@pytest.mark.parametrize(
    ("status", "fix"),
    [(401, "HANDPICKED_MODEL_KEY"), (404, "HANDPICKED_MODEL_URL"), (400, "HANDPICKED_TOOL_LOOP=off")],
)
def test_failure_that_stays_is_not_tried_again_and_names_the_fix(
    server: Server, status: int, fix: str
) -> None:
    server.answers = [Answer(status=status, body={"error": {"message": "no"}})]
    with pytest.raises(ModelError, match=rf"tiny .* answered {status}.*{fix}"):
        _run(_client(server, retries=2).text(_ASK))
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(raw=b"<html>hello</html>"),
        Answer(raw=b""),
        Answer(body={"choices": None}),
        Answer(body={"choices": []}),
        Answer(body=[1]),
        Answer(body={"error": {"message": "hidden in a 200"}}),
    ],
)
def test_answer_that_is_no_completion_is_a_model_error(server: Server, answer: Answer) -> None:
    server.answers = [answer]
    with pytest.raises(ModelError, match="tiny"):
        _run(_client(server).call_tools(_ASK, [search]))


@pytest.mark.parametrize(
    "events", [[{"error": {"message": "boom"}}], ["nonsense"], [{"choices": [{"delta": None}]}]]
)
def test_stream_that_is_no_completion_is_a_model_error(server: Server, events: list[Any]) -> None:
    server.answers = [Answer(events=events)]
    with pytest.raises(ModelError, match="tiny"):
        _run(_client(server).text(_ASK))


def test_server_that_is_not_there_is_a_model_error() -> None:
    nobody = Server("http://127.0.0.1:9/v1")
    with pytest.raises(ModelError, match=r"can't be reached.*check that it runs"):
        _run(_client(nobody).text(_ASK))


def test_slow_server_runs_into_the_timeout(server: Server) -> None:
    server.answers = [Answer(events=_HELLO, hang_s=5)]
    with pytest.raises(ModelError, match="didn't answer in time"):
        _run(_client(server, timeout_s=0.2).text(_ASK))


def test_deadline_bounds_the_whole_call_and_keeps_what_was_said(server: Server) -> None:
    server.answers = [Answer(events=[_HELLO[0], 5.0, *_HELLO[1:]])]

    async def talk() -> str:
        stream = _client(server, retries=3).stream(_ASK, deadline_s=0.5)
        with pytest.raises(BudgetExceeded, match="tiny ran out of its time"):
            async for _ in stream:
                pass
        return stream.written.text

    assert _run(talk()) == "Hel"
    assert len(server.bodies) == 1


def test_tools_are_called_over_the_wire(server: Server) -> None:
    server.answers = [say(calls=[("search", {"query": "dogs"}), ("search", {"query": "cats"})])]
    called = _run(_client(server).call_tools(_ASK, [search], "any"))
    assert called.calls == (
        ToolCall("search", {"query": "dogs"}, "call_0_search"),
        ToolCall("search", {"query": "cats"}, "call_1_search"),
    )
    assert (called.usage.prompt_tokens, called.usage.evaluated_tokens) == (7, 7)
    assert server.bodies[0]["tool_choice"] == "required"


def test_structured_output_over_the_wire(server: Server) -> None:
    server.answers = [
        Answer(body=completion({"content": '{"n": 3}'})),
        Answer(body=completion({"content": "three"})),
    ]
    client = _client(server)
    assert _run(client.structured(_ASK, _Pick, max_tokens=5)).value == _Pick(n=3)
    assert server.bodies[0]["max_tokens"] == 5
    assert server.bodies[0]["response_format"]["type"] == "json_schema"
    with pytest.raises(ModelError, match="tiny"):
        _run(client.structured(_ASK, _Pick))


def test_hosted_model_says_that_it_scores_no_labels(server: Server) -> None:
    with pytest.raises(ModelError, match="can't score labels"):
        _run(_client(server).score_labels(_ASK, ["a"]))


def test_scripted_model_gets_every_option() -> None:
    chat = ScriptedChat(
        answers=["Hello", ("search", {"query": "x"}), _Pick(n=1)], scores=lambda _, labels: [0.0]
    )
    client = ModelClient(chat)
    assert _run(client.text(_ASK, family="compose", seed=1)).text == "Hello"
    assert _run(client.call_tools(_ASK, [search])).calls[0].name == "search"
    assert _run(client.structured(_ASK, _Pick, family="read")).value == _Pick(n=1)
    assert _run(client.score_labels(_ASK, ["a"], family="read")).scores == (0.0,)
    assert [asked.options.get("family") for asked in chat.asked] == ["compose", None, "read", "read"]


def test_error_of_a_model_passes_unchanged_and_is_not_tried_again() -> None:
    chat = ScriptedChat(answers=[ModelError("file is gone")])
    with pytest.raises(ModelError, match=r"^file is gone$"):
        _run(ModelClient(chat, retries=3).text(_ASK))
    chat.assert_done()


def test_closing_a_stream_closes_the_model(server: Server) -> None:
    server.answers = [Answer(events=[_HELLO[0], 0.3, *_HELLO[1:]])]

    async def leave() -> str:
        stream = _client(server).stream(_ASK)
        async for _ in stream:
            break
        await stream.aclose()
        return stream.written.text

    assert _run(leave()) == "Hel"


def test_cancelled_call_is_not_tried_again(server: Server) -> None:
    server.answers = [Answer(events=_HELLO, hang_s=5)]

    async def cancel() -> None:
        task = asyncio.create_task(_client(server, retries=3).text(_ASK))
        while not server.bodies:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    _run(cancel())
    assert len(server.bodies) == 1


def _date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("wait", ["1", "date"])
def test_a_server_that_asks_for_patience_gets_it(server: Server, wait: str) -> None:
    headers = {"retry-after": _date(2) if wait == "date" else wait}
    server.answers = [failing(429, "slow down", headers), Answer(events=_HELLO)]
    started = time.perf_counter()
    assert _run(_client(server, retries=1).text(_ASK)).text == "Hello"
    assert 0.9 < time.perf_counter() - started < 3.5


@pytest.mark.parametrize("wait", ["3600", "date"])
def test_a_server_that_asks_for_more_patience_than_there_is_isnt_asked_again(
    server: Server, wait: str
) -> None:
    server.answers = [failing(429, "slow down", {"retry-after": _date(3600) if wait == "date" else wait})]
    with pytest.raises(ModelError, match=r"answered 429: .*slow down.*quota.*; it asks for 3[56]\d\d s"):
        _run(_client(server, retries=2).text(_ASK))
    with pytest.raises(ModelError, match="answered 429"):
        _run(_client(server, retries=2).text(_ASK, deadline_s=0.3))
    assert len(server.asked) == 2


def test_a_stream_that_never_waits_is_ended_by_its_deadline() -> None:
    class Gushing(ScriptedChat):
        async def _astream(self, *given: Any, **options: Any) -> AsyncIterator[ChatGenerationChunk]:
            for _ in range(400):  # 2 s, in which the event loop is never asked
                time.sleep(0.005)  # noqa: ASYNC251  a stream whose pieces are all there is as busy
                yield ChatGenerationChunk(message=AIMessageChunk(content="and then "))

    pieces: list[str] = []

    async def talk() -> None:
        async for piece in ModelClient(Gushing(answers=[])).stream(_ASK, deadline_s=0.1):
            pieces.append(piece)

    with pytest.raises(BudgetExceeded, match="ran out of its time"):
        _run(talk())
    assert 0 < len(pieces) <= 20


def test_the_log_says_what_failed_where_the_failure_has_no_words(caplog: pytest.LogCaptureFixture) -> None:
    class Mute(ScriptedChat):
        async def _astream(self, *given: Any, **options: Any) -> AsyncIterator[ChatGenerationChunk]:
            await asyncio.sleep(30)
            yield ChatGenerationChunk(message=AIMessageChunk(content=""))

    with pytest.raises(ModelError, match="didn't answer in time"):
        _run(ModelClient(Mute(answers=[]), timeout_s=0.05, retries=1).text(_ASK))
    assert "failed (TimeoutError), try 2 follows" in caplog.text


def test_a_failure_near_the_deadline_is_told_and_not_the_deadline(server: Server) -> None:
    server.answers = [failing(500, "out of memory")]
    with pytest.raises(ModelError, match=r"answered 500: .*out of memory"):
        _run(_client(server, retries=5).text(_ASK, deadline_s=0.3))


def test_a_connection_cut_in_mid_stream_is_a_model_error(server: Server) -> None:
    server.answers = [Answer(events=_HELLO[:2], cut=True)]
    with pytest.raises(ModelError, match=rf"tiny at {server.url} broke off its answer"):
        _run(_client(server, retries=2).text(_ASK))
    assert len(server.asked) == 1, "a part of it was said, so it is too late to try again"


def test_a_connection_cut_before_anything_was_said_is_tried_again(server: Server) -> None:
    server.answers = [Answer(events=[chunk({"role": "assistant"})], cut=True), Answer(events=_HELLO)]
    assert _run(_client(server, retries=1).text(_ASK)).text == "Hello"


def test_calls_that_were_complete_when_the_connection_was_cut_count(server: Server) -> None:
    def two_and_a_half(asked: Asked) -> Answer:
        whole = say(calls=[("search", {"query": q}) for q in ("dogs", "cats", "a very long question")])(asked)
        return Answer(events=whole.events[:-5], cut=True)

    server.answers = [two_and_a_half]
    called = _run(_client(server).call_tools(_ASK, [search]))
    assert [call.arguments["query"] for call in called.calls] == ["dogs", "cats"]
    assert [broken.name for broken in called.broken] == ["search"]
    assert "broke off" in str(called.cut)


@pytest.mark.parametrize("arguments", ['{"query": "do', "[1]", '"dogs"', "query=dogs"])
def test_arguments_that_are_no_json_object_are_told_apart_and_not_mended(
    server: Server, arguments: str
) -> None:
    server.answers = [say(calls=[("search", arguments), ("search", {"query": "cats"})])]
    called = _run(_client(server).call_tools(_ASK, [search]))
    assert [call.arguments for call in called.calls] == [{"query": "cats"}]
    assert [(b.written, b.call_id) for b in called.broken] == [(arguments, "call_0_search")]


@pytest.mark.parametrize("call", ["text", "call_tools", "structured"])
def test_a_refusal_is_a_model_error_that_quotes_it(server: Server, call: str) -> None:
    server.answers = [say(refusal="I won't help with that.")]
    client = _client(server)
    asking: dict[str, Any] = {
        "text": lambda: client.text(_ASK),
        "call_tools": lambda: client.call_tools(_ASK, [search]),
        "structured": lambda: client.structured(_ASK, _Pick),
    }
    with pytest.raises(
        ModelError, match=r"tiny at .* refused: \"I won't help with that\.\"; .*another model"
    ):
        _run(asking[call]())


def test_an_answer_stopped_by_a_filter_is_a_model_error(server: Server) -> None:
    server.answers = [say("Hel", finish="content_filter")]
    with pytest.raises(ModelError, match="content filter"):
        _run(_client(server).text(_ASK))


def test_a_model_that_writes_past_its_tokens_is_stopped(server: Server) -> None:
    server.answers = [say("and so on " * 1_000)]
    written = _run(_client(server).text(_ASK, max_tokens=20))
    assert written.finish == "length"
    assert len(written.text) < 20 * 8 + 20


def test_a_password_in_the_url_is_not_told() -> None:
    assert failures.place("tiny", "https://me:secret@host/v1") == "tiny at https://host/v1"
