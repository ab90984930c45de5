"""Retries, time limits, counts and errors around scripted and hosted models."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage
from pydantic import BaseModel, SecretStr

from handpicked.agent.llm.factory import chat_model
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.llm.scripted import ScriptedChat
from handpicked.agent.settings import Settings
from handpicked.tools.errors import BudgetExceeded, ModelError
from handpicked.tools.types import ToolCall


@dataclass
class Answer:
    """What the server sends: a status, and a JSON body, server-sent events, or raw bytes."""

    status: int = 200
    body: Any = None
    events: list[Any] = field(default_factory=list[Any])
    raw: bytes | None = None
    delay_s: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass
class Server:
    """Answers requests in order (the last answer again and again) and keeps their bodies and keys."""

    url: str
    answers: list[Answer] = field(default_factory=list[Answer])
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    keys: list[str] = field(default_factory=list[str])

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server on a free loopback port."""
    stop = threading.Event()
    http = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    state = Server(f"http://127.0.0.1:{http.server_address[1]}/v1")
    http.RequestHandlerClass = _handler(state, stop)
    thread = threading.Thread(target=lambda: http.serve_forever(poll_interval=0.01))
    thread.start()
    yield state
    stop.set()
    http.shutdown()
    thread.join()
    http.server_close()


def chunk(delta: Mapping[str, Any], finish: str | None = None, usage: Mapping[str, int] | None = None) -> Any:
    """One event of a streamed completion."""
    choices = [{"index": 0, "delta": dict(delta), "finish_reason": finish}]
    event = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": choices}
    return {**event, "usage": dict(usage)} if usage else event


def completion(message: Mapping[str, Any], finish: str = "stop") -> Any:
    """A whole completion."""
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
    }


def _handler(state: Server, stop: threading.Event) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            state.bodies.append(json.loads(self.rfile.read(length)))
            state.keys.append(self.headers.get("authorization", ""))
            answer = state.next()
            stop.wait(answer.delay_s)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "text/event-stream" if answer.events else "application/json")
            self.send_header("connection", "close")
            self.end_headers()
            try:
                self._send(answer)
            except OSError:
                return  # the client went away, which is what some tests do

        def _send(self, answer: Answer) -> None:
            for event in answer.events:
                if isinstance(event, float):
                    stop.wait(event)
                    continue
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()
            if answer.events:
                self.wfile.write(b"data: [DONE]\n\n")
            else:
                self.wfile.write(answer.raw if answer.raw is not None else json.dumps(answer.body).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


T = TypeVar("T")
_ASK: list[BaseMessage] = [HumanMessage("hello")]
_HELLO = [chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"}), chunk({}, "stop")]
_COUNTS: Any = {
    **chunk({}),
    "choices": [],
    "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9},
}


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
    server.answers = [Answer(events=[*_HELLO, _COUNTS])]

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
    assert server.keys == ["Bearer k1"]


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
    ("status", "fix"), [(401, "HANDPICKED_MODEL_KEY"), (404, "HANDPICKED_MODEL_URL"), (400, "supports tools")]
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
    server.answers = [Answer(events=_HELLO, delay_s=5)]
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
    call = {"id": "c9", "type": "function", "function": {"name": "search", "arguments": '{"query": "dogs"}'}}
    server.answers = [Answer(body=completion({"content": None, "tool_calls": [call]}, "tool_calls"))]
    called = _run(_client(server).call_tools(_ASK, [search], "any"))
    assert called.calls == (ToolCall("search", {"query": "dogs"}, "c9"),)
    assert (called.usage.prompt_tokens, called.usage.evaluated_tokens) == (11, 11)
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
    server.answers = [Answer(events=_HELLO, delay_s=5)]

    async def cancel() -> None:
        task = asyncio.create_task(_client(server, retries=3).text(_ASK))
        while not server.bodies:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    _run(cancel())
    assert len(server.bodies) == 1
