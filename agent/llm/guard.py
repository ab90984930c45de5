"""`ModelClient`: the one place with retries, time limits and token counts, around any chat model."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol, TypedDict, TypeVar, Unpack, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
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
from handpicked.agent.llm.answers import (
    Called,
    Said,
    Scored,
    Structured,
    Usage,
    Written,
    elapsed_ms,
    estimate,
    usage_of,
)
from handpicked.agent.llm.breaker import Breaker
from handpicked.tools.errors import BudgetExceeded, ModelError

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
_COMMON = frozenset(("max_tokens",))
_OPENAI = frozenset(("max_tokens", "seed"))
_LONGEST_TOKEN = 8
"""Characters a token from which on a model is taken to write past its `max_tokens`, which some servers ignore."""
_WORTH_S = 0.4
"""A failed call is not tried again where less time than this is left."""
_FAIR_S = 0.5
"""A deadline from which on a model that misses it counts as failing."""
_log = logging.getLogger(__name__)


class Options(TypedDict, total=False):
    """Options of a call. `deadline_s` bounds all of it, retries included (BudgetExceeded past it); the others reach
    the model only if it knows them. `family` names a prompt that calls share the start of."""

    max_tokens: int
    stop: Sequence[str]
    seed: int
    family: str
    deadline_s: float


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
    each try within `timeout_s` (for a stream: each piece). A stream is tried again only before its first piece. A model
    that keeps failing is left alone for a while."""

    def __init__(self, model: BaseChatModel, *, timeout_s: float = 30.0, retries: int = 2) -> None:
        telemetry.off()
        self.model = model
        self.name = _name(model)
        self._url: str | None = getattr(model, "openai_api_base", None)
        self._timeout_s = timeout_s
        self._retries = retries
        self._breaker = Breaker()

    @property
    def identity(self) -> str:
        """What tells this model from others: a file's name and size, or a hosted one's name and URL."""
        path = getattr(self.model, "model_path", None)
        return f"{path.name}:{path.stat().st_size}" if path else f"{self.name}@{self._url}"

    @property
    def bytes(self) -> int | None:
        """The size of a local model's file; None for a hosted one."""
        path = getattr(self.model, "model_path", None)
        return path.stat().st_size if path else None

    @property
    def scores_labels(self) -> bool:
        """Whether the model can score labels by their likelihood; hosted ones can't."""
        return hasattr(self.model, "ascore_labels")

    def stream(self, messages: Sequence[BaseMessage], **options: Unpack[Options]) -> TextStream:
        """Start writing; nothing is sent before the first piece is asked for."""
        said = Said(self.name, messages)
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
        said = Said(self.name, messages)
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
        return Structured(answer["parsed"], usage_of(self.name, answer["raw"], messages, started))

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
        tokens = estimate(messages)
        ms = elapsed_ms(started)
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
        self._breaker.check()
        try:
            async for attempt in self._attempts(ends):
                with attempt:
                    async with asyncio.timeout(_left(ends, self._timeout_s)):
                        answer = await call()
                    self._breaker.answered()
                    return answer
        except self._expected as err:
            raise self._failure(err, ends, hurried=_hurried(options)) from err
        raise AssertionError("retrying ends by a value or an error")

    async def _pieces(
        self, model: _Model, said: Said, messages: Sequence[BaseMessage], options: Options
    ) -> AsyncGenerator[str]:
        ends = _ends(options)
        self._breaker.check()
        try:
            async for attempt in self._attempts(ends):
                with attempt:
                    source = model.astream(list(messages), **self._known(options))
                    async with aclosing(cast("AsyncGenerator[AIMessage]", source)) as chunks:
                        async for piece in self._timed(chunks, said, ends, options.get("max_tokens")):
                            yield piece
        except self._expected as err:
            raise self._failure(err, ends, hurried=_hurried(options)) from err
        self._check_refusal(said.message())

    async def _timed(
        self, chunks: AsyncGenerator[AIMessage], said: Said, ends: float | None, max_tokens: int | None
    ) -> AsyncGenerator[str]:
        while max_tokens is None or said.size <= max_tokens * _LONGEST_TOKEN:
            try:
                if ends is not None and time.perf_counter() >= ends:
                    raise TimeoutError  # `asyncio.timeout` can't end what never waits: pieces that came all at once
                async with asyncio.timeout(_left(ends, self._timeout_s)):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except self._expected as err:
                if said.size:
                    raise self._failure(err, ends) from err  # a ModelError: too late to try again
                raise
            self._breaker.answered()
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
            reason = str(err) or type(err).__name__  # a time-out has no message
            _log.warning("%s failed (%s), try %d follows", self.name, reason, state.attempt_number + 1)

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

    def _failure(self, err: Exception, ends: float | None, *, hurried: bool = False) -> Exception:
        late = isinstance(err, TimeoutError) and ends is not None and time.perf_counter() >= ends
        told: Exception = failures.explained(err, self.name, self._url)
        if late:
            told = BudgetExceeded(
                f"{self.name} ran out of its time; raise budget_ms or the scene's times, or use a faster model"
            )
        if failures.passing(err) and not (late and hurried):
            self._breaker.failed(str(told), failures.asked_wait(err))
        return told


class _Model(Protocol):
    """A chat model, with tools bound to it or without."""

    def astream(self, messages: Sequence[BaseMessage], /, **options: Any) -> AsyncIterator[AIMessage]: ...


def _ends(options: Options) -> float | None:
    return time.perf_counter() + options["deadline_s"] if "deadline_s" in options else None


def _hurried(options: Options) -> bool:
    """Whether a call gets so little time that running out of it says nothing of the model."""
    return options.get("deadline_s", _FAIR_S) < _FAIR_S


def _left(ends: float | None, timeout_s: float) -> float:
    return timeout_s if ends is None else max(0.0, min(timeout_s, ends - time.perf_counter()))


def _name(model: BaseChatModel) -> str:
    path = getattr(model, "model_path", None)
    return path.stem if path else str(getattr(model, "model_name", None) or type(model).__name__)
