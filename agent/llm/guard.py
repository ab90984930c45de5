"""`ModelClient`: the one place with retries, time limits and token counts, around any chat model."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypedDict, TypeVar, Unpack, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from handpicked.agent.llm import failures, telemetry
from handpicked.tools.errors import BudgetExceeded, ModelError
from handpicked.tools.types import ToolCall

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
_COMMON = frozenset(("max_tokens",))
_OPENAI = frozenset(("max_tokens", "seed"))
_CHARS_A_TOKEN = 4
_log = logging.getLogger(__name__)


class Options(TypedDict, total=False):
    """Options of a call. `deadline_s` bounds all of it, retries included (BudgetExceeded past it); the others reach
    the model only if it knows them. `family` names a prompt that calls share the start of."""

    max_tokens: int
    stop: Sequence[str]
    seed: int
    family: str
    deadline_s: float


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
class Called:
    """Tool calls that the model makes, or the text that it says instead. `broken` names calls that were cut off."""

    calls: tuple[ToolCall, ...]
    text: str
    usage: Usage
    broken: tuple[str, ...] = ()


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


class TextStream:
    """Text as it is written; iterate once. `written` is there when the iteration has ended, also by an error or by
    `aclose()`, which stops the model."""

    def __init__(self, pieces: AsyncGenerator[str], summary: Callable[[], Written]) -> None:
        self._pieces = pieces
        self._summary = summary

    def __aiter__(self) -> AsyncIterator[str]:
        return self._pieces

    async def aclose(self) -> None:
        """Stop the model."""
        await self._pieces.aclose()

    @property
    def written(self) -> Written:
        """What was written so far, and what it cost so far."""
        return self._summary()

    @property
    def usage(self) -> Usage:
        return self._summary().usage


class ModelClient:
    """Calls a chat model. Its failures are ModelError; those that may pass are tried again up to `retries` times,
    each try within `timeout_s` (for a stream: each piece). A stream is tried again only before its first piece."""

    def __init__(self, model: BaseChatModel, *, timeout_s: float = 30.0, retries: int = 2) -> None:
        telemetry.off()
        self.model = model
        self.name = _name(model)
        self._url: str | None = getattr(model, "openai_api_base", None)
        self._timeout_s = timeout_s
        self._retries = retries

    @property
    def scores_labels(self) -> bool:
        """Whether the model can score labels by their likelihood; hosted ones can't."""
        return hasattr(self.model, "ascore_labels")

    def stream(self, messages: Sequence[BaseMessage], **options: Unpack[Options]) -> TextStream:
        """Start writing; nothing is sent before the first piece is asked for."""
        said = _Said(self.name, messages)
        return TextStream(self._pieces(said, messages, options), said.written)

    async def text(self, messages: Sequence[BaseMessage], **options: Unpack[Options]) -> Written:
        """Write to the end and give it whole."""
        stream = self.stream(messages, **options)
        async for _ in stream:
            pass
        return stream.written

    async def call_tools(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Any],
        tool_choice: str = "auto",
        **options: Unpack[Options],
    ) -> Called:
        """Let the model call tools. `tool_choice`: `auto`, `any`, `none` or a tool's name."""
        bound = cast("Runnable[Any, AIMessage]", self.model.bind_tools(list(tools), tool_choice=tool_choice))
        started = time.perf_counter()
        known = self._known(options)
        message = await self._tried(lambda: bound.ainvoke(list(messages), **known), options)
        usage = _usage(self.name, message, messages, started)
        calls = tuple(ToolCall(call["name"], call["args"], call["id"] or "") for call in message.tool_calls)
        broken = tuple(call["name"] or "" for call in message.invalid_tool_calls)
        return Called(calls, str(message.text), usage, broken)

    async def structured(
        self, messages: Sequence[BaseMessage], schema: type[M], **options: Unpack[Options]
    ) -> Structured[M]:
        """Get an answer that fits a pydantic model."""
        known: dict[str, Any] = {key: value for key, value in self._known(options).items() if key != "stop"}
        if self._is_openai:
            known["method"] = "json_schema"
        reader: Runnable[Any, Any] = self.model.with_structured_output(schema, include_raw=True, **known)
        started = time.perf_counter()
        answer: Mapping[str, Any] = await self._tried(lambda: reader.ainvoke(list(messages)), options)
        if answer["parsed"] is None:
            reason = answer["parsing_error"] or "no JSON in it"
            raise ModelError(
                f"{self.name} gave no {schema.__name__}: {reason}; try again or use a larger model"
            )
        return Structured(answer["parsed"], _usage(self.name, answer["raw"], messages, started))

    async def score_labels(
        self,
        messages: Sequence[BaseMessage],
        labels: Sequence[str],
        *,
        prefix: str = "",
        **options: Unpack[Options],
    ) -> Scored:
        """Score each label as the answer; see `LlamaCppChat.score_labels`. Raises ModelError where that isn't possible."""
        if not self.scores_labels:
            raise ModelError(
                f"{self.name} can't score labels; use a local model, or `structured` with the labels"
            )
        started = time.perf_counter()
        family = options.get("family", "default")
        scorer: Any = self.model
        scores: list[float] = await self._tried(
            lambda: scorer.ascore_labels(messages, labels, prefix=prefix, family=family), options
        )
        tokens = _estimate(messages)
        ms = _ms(started)
        return Scored(tuple(scores), Usage(self.name, tokens, 0, ms, tokens, estimated=True))

    @property
    def _expected(self) -> tuple[type[Exception], ...]:
        return failures.expected(hosted=not hasattr(self.model, "call_options"))

    @property
    def _is_openai(self) -> bool:
        return self.model._llm_type.startswith("openai")  # pyright: ignore[reportPrivateUsage] # LangChain's seam

    def _known(self, options: Options) -> dict[str, Any]:
        """Give the options that this model takes as call arguments."""
        offered: frozenset[str] = getattr(self.model, "call_options", _OPENAI if self._is_openai else _COMMON)
        known: dict[str, Any] = {key: value for key, value in options.items() if key in offered}
        if stop := options.get("stop"):
            known["stop"] = list(stop)
        return known

    async def _tried(self, call: Callable[[], Awaitable[T]], options: Options) -> T:
        """Await a call, again and again while its failure may pass."""
        ends = _ends(options)
        try:
            async for attempt in self._attempts():
                with attempt:
                    async with asyncio.timeout(_left(ends, self._timeout_s)):
                        return await call()
        except self._expected as err:
            raise self._failure(err, ends) from err
        raise AssertionError("retrying ends by a value or an error")

    async def _pieces(
        self, said: _Said, messages: Sequence[BaseMessage], options: Options
    ) -> AsyncGenerator[str]:
        ends = _ends(options)
        try:
            async for attempt in self._attempts():
                with attempt:
                    source = self.model.astream(list(messages), **self._known(options))
                    async with aclosing(cast("AsyncGenerator[AIMessageChunk]", source)) as chunks:
                        async for piece in self._timed(chunks, said, ends):
                            yield piece
        except self._expected as err:
            raise self._failure(err, ends) from err

    async def _timed(
        self, chunks: AsyncGenerator[AIMessageChunk], said: _Said, ends: float | None
    ) -> AsyncGenerator[str]:
        while True:
            try:
                async with asyncio.timeout(_left(ends, self._timeout_s)):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except self._expected as err:
                if said.parts:
                    raise self._failure(err, ends) from err  # a ModelError: too late to try again
                raise
            if text := said.add(chunk):
                yield text

    def _attempts(self) -> AsyncRetrying:
        backoff = wait_exponential(multiplier=0.2, max=5.0) + wait_random(0, 0.2)

        def wait(state: RetryCallState) -> float:
            err = state.outcome.exception() if state.outcome else None
            return max(backoff(state), failures.asked_wait(err))

        def note(state: RetryCallState) -> None:
            err = state.outcome.exception() if state.outcome else None
            _log.warning("%s failed (%s), try %d follows", self.name, err, state.attempt_number + 1)

        return AsyncRetrying(
            stop=stop_after_attempt(self._retries + 1),
            wait=wait,
            retry=retry_if_exception(failures.passing),
            before_sleep=note,
            reraise=True,
        )

    def _failure(self, err: Exception, ends: float | None) -> Exception:
        if isinstance(err, TimeoutError) and ends is not None and time.perf_counter() >= ends:
            return BudgetExceeded(
                f"{self.name} ran out of its time; give the step more milliseconds or fewer tokens"
            )
        return failures.explained(err, self.name, self._url)


class _Said:
    """What a stream has given so far."""

    def __init__(self, model: str, messages: Sequence[BaseMessage]) -> None:
        self.parts: list[str] = []
        self._model = model
        self._messages = messages
        self._started = time.perf_counter()
        self._last: AIMessageChunk | None = None
        self._finish = ""

    def add(self, chunk: AIMessageChunk) -> str:
        if chunk.usage_metadata:
            self._last = chunk
        self._finish = str(chunk.response_metadata.get("finish_reason") or self._finish)
        text = str(chunk.text)
        if text:
            self.parts.append(text)
        return text

    def written(self) -> Written:
        text = "".join(self.parts)
        message = self._last or AIMessageChunk(content=text)
        usage = _usage(self._model, message, self._messages, self._started, text)
        return Written(text, self._finish or "unfinished", usage)


def _usage(
    model: str, message: AIMessage, messages: Sequence[BaseMessage], started: float, text: str | None = None
) -> Usage:
    counts = message.usage_metadata
    if counts is None:
        asked = _estimate(messages)
        said = len(str(message.text) if text is None else text) // _CHARS_A_TOKEN
        return Usage(model, asked, said, _ms(started), asked, estimated=True)
    cached = counts.get("input_token_details", {}).get("cache_read") or 0
    asked = counts["input_tokens"]
    evaluated = message.response_metadata.get("evaluated_tokens", asked - cached)
    return Usage(model, asked, counts["output_tokens"], _ms(started), evaluated)


def _estimate(messages: Sequence[BaseMessage]) -> int:
    return sum(len(str(message.text)) for message in messages) // _CHARS_A_TOKEN


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _ends(options: Options) -> float | None:
    return time.perf_counter() + options["deadline_s"] if "deadline_s" in options else None


def _left(ends: float | None, timeout_s: float) -> float:
    return timeout_s if ends is None else max(0.0, min(timeout_s, ends - time.perf_counter()))


def _name(model: BaseChatModel) -> str:
    path = getattr(model, "model_path", None)
    return path.stem if path else str(getattr(model, "model_name", None) or type(model).__name__)
