"""What a model answered, and what it cost, read from LangChain's messages."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import orjson
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCallChunk

from handpicked.agent import types
from handpicked.tools.types import Json, ToolCall

T = TypeVar("T")
_CHARS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call cost. `evaluated_tokens` of the prompt's were not in a cache; `estimated` when the provider gave no
    counts and they are the text's length over four."""

    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    ms: float = 0.0
    evaluated_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.model,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.ms + other.ms,
            self.evaluated_tokens + other.evaluated_tokens,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Written:
    """A text answer. `finish` is the provider's reason: `stop`, `length`, .."""

    text: str
    finish: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Broken:
    """A call whose arguments are no JSON object: what was written, and what is wrong with it."""

    name: str
    written: str
    call_id: str
    error: str


@dataclass(frozen=True, slots=True)
class Called:
    """Tool calls that the model makes, or the text that it says instead. `finish` is the provider's reason; `cut` says
    what broke the answer off after the calls that are here."""

    calls: tuple[ToolCall, ...]
    text: str
    usage: Usage
    broken: tuple[Broken, ...] = ()
    finish: str = ""
    cut: str | None = None


@dataclass(frozen=True, slots=True)
class Structured(Generic[T]):
    """An answer read as what was asked for."""

    value: T
    usage: Usage


@dataclass(frozen=True, slots=True)
class Scored:
    """One log-likelihood for each label."""

    scores: tuple[float, ...]
    usage: Usage


class Said:
    """What a stream has given so far; `size` is in characters, those of calls' arguments among them."""

    def __init__(self, model: str, messages: Sequence[BaseMessage]) -> None:
        self.size = 0
        self.finish = ""
        self._chunks: list[AIMessage] = []
        self._model = model
        self._messages = messages
        self._started = time.perf_counter()

    def add(self, chunk: AIMessage) -> str:
        self._chunks.append(chunk)
        self.finish = str(chunk.response_metadata.get("finish_reason") or self.finish)
        text = str(chunk.text)
        parts = chunk.tool_call_chunks if isinstance(chunk, AIMessageChunk) else chunk.tool_calls
        self.size += len(text) + sum(len(str(part["args"] or part["name"])) for part in parts)
        return text

    def message(self) -> AIMessage:
        """The whole of it."""
        parts = [chunk for chunk in self._chunks if isinstance(chunk, AIMessageChunk)]
        if not parts:
            return self._chunks[-1] if self._chunks else AIMessage(content="")
        return parts[0] + parts[1:] if parts[1:] else parts[0]

    def calls(self) -> tuple[tuple[ToolCall, ...], tuple[Broken, ...]]:
        """The calls whose arguments are complete, and those that are not what they should be.

        LangChain mends JSON that was cut off; a call that lost its end would run as another one."""
        message = self.message()
        if not isinstance(message, AIMessageChunk):
            return tuple(ToolCall(c["name"], c["args"], c["id"] or "") for c in message.tool_calls), ()
        read = [_read(part) for part in message.tool_call_chunks]
        calls = tuple(call for call in read if isinstance(call, ToolCall))
        return calls, tuple(call for call in read if isinstance(call, Broken))

    def written(self) -> Written:
        text = "".join(str(chunk.text) for chunk in self._chunks)
        counted = [chunk for chunk in self._chunks if chunk.usage_metadata]
        message = counted[-1] if counted else AIMessageChunk(content=text)
        usage = usage_of(self._model, message, self._messages, self._started, text)
        return Written(text, self.finish or "unfinished", usage)


def _read(part: ToolCallChunk) -> ToolCall | Broken:
    name, text, call_id = part["name"] or "", part["args"] or "{}", part["id"] or ""
    try:
        arguments = orjson.loads(text)  # stricter than `json`: no NaN, no numbers that JSON can't take back
    except orjson.JSONDecodeError as err:
        return Broken(name, text, call_id, f"its arguments are not JSON ({err})")
    if not isinstance(arguments, dict):
        return Broken(name, text, call_id, "its arguments are not a JSON object")
    return ToolCall(name, cast("Mapping[str, Json]", arguments), call_id)


def usage_of(
    model: str, message: AIMessage, messages: Sequence[BaseMessage], started: float, text: str | None = None
) -> Usage:
    """What a call cost, as its provider counted it; by the length of the text where it didn't."""
    counts = message.usage_metadata
    if counts is None:
        asked = estimate(messages)
        said = len(str(message.text) if text is None else text) // _CHARS_A_TOKEN
        return Usage(model, asked, said, elapsed_ms(started), asked, estimated=True)
    cached = counts.get("input_token_details", {}).get("cache_read") or 0
    asked = counts["input_tokens"]
    evaluated = message.response_metadata.get("evaluated_tokens", asked - cached)
    return Usage(model, asked, counts["output_tokens"], elapsed_ms(started), evaluated)


def estimate(messages: Sequence[BaseMessage]) -> int:
    """The tokens of messages, by their length."""
    return sum(len(str(message.text)) for message in messages) // _CHARS_A_TOKEN


def elapsed_ms(started: float) -> float:
    """Milliseconds since then (`time.perf_counter`)."""
    return (time.perf_counter() - started) * 1000


def cost(usage: Usage) -> types.Usage:
    """What a call cost as a reply tells it."""
    return types.Usage(usage.model, usage.prompt_tokens, usage.completion_tokens, usage.ms)
