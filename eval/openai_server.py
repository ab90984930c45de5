"""A server on loopback that speaks OpenAI's chat completions, plain and streaming, by a script, and misbehaves by it.

It refuses what OpenAI's would refuse: a message history whose tool calls lack their results, bad names of tools."""

from __future__ import annotations

import json
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_PIECE = 7
_MOST_PIECES = 2_000
_POLL_S = 0.01


@dataclass(frozen=True)
class Asked:
    """A request as it came, its body read as JSON."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def streams(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def tools(self) -> list[str]:
        return [tool["function"]["name"] for tool in self.body.get("tools", [])]

    @property
    def wants_json(self) -> bool:
        return "response_format" in self.body


@dataclass(frozen=True)
class Answer:
    """What goes on the wire: a JSON body, server-sent events (a float among them is a pause in seconds), or raw
    bytes. With `cut` the connection breaks before the body is complete; a `hang_s` comes before the first byte."""

    status: int = 200
    body: Any = None
    events: Sequence[Any] = ()
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    hang_s: float = 0.0
    cut: bool = False
    done: bool = True


Script = Answer | Callable[[Asked], Answer]


@dataclass
class Server:
    """Answers by `answers` in order, the last again and again; keeps what was asked, and what was given up."""

    url: str
    answers: list[Script] = field(default_factory=list[Script])
    asked: list[Asked] = field(default_factory=list[Asked])
    left: list[Asked] = field(default_factory=list[Asked])
    """Requests whose client went away before the answer was complete."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bodies(self) -> list[Mapping[str, Any]]:
        return [asked.body for asked in self.asked]

    def next(self, asked: Asked) -> Answer:
        with self.lock:
            self.asked.append(asked)
            script = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if wrong := refused(asked.body):
            return failing(400, wrong)
        return script(asked) if callable(script) else script


def say(
    text: str = "",
    *,
    calls: Sequence[tuple[str, Mapping[str, Any] | str]] = (),
    refusal: str = "",
    finish: str | None = None,
    **wire: Any,
) -> Callable[[Asked], Answer]:
    """An answer in the form that the request asks for. A call's arguments are an object, or text sent as it is."""

    def answer(asked: Asked) -> Answer:
        message: dict[str, Any] = {"content": text or None, "refusal": refusal or None}
        if calls:
            message["tool_calls"] = [_call(number, *call) for number, call in enumerate(calls)]
        reason = finish or ("tool_calls" if calls else "stop")
        if not asked.streams:
            return Answer(body=completion(message, reason), **wire)
        return Answer(events=list(_streamed(asked, message, reason)), **wire)

    return answer


def failing(status: int, message: str = "no", headers: Mapping[str, str] | None = None) -> Answer:
    """An error as OpenAI words it."""
    return Answer(
        status, {"error": {"message": message, "type": "error", "code": None}}, headers=headers or {}
    )


def completion(message: Mapping[str, Any], finish: str = "stop") -> dict[str, Any]:
    """A whole completion."""
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
    }


def chunk(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One event of a streamed completion."""
    choices = [{"index": 0, "delta": dict(delta), "finish_reason": finish}]
    event = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": choices}
    return event | more


USAGE: dict[str, Any] = chunk({}) | {
    "choices": [],
    "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9},
}
"""The last event where the request asks for counts."""


def refused(body: Mapping[str, Any]) -> str | None:
    """Why OpenAI would answer 400, or None."""
    for tool in body.get("tools", []):
        if not _NAME.fullmatch(tool["function"]["name"]):
            return f"'{tool['function']['name']}' does not match '^[a-zA-Z0-9_-]+$'"
    open_ids: list[str] = []
    for number, message in enumerate(body["messages"]):
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_ids:
                return (
                    f"messages[{number}]: 'tool' must be a response to a preceding message with 'tool_calls'"
                )
            open_ids.remove(message["tool_call_id"])
        elif open_ids:
            return f"messages[{number}]: tool_call_ids did not have response messages: {', '.join(open_ids)}"
        for call in message.get("tool_calls", []):
            json.loads(call["function"]["arguments"])  # as the chat templates of vLLM and llama-server do
            open_ids.append(call["id"])
    return f"tool_call_ids did not have response messages: {', '.join(open_ids)}" if open_ids else None


@contextmanager
def serving() -> Generator[Server]:
    """A running server on a free port."""
    stop = threading.Event()
    http = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    state = Server(f"http://127.0.0.1:{http.server_address[1]}/v1")
    http.RequestHandlerClass = _handler(state, stop)
    thread = threading.Thread(target=lambda: http.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield state
    finally:
        stop.set()
        http.shutdown()
        thread.join()
        http.server_close()


def _call(number: int, name: str, arguments: Mapping[str, Any] | str) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": f"call_{number}_{name}", "type": "function", "function": {"name": name, "arguments": text}}


def _streamed(asked: Asked, message: Mapping[str, Any], finish: str) -> Iterator[dict[str, Any]]:
    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for name in ("content", "refusal"):
        for piece in _pieces(message[name] or ""):
            yield chunk({name: piece})
    for index, call in enumerate(message.get("tool_calls", [])):
        given = call["function"]
        yield chunk({"tool_calls": [call | {"index": index, "function": given | {"arguments": ""}}]})
        for piece in _pieces(given["arguments"]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, finish)
    options: Mapping[str, Any] = asked.body.get("stream_options") or {}
    if options.get("include_usage"):
        yield USAGE


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces as models send them; a very long one in `_MOST_PIECES`, since thousands cost a busy machine seconds."""
    size = max(_PIECE, len(text) // _MOST_PIECES)
    return (text[start : start + size] for start in range(0, len(text), size))


def _handler(state: Server, stop: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked = Asked(body, {name.lower(): value for name, value in self.headers.items()})
            answer = state.next(asked)
            self.close_connection = True
            try:
                self._wait(answer.hang_s)
                self._send(answer)
            except OSError:
                state.left.append(asked)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "text/event-stream" if answer.events else "application/json")
            self.send_header("transfer-encoding", "chunked")
            self.send_header("connection", "close")
            self.end_headers()
            for part in _parts(answer):
                if isinstance(part, bytes):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                    self.wfile.flush()
                else:
                    self._wait(part)
            if not answer.cut:
                self.wfile.write(b"0\r\n\r\n")

        def _wait(self, seconds: float) -> None:
            """Wait, but no longer than the client does."""
            ends = time.monotonic() + seconds
            while time.monotonic() < ends and not stop.is_set():
                readable, _, _ = select.select([self.connection], [], [], _POLL_S)
                if readable and not self.connection.recv(1, socket.MSG_PEEK):
                    raise ConnectionResetError

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def _parts(answer: Answer) -> Iterator[bytes | float]:
    for event in answer.events:
        yield event if isinstance(event, float) else b"data: " + json.dumps(event).encode() + b"\n\n"
    if answer.events:
        if answer.done and not answer.cut:
            yield b"data: [DONE]\n\n"
    elif content := answer.raw if answer.raw is not None else json.dumps(answer.body).encode():
        yield content
