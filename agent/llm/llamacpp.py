"""`LlamaCppChat`: a GGUF model through llama.cpp as a LangChain chat model."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, cast
from uuid import uuid4

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_json_schema, convert_to_openai_tool
from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError

from handpicked.agent.llm import gguf
from handpicked.agent.llm.context import Cancelled, Sampling
from handpicked.agent.llm.engine import Engine, Finish, Shape
from handpicked.agent.llm.pieces import CallPart, Piece
from handpicked.agent.llm.request import OPTIONS, Request, chosen, parse
from handpicked.tools.errors import ModelError

_MAX_CORES = 16
_WORKERS = 8
_log = logging.getLogger(__name__)


class LlamaCppChat(BaseChatModel):
    """A chat model that runs in this process. Weights are loaded at the first call; a bad path fails at once.

    Besides LangChain's own, a call takes `max_tokens`, `temperature`, `top_p`, `top_k`, `repeat_penalty`, `seed`,
    `response_schema` (a JSON schema that the answer must fit) and `family` (calls of one family share a KV cache:
    a prompt that starts like the family's last one is evaluated only from where they differ). Tool calls are held
    to their schemas by a grammar, one call an answer. Stop strings apply to text, not inside calls or JSON.

    The same call on the same cache gives the same answer; one that finds more or less of its prompt in the cache may
    differ in the last bits of the logits, and so in a word. `threads` unset means half of the cores for single
    tokens (with all of them, a busy machine makes llama.cpp's threads wait for each other) and all for prompts.

    `response_metadata` has finish_reason, prompt_tokens, evaluated_tokens, dropped_turns, dropped_messages.
    A stream holds its family until it is finished or closed.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, ignored_types=(cached_property,))
    call_options: ClassVar[frozenset[str]] = OPTIONS

    model_path: Path
    context_size: int = 4096
    threads: int | None = None
    batch_size: int = 128
    families: int = 4
    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 0.95
    top_k: int = 40
    repeat_penalty: float = 1.0
    seed: int = 0

    _loaded: Engine | None = PrivateAttr(default=None)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _workers: ThreadPoolExecutor | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any, /) -> None:
        """Fail at once on a path that can't be a model."""
        super().model_post_init(context)
        gguf.check(self.model_path)

    @property
    def _llm_type(self) -> str:
        return "llamacpp"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"model": self.model_path.stem, "temperature": self.temperature, "seed": self.seed}

    @property
    def engine(self) -> Engine:
        """The loaded model. Raises ModelError when the file is broken."""
        with self._lock:
            if self._loaded is None:
                cores = min(os.cpu_count() or 1, _MAX_CORES)
                threads = (self.threads or max(1, cores // 2), self.threads or cores)
                self._loaded = Engine(
                    self.model_path, Shape(self.context_size, threads, self.batch_size, self.families)
                )
            return self._loaded

    def score_labels(
        self,
        messages: Sequence[BaseMessage],
        labels: Sequence[str],
        *,
        prefix: str = "",
        family: str = "default",
    ) -> list[float]:
        """Give log p(label | messages, prefix) for each label as the assistant's answer, in natural logarithms.

        The sum over the label's tokens, without an end of the answer: a longer label tends to score lower, and of
        two labels of which one starts the other, the shorter never scores lower. The prompt is evaluated once (or
        not at all where the family's last one shares it), then only what the labels add, all in one batch. Put a
        space before a label when `prefix` ends in a word.
        """
        return self.engine.score(list(messages), labels, prefix, family)

    async def ascore_labels(
        self,
        messages: Sequence[BaseMessage],
        labels: Sequence[str],
        *,
        prefix: str = "",
        family: str = "default",
    ) -> list[float]:
        """Do the same as `score_labels`, off the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._pool(), lambda: self.score_labels(messages, labels, prefix=prefix, family=family)
        )

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools. `tool_choice`: `auto` (text or a call), `any` (a call), `none` (no call) or a tool's name."""
        formatted = [convert_to_openai_tool(tool) for tool in tools]
        parse(self._default(), None, {"tools": formatted, "tool_choice": tool_choice})
        return self.bind(tools=formatted, tool_choice=chosen(tool_choice), **kwargs)

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Hold the answer to a pydantic model or JSON schema and give it parsed.

        The schema is the grammar and is not shown to the model: say in the prompt what each field is for. Raises
        ModelError when the answer was cut off or breaks a rule that no grammar expresses.
        """
        model = schema if isinstance(schema, type) and issubclass(schema, BaseModel) else None
        json_schema = model.model_json_schema() if model else convert_to_json_schema(cast("Any", schema))
        options = {key: value for key, value in kwargs.items() if key in OPTIONS}
        bound = self.bind(response_schema=json_schema, **options)
        parsed = _raw_and_parsed if include_raw else _parsed

        def read(message: BaseMessage) -> Any:
            return parsed(message, model)

        return cast("Any", bound | RunnableLambda(read))

    def close(self) -> None:
        """Free the KV caches; the next call makes new ones."""
        with self._lock:
            if self._loaded:
                self._loaded.close()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._result(
            list(self._speak(messages, parse(self._default(), stop, kwargs), threading.Event()))
        )

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        async with aclosing(self._aspeak(messages, parse(self._default(), stop, kwargs))) as pieces:
            return self._result([piece async for piece in pieces])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for piece in self._speak(messages, parse(self._default(), stop, kwargs), threading.Event()):
            yield ChatGenerationChunk(message=self._chunk(piece))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async with aclosing(self._aspeak(messages, parse(self._default(), stop, kwargs))) as pieces:
            async for piece in pieces:
                yield ChatGenerationChunk(message=self._chunk(piece))

    def _speak(
        self, messages: Sequence[BaseMessage], request: Request, cancel: threading.Event
    ) -> Iterator[Piece | Finish]:
        for piece in self.engine.speak(messages, request, cancel):
            if isinstance(piece, Finish) and piece.dropped_turns:
                _log.warning("dropped %d old turns to fit %d tokens", piece.dropped_turns, self.context_size)
            yield piece

    async def _aspeak(
        self, messages: Sequence[BaseMessage], request: Request
    ) -> AsyncGenerator[Piece | Finish]:
        """Run `_speak` in a thread; when this is closed or its task cancelled, that thread stops at its next token."""
        loop, cancel = asyncio.get_running_loop(), threading.Event()
        queue: asyncio.Queue[Piece | Finish | None] = asyncio.Queue()

        def work() -> None:
            try:
                for piece in self._speak(messages, request, cancel):
                    loop.call_soon_threadsafe(queue.put_nowait, piece)
            except Cancelled:
                return
            finally:
                if not cancel.is_set():
                    loop.call_soon_threadsafe(queue.put_nowait, None)

        future = loop.run_in_executor(self._pool(), work)
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            while (piece := await queue.get()) is not None:
                yield piece
            await future
        finally:
            cancel.set()
            future.cancel()

    def _pool(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._workers is None:
                self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="llamacpp")
            return self._workers

    def _default(self) -> Request:
        sampling = Sampling(self.temperature, self.top_p, self.top_k, self.repeat_penalty, self.seed)
        return Request(self.max_tokens, sampling)

    def _chunk(self, piece: Piece | Finish) -> AIMessageChunk:
        if isinstance(piece, str):
            return AIMessageChunk(content=piece)
        if isinstance(piece, CallPart):
            call_id = _call_id() if piece.name else None
            part = tool_call_chunk(name=piece.name, args=piece.arguments, id=call_id, index=0)
            return AIMessageChunk(content="", tool_call_chunks=[part])
        return AIMessageChunk(content="", chunk_position="last", **self._about(piece))

    def _result(self, pieces: Sequence[Piece | Finish]) -> ChatResult:
        text = "".join(piece for piece in pieces if isinstance(piece, str))
        parts = [piece for piece in pieces if isinstance(piece, CallPart)]
        about = [self._about(piece) for piece in pieces if isinstance(piece, Finish)][-1]
        message = AIMessage(content=text, **_called(parts), **about)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _about(self, finish: Finish) -> dict[str, Any]:
        total = finish.prompt_tokens + finish.completion_tokens
        return {
            "usage_metadata": {
                "input_tokens": finish.prompt_tokens,
                "output_tokens": finish.completion_tokens,
                "total_tokens": total,
                "input_token_details": {"cache_read": finish.prompt_tokens - finish.evaluated},
            },
            "response_metadata": {
                "model_name": self.model_path.stem,
                "model_provider": "llamacpp",
                "finish_reason": finish.reason,
                "prompt_tokens": finish.prompt_tokens,
                "evaluated_tokens": finish.evaluated,
                "dropped_turns": finish.dropped_turns,
                "dropped_messages": finish.dropped_messages,
            },
        }


def _call_id() -> str:
    return f"call_{uuid4().hex[:16]}"


def _called(parts: Sequence[CallPart]) -> dict[str, Any]:
    """Give the AIMessage fields for a call; one that was cut off is an invalid call."""
    if not parts:
        return {}
    name, text = parts[0].name or "", "".join(part.arguments for part in parts)
    try:
        arguments = json.loads(text)
    except json.JSONDecodeError as err:
        return {
            "invalid_tool_calls": [invalid_tool_call(name=name, args=text, id=_call_id(), error=str(err))]
        }
    return {"tool_calls": [tool_call(name=name, args=arguments, id=_call_id())]}


def _parsed(message: BaseMessage, model: type[BaseModel] | None) -> Any:
    text = str(message.text)
    try:
        return model.model_validate_json(text) if model else json.loads(text)
    except (ValidationError, json.JSONDecodeError) as err:
        name = model.__name__ if model else "the JSON schema"
        reason = message.response_metadata.get("finish_reason")
        fix = "raise max_tokens" if reason == "length" else "loosen the rule or ask again"
        raise ModelError(f"answer {text[:80]!r} doesn't fit {name} ({err}); {fix}") from err


def _raw_and_parsed(message: BaseMessage, model: type[BaseModel] | None) -> dict[str, Any]:
    try:
        return {"raw": message, "parsed": _parsed(message, model), "parsing_error": None}
    except ModelError as err:
        return {"raw": message, "parsed": None, "parsing_error": err}
