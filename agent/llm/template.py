"""LangChain messages to the prompt that a GGUF's chat template makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from handpicked import prompts
from handpicked.agent.llm.gguf import Weights
from handpicked.agent.llm.grammar import CALL_CLOSE, CALL_OPEN
from handpicked.tools.errors import ModelError
from handpicked.tools.types import Json

Tools = Sequence[Mapping[str, Json]]
Turn = dict[str, Any]
"""A message as templates want it: role, content, and for those that know tools, tool_calls."""

_CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation as tokens, the messages that they are of, and how many old ones were left out to fit."""

    tokens: tuple[int, ...]
    messages: tuple[BaseMessage, ...]
    dropped_turns: int = 0
    dropped_messages: int = 0


class ChatTemplate:
    """Renders with the file's own template. When that knows no tools in the `<tool_call>` form that the
    grammars use, tools go into the system message and calls and results into plain turns."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._source = weights.template or _CHATML
        self._native = "tools" in self._source and CALL_OPEN.strip() in self._source

    def render(self, messages: Sequence[BaseMessage], tools: Tools) -> str:
        """Give the prompt's text, up to where the assistant's answer starts."""
        turns = [self._native_turn(m) if self._native else self._plain_turn(m) for m in messages]
        if tools and not self._native:
            turns = _with_tools(turns, tools)
        try:
            return self._fill(turns, tools)
        except ValueError:
            return self._fill(_folded(turns), tools)

    @cached_property
    def _formatter(self) -> Any:
        made: Any = import_module("llama_cpp.llama_chat_format")
        try:
            return made.Jinja2ChatFormatter(self._source, self._weights.eos, self._weights.bos)
        except ValueError as err:
            raise ModelError(
                f"chat template of {self._weights.name} isn't valid: {err}; use another GGUF"
            ) from err

    def _fill(self, turns: Sequence[Turn], tools: Tools) -> str:
        """Raises ValueError when the template refuses these roles, ModelError when it can't be filled at all."""
        jinja: Any = import_module("jinja2")
        try:
            native = list(tools) if tools and self._native else None
            return self._formatter(messages=list(turns), tools=native).prompt
        except (jinja.TemplateError, TypeError) as err:
            raise ModelError(
                f"chat template of {self._weights.name} failed: {err}; use another GGUF"
            ) from err

    def _native_turn(self, message: BaseMessage) -> Turn:
        turn: Turn = {"role": _role(message), "content": self._words(message)}
        if isinstance(message, AIMessage) and message.tool_calls:
            calls = [{"name": call["name"], "arguments": call["args"]} for call in message.tool_calls]
            turn["tool_calls"] = [{"type": "function", "function": call} for call in calls]
        if isinstance(message, ToolMessage):
            turn["tool_call_id"] = message.tool_call_id
        return turn

    def _plain_turn(self, message: BaseMessage) -> Turn:
        content = self._words(message)
        if isinstance(message, AIMessage) and message.tool_calls:
            calls = [{"name": call["name"], "arguments": call["args"]} for call in message.tool_calls]
            written = [f"{CALL_OPEN}{json.dumps(call, ensure_ascii=False)}{CALL_CLOSE}" for call in calls]
            content = "\n".join([content, *written] if content else written)
        if isinstance(message, ToolMessage):
            return {"role": "user", "content": f"<tool_response>\n{content}\n</tool_response>"}
        return {"role": _role(message), "content": content}

    def _words(self, message: BaseMessage) -> str:
        """Give a message's text with control tokens broken up: words of a user can't open another role."""
        text = str(message.text)
        return self._weights.control.sub(lambda found: f"{found[0][:1]} {found[0][1:]}", text)


def fit(
    messages: Sequence[BaseMessage], limit: int, tokens: Callable[[Sequence[BaseMessage]], list[int]]
) -> Prompt:
    """Drop the oldest turns until the prompt has at most `limit` tokens.

    System messages, the last message and the question that it belongs to stay. Raises ModelError when they alone
    are too long.
    """
    kept, turns = list(messages), 0
    while len(found := tokens(kept)) > limit:
        shorter = _without_oldest(kept)
        if shorter is None:
            raise ModelError(
                f"prompt is {len(found)} tokens with only the system text and the last message, and {limit} fit; "
                "shorten them, ask for fewer tokens, or set HANDPICKED_MODEL_CONTEXT higher"
            )
        kept, turns = shorter, turns + 1
    return Prompt(tuple(found), tuple(kept), turns, len(messages) - len(kept))


def _without_oldest(messages: Sequence[BaseMessage]) -> list[BaseMessage] | None:
    """Leave out the oldest question with its answers, or inside the last turn the oldest call with its results."""
    body = [i for i, m in enumerate(messages) if not isinstance(m, SystemMessage)]
    asked = [i for i in body if isinstance(messages[i], HumanMessage)]
    if len(asked) > 1:
        cut = [i for i in body if i < asked[1]]
    else:
        spoken = [i for i in body if i not in asked]
        starts = [i for i in spoken if isinstance(messages[i], AIMessage)]
        cut = [i for i in spoken if i < starts[1]] if len(starts) > 1 else []
    return [m for i, m in enumerate(messages) if i not in cut] if cut else None


def _role(message: BaseMessage) -> str:
    match message:
        case SystemMessage():
            return "system"
        case AIMessage():
            return "assistant"
        case ToolMessage():
            return "tool"
        case _:
            return str(getattr(message, "role", "user"))


def _with_tools(turns: Sequence[Turn], tools: Tools) -> list[Turn]:
    lines = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
    filled = prompts.render("tools", tools=lines).user
    if turns and turns[0]["role"] == "system":
        return [{**turns[0], "content": f"{turns[0]['content']}\n\n{filled}"}, *turns[1:]]
    return [{"role": "system", "content": filled}, *turns]


def _folded(turns: Sequence[Turn]) -> list[Turn]:
    """Join neighbours of one role, system text counted as the user's: some templates want strict alternation."""
    folded: list[Turn] = []
    for turn in turns:
        role = "user" if turn["role"] == "system" else turn["role"]
        if folded and folded[-1]["role"] == role:
            folded[-1]["content"] += "\n\n" + turn["content"]
        else:
            folded.append({**turn, "role": role})
    return folded
