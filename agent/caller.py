"""A capable model's part in act: it calls tools, sees what they give, and calls again."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import orjson
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.tool import ToolCall as MessageCall
from langchain_core.utils.json_schema import dereference_refs

from handpicked import prompts
from handpicked.agent.llm.answers import Broken, Called, Usage
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.turn import Turn, calls_text, plain, result_text, results_text, told
from handpicked.tools.dispatch import Tool
from handpicked.tools.types import Json, ToolCall, ToolResult

FAMILY = "act"
_TOKENS = 700
_AT_ONCE = 8
_INTERNAL = ("source", "span")
"""What a constraint has for us only."""
_NAME = re.compile(r"[^\w-]", re.ASCII)
OTHER_MODEL = "use another model or set HANDPICKED_TOOL_LOOP=off"


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said to the model so far, the calls that were made (the plan's among them, those that failed not), and
    the tokens written."""

    messages: tuple[BaseMessage, ...]
    made: tuple[ToolCall, ...]
    rounds: int = 0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer: calls to run, those that can't be run, and those that were made before. `note` says what was wrong
    with it."""

    calls: tuple[ToolCall, ...]
    refused: tuple[ToolResult, ...]
    repeated: tuple[ToolResult, ...]
    text: str
    usage: Usage
    note: str | None = None

    @property
    def ends(self) -> bool:
        """Whether there is nothing that a further round could answer to."""
        return not self.calls and not self.refused


class Caller:
    """Lets a model call tools. Raises ModelError and BudgetExceeded as its client does."""

    def __init__(self, client: ModelClient, tools: Mapping[str, Tool], seed: int = 0) -> None:
        self.name = client.name
        self._client = client
        self._tools = tools
        self._definitions = {name: definition(tool) for name, tool in tools.items()}
        self._seed = seed

    def begin(self, turn: Turn, running: Sequence[ToolCall]) -> Talk:
        """What the model is told first; `running` are the calls that are made anyway."""
        prompt = prompts.render(
            "act", running=calls_text(running), rounds=str(turn.scene.rounds), **told(turn)
        )
        return Talk((SystemMessage(prompt.system), HumanMessage(prompt.user)), tuple(running))

    async def ask(self, talk: Talk, turn: Turn, *, deadline_s: float) -> Asked:
        """Ask for calls."""
        offered = self.offered(turn)
        left = max(1, turn.scene.model_tokens - talk.tokens)
        called = await self._client.call_tools(
            talk.messages, [self._definitions[name] for name in offered],
            deadline_s=deadline_s, max_tokens=min(_TOKENS, left), seed=self._seed, family=FAMILY,
        )  # fmt: skip
        return self._sorted(called, talk, turn, offered)

    def offered(self, turn: Turn) -> Mapping[str, Tool]:
        """The tools that the scene weighs, and those that tell facts."""
        known = turn.scene.weights
        facts = ("lookup", "history") if turn.request.user_id else ("lookup",)
        return {name: tool for name, tool in self._tools.items() if name in facts or known.get(name, 0.0) > 0}

    def heard(self, talk: Talk, asked: Asked, results: Sequence[ToolResult], turn: Turn) -> Talk:
        """The talk with the model's calls and what they gave, each under its call's id."""
        answers = [*results, *asked.refused, *asked.repeated]
        calls = [
            MessageCall(name=_name(r.call.name), args=dict(r.call.arguments), id=r.call.call_id)
            for r in answers
        ]
        said: list[BaseMessage] = [AIMessage(asked.text or ("" if calls else "done"), tool_calls=calls)]
        said += [
            ToolMessage(result_text(r, turn.context.snapshot), tool_call_id=r.call.call_id) for r in answers
        ]
        return Talk(
            (*talk.messages, *said), (*talk.made, *(r.call for r in results if not r.error)), talk.rounds + 1,
            talk.tokens + asked.usage.completion_tokens,
        )  # fmt: skip

    def meanwhile(self, talk: Talk, results: Sequence[ToolResult], turn: Turn) -> Talk:
        """The talk with what the calls gave that were made anyway."""
        prompt = prompts.render("meanwhile", found=results_text(results, turn.context.snapshot))
        return replace(talk, messages=(*talk.messages, HumanMessage(prompt.user)))

    def mend(self, talk: Talk, why: Sequence[str], shown: str) -> Talk:
        """The talk with what is wrong with the lists."""
        prompt = prompts.render("repair", why=orjson.dumps(list(why)).decode(), shown=shown)
        return replace(talk, messages=(*talk.messages, HumanMessage(prompt.user)))

    def _sorted(self, called: Called, talk: Talk, turn: Turn, offered: Mapping[str, Tool]) -> Asked:
        """Calls to run apart from those that are broken, repeated or too many."""
        calls: list[ToolCall] = []
        repeated: list[ToolResult] = []
        refused = [_broken(broken, talk, number) for number, broken in enumerate(called.broken)]
        made = {_key(call) for call in talk.made}
        ids = {result.call.call_id for result in refused}
        for number, given in enumerate(called.calls, len(refused)):
            call = replace(within(given, turn, offered), call_id=_id(given.call_id, ids, talk, number))
            ids.add(call.call_id)
            if _key(call) in made:
                repeated.append(ToolResult(call, error="this call was made already; what it gave stands"))
            elif len(calls) == _AT_ONCE:
                refused.append(ToolResult(call, error=f"not run: at most {_AT_ONCE} calls a round"))
            else:
                calls.append(call)
                made.add(_key(call))
        looped = [result.call.name for result in repeated] if not calls and not refused else []
        note = self._note(called, talk, looped)
        return Asked(tuple(calls), tuple(refused), tuple(repeated), called.text.strip(), called.usage, note)

    def _note(self, called: Called, talk: Talk, looped: Sequence[str]) -> str | None:
        """What is wrong with an answer, named with the model and a fix."""
        text = " ".join(called.text.split())
        if called.cut:
            return f"{called.cut} (after {len(called.calls)} calls, which count)"
        if looped and talk.rounds:
            return (
                f"{self.name} only repeated calls that were made already ({', '.join(looped)}); {OTHER_MODEL}"
            )
        if called.calls or called.broken or talk.rounds:
            return None
        if called.finish == "length":
            tokens = called.usage.completion_tokens
            return f"{self.name} wrote {tokens} tokens and no call; raise the scene's model_tokens, or {OTHER_MODEL}"
        if not text:
            return f"{self.name} answered nothing; {OTHER_MODEL}"
        return None if text.strip(".!\"'`").casefold() == "done" else self._said(text)

    def _said(self, text: str) -> str:
        return f"{self.name} called no tool and said {text[:100]!r}; {OTHER_MODEL}"


def definition(tool: Tool) -> dict[str, Any]:
    """A tool as models are told of it: its schema without references, which some servers can't follow, and without
    titles and what is not a model's to say."""
    made = tool.definition()
    resolved = dereference_refs(made["function"]["parameters"])
    made["function"]["parameters"] = _plain({k: v for k, v in resolved.items() if k != "$defs"})
    return made


def within(call: ToolCall, turn: Turn, offered: Mapping[str, Tool]) -> ToolCall:
    """The call with the reading's constraints, so that what it finds is not thrown away; a lookup answers on any item.
    Arguments that are not what they should be stay so."""
    tool, given = offered.get(call.name), call.arguments.get("constraints", [])
    if tool is None or call.name == "lookup" or "constraints" not in tool.arguments.model_fields:
        return call
    if not isinstance(given, list):
        return call
    kept: list[Json] = [plain(constraint) for constraint in turn.reading.constraints]
    return replace(
        call, arguments=dict(call.arguments) | {"constraints": [*kept, *(c for c in given if c not in kept)]}
    )


def _plain(schema: Any, *, named: bool = False) -> Any:
    """A schema without titles; `named` says that the keys are properties' names."""
    if isinstance(schema, list):
        return [_plain(part) for part in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    given = cast("dict[str, Any]", schema)
    kept = {key: part for key, part in given.items() if key not in (_INTERNAL if named else ("title",))}
    return {key: _plain(part, named=key == "properties" and not named) for key, part in kept.items()}


def _broken(broken: Broken, talk: Talk, number: int) -> ToolResult:
    """A call that can't be read. It goes back without what was written: servers read arguments as JSON."""
    call = ToolCall(broken.name, {}, _id(broken.call_id, (), talk, number))
    return ToolResult(call, error=f"{broken.error}: {broken.written[:200]}")


def _id(given: str, taken: Collection[str], talk: Talk, number: int) -> str:
    """The provider's own id where it is one; else nine letters and digits, which every server takes."""
    return given if given and given not in taken else f"call{talk.rounds:02}{number:03}"


def _key(call: ToolCall) -> bytes:
    return orjson.dumps([call.name, call.arguments], option=orjson.OPT_SORT_KEYS)


def _name(name: str) -> str:
    """A name that servers take back, whatever the model made of it."""
    return _NAME.sub("_", name)[:64] or "unnamed"
