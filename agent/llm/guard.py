"""`ModelClient`: the one place with retries, time limits and token counts, around any chat model."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypedDict, TypeVar, Unpack, cast

import orjson
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCallChunk
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
from handpicked.tools.types import Json, ToolCall

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
_COMMON = frozenset(("max_tokens",))
_OPENAI = frozenset(("max_tokens", "seed"))
_CHARS_A_TOKEN = 4
_LONGEST_TOKEN = 8
"""Characters a token from which on a model is taken to write past its `max_tokens`, which some servers ignore."""
_WORTH_S = 0.4
"""A failed call is not tried again where less time than this is left."""
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
        model = cast("_Model", self.model)
        return TextStream(self._pieces(model, said, messages, options), said.written)

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
        """Let the model call tools. `tool_choice`: `auto`, `any`, `none` or a tool's name.

        An answer that breaks off gives the calls that were complete; without one it is the error."""
        bound = cast("_Model", self.model.bind_tools(list(tools), tool_choice=tool_choice))
        said = _Said(self.name, messages)
        cut = None
        try:
            async for _ in self._pieces(bound, said, messages, options):
                pass
        except (ModelError, BudgetExceeded) as err:
            if not said.calls()[0]:
                raise
            cut = str(err)
        calls, broken = said.calls()
        written = said.written()
        return Called(calls, written.text, written.usage, broken, written.finish, cut)

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
        self._check_refusal(answer["raw"])
        if answer["parsed"] is None:
            reason = (str(answer["parsing_error"] or "").splitlines() or ["no JSON in it"])[0]
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
            async for attempt in self._attempts(ends):
                with attempt:
                    async with asyncio.timeout(_left(ends, self._timeout_s)):
                        return await call()
        except self._expected as err:
            raise self._failure(err, ends) from err
        raise AssertionError("retrying ends by a value or an error")

    async def _pieces(
        self, model: _Model, said: _Said, messages: Sequence[BaseMessage], options: Options
    ) -> AsyncGenerator[str]:
        ends = _ends(options)
        try:
            async for attempt in self._attempts(ends):
                with attempt:
                    source = model.astream(list(messages), **self._known(options))
                    async with aclosing(cast("AsyncGenerator[AIMessage]", source)) as chunks:
                        async for piece in self._timed(chunks, said, ends, options.get("max_tokens")):
                            yield piece
        except self._expected as err:
            raise self._failure(err, ends) from err
        self._check_refusal(said.message())

    async def _timed(
        self, chunks: AsyncGenerator[AIMessage], said: _Said, ends: float | None, max_tokens: int | None
    ) -> AsyncGenerator[str]:
        while max_tokens is None or said.size <= max_tokens * _LONGEST_TOKEN:
            try:
                async with asyncio.timeout(_left(ends, self._timeout_s)):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except self._expected as err:
                if said.size:
                    raise self._failure(err, ends) from err  # a ModelError: too late to try again
                raise
            if text := said.add(chunk):
                yield text
        said.finish = "length"

    def _attempts(self, ends: float | None) -> AsyncRetrying:
        backoff = wait_exponential(multiplier=0.2, max=5.0) + wait_random(0, 0.2)

        def wait(state: RetryCallState) -> float:
            err = state.outcome.exception() if state.outcome else None
            return max(backoff(state), failures.asked_wait(err))

        def again(err: BaseException) -> bool:
            wanted = failures.asked_wait(err)
            left = _left(ends, failures.MAX_WAIT_S + _WORTH_S)
            return failures.passing(err) and wanted + _WORTH_S <= left

        def note(state: RetryCallState) -> None:
            err = state.outcome.exception() if state.outcome else None
            _log.warning("%s failed (%s), try %d follows", self.name, err, state.attempt_number + 1)

        return AsyncRetrying(
            stop=stop_after_attempt(self._retries + 1),
            wait=wait,
            retry=retry_if_exception(again),
            before_sleep=note,
            reraise=True,
        )

    def _check_refusal(self, message: AIMessage) -> None:
        """Raise ModelError where the model, or a filter of its provider, refused to answer."""
        where = failures.place(self.name, self._url)
        if refusal := message.additional_kwargs.get("refusal"):
            raise ModelError(
                f"{where} refused: {str(refusal)[:200]!r}; word it otherwise or use another model"
            )
        if message.response_metadata.get("finish_reason") == "content_filter":
            raise ModelError(f"{where} was stopped by its provider's content filter; use another model")

    def _failure(self, err: Exception, ends: float | None) -> Exception:
        if isinstance(err, TimeoutError) and ends is not None and time.perf_counter() >= ends:
            return BudgetExceeded(
                f"{self.name} ran out of its time; raise budget_ms or the scene's times, or use a faster model"
            )
        return failures.explained(err, self.name, self._url)


class _Model(Protocol):
    """A chat model, with tools bound to it or without."""

    def astream(self, messages: Sequence[BaseMessage], /, **options: Any) -> AsyncIterator[AIMessage]: ...


class _Said:
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
        usage = _usage(self._model, message, self._messages, self._started, text)
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
