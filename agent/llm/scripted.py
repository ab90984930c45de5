"""`ScriptedChat`: a chat model that answers from a script, for tests and demonstrations without a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_json_schema, convert_to_openai_tool
from pydantic import BaseModel, ConfigDict, PrivateAttr

from handpicked.agent.llm.request import OPTIONS, chosen
from handpicked.tools.errors import ModelError
from handpicked.tools.types import Json

Call = tuple[str, Mapping[str, Json]]
"""A tool call to answer with: name and arguments."""
Answer = str | Call | Sequence[Call] | BaseModel | Exception
"""Text, one or more tool calls, a value for structured output, or an error to raise."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One recorded request. `tools` are names; `options` is what else the caller passed."""

    messages: tuple[BaseMessage, ...]
    tools: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


class ScriptedChat(BaseChatModel):
    """Answers with `answers` in order, or with what the function gives for each request.

    A call that the script has no answer for is an AssertionError (it is the test that is wrong, so nothing that
    handles model errors may swallow it). Text streams in pieces of `piece` characters; token counts are word counts.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)
    call_options: ClassVar[frozenset[str]] = OPTIONS

    answers: Any
    """A sequence of answers, or a function from `Asked` to one."""
    piece: int = 8
    scores: Callable[[Sequence[BaseMessage], Sequence[str]], list[float]] | None = None

    _asked: list[Asked] = PrivateAttr(default_factory=list[Asked])
    _used: int = PrivateAttr(default=0)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Every request so far, oldest first."""
        return tuple(self._asked)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def assert_done(self) -> None:
        """Fail when the script has answers that nothing asked for."""
        if isinstance(self.answers, Sequence):
            left = len(cast("Sequence[Answer]", self.answers)) - self._used
            assert left == 0, f"{left} scripted answers of {left + self._used} were never asked for"

    def score_labels(
        self,
        messages: Sequence[BaseMessage],
        labels: Sequence[str],
        *,
        prefix: str = "",
        family: str = "default",
    ) -> list[float]:
        """Score labels with the function `scores`."""
        assert self.scores, f"unexpected call of score_labels({list(labels)!r})"
        options: dict[str, Any] = {"labels": tuple(labels), "prefix": prefix, "family": family}
        self._asked.append(Asked(tuple(messages), options=options))
        return self.scores(messages, labels)

    async def ascore_labels(
        self,
        messages: Sequence[BaseMessage],
        labels: Sequence[str],
        *,
        prefix: str = "",
        family: str = "default",
    ) -> list[float]:
        """Do the same as `score_labels`."""
        return self.score_labels(messages, labels, prefix=prefix, family=family)

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools; the script decides whether one is called."""
        formatted = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=formatted, tool_choice=chosen(tool_choice), **kwargs)

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Read the next answer's JSON as `schema`."""
        model = schema if isinstance(schema, type) and issubclass(schema, BaseModel) else None
        options = {key: value for key, value in kwargs.items() if key in OPTIONS}
        bound = self.bind(response_schema=convert_to_json_schema(cast("Any", schema)), **options)

        def read(message: BaseMessage) -> Any:
            text = str(message.text)
            value = model.model_validate_json(text) if model else json.loads(text)
            return {"raw": message, "parsed": value, "parsing_error": None} if include_raw else value

        return cast("Any", bound | RunnableLambda(read))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text, calls = self._next(messages, stop, kwargs)
        called = [
            tool_call(name=name, args=dict(arguments), id=self._call_id(i)) for i, (name, arguments) in calls
        ]
        message = AIMessage(content=text, tool_calls=called, **_about(messages, text, bool(called)))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        text, calls = self._next(messages, stop, kwargs)
        for start in range(0, len(text), self.piece):
            yield _chunk(AIMessageChunk(content=text[start : start + self.piece]))
        for i, (name, arguments) in calls:
            head = tool_call_chunk(name=name, args="", id=self._call_id(i), index=i)
            yield _chunk(AIMessageChunk(content="", tool_call_chunks=[head]))
            written = json.dumps(arguments, ensure_ascii=False)
            for start in range(0, len(written), self.piece):
                part = tool_call_chunk(name=None, args=written[start : start + self.piece], id=None, index=i)
                yield _chunk(AIMessageChunk(content="", tool_call_chunks=[part]))
        about = _about(messages, text, bool(calls))
        yield _chunk(AIMessageChunk(content="", chunk_position="last", **about))

    def _next(
        self, messages: Sequence[BaseMessage], stop: Sequence[str] | None, options: Mapping[str, Any]
    ) -> tuple[str, list[tuple[int, Call]]]:
        tools = tuple(str(tool["function"]["name"]) for tool in options.get("tools", ()))
        rest = {key: value for key, value in options.items() if key != "tools"}
        asked = Asked(tuple(messages), tools, tuple(stop or ()), rest)
        self._asked.append(asked)
        answer = self.answers(asked) if callable(self.answers) else self._scripted()
        return self._read(cast("Answer", answer), asked)

    def _read(self, answer: Answer, asked: Asked) -> tuple[str, list[tuple[int, Call]]]:
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, BaseModel):
            return answer.model_dump_json(), []
        if isinstance(answer, str):
            return _until(answer, asked.stop), []
        calls = [cast("Call", answer)] if isinstance(answer[0], str) else list(cast("Sequence[Call]", answer))
        if unknown := [name for name, _ in calls if name not in asked.tools]:
            raise ModelError(
                f"script calls tool {unknown[0]!r}, which was not offered; offered: {', '.join(asked.tools)}"
            )
        return "", list(enumerate(calls))

    def _scripted(self) -> Answer:
        assert self._used < len(self.answers), (
            f"unexpected call {self._used + 1}: the script has {len(self.answers)} answers; "
            f"last message: {self._asked[-1].messages[-1].text!r}"
        )
        self._used += 1
        return self.answers[self._used - 1]

    def _call_id(self, index: int) -> str:
        return f"call_{len(self._asked)}_{index}"


def _chunk(message: AIMessageChunk) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=message)


def _until(text: str, stops: Sequence[str]) -> str:
    return text[: min((at for stop in stops if (at := text.find(stop)) >= 0), default=len(text))]


def _about(messages: Sequence[BaseMessage], text: str, called: bool) -> dict[str, Any]:
    asked = sum(len(str(message.text).split()) for message in messages)
    said = len(text.split())
    return {
        "usage_metadata": {"input_tokens": asked, "output_tokens": said, "total_tokens": asked + said},
        "response_metadata": {
            "model_name": "scripted",
            "finish_reason": "tool_calls" if called else "stop",
            "prompt_tokens": asked,
            "evaluated_tokens": asked,
            "dropped_turns": 0,
        },
    }
