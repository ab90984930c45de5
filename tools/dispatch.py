"""Typed functions become tools: schema from the signature, and one way to call them."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Concatenate, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from handpicked.tools import taste
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.profile_store import Label
from handpicked.tools.errors import ToolError
from handpicked.tools.types import Campaign, Embedder, Event, Found, ToolCall, ToolResult


@dataclass(frozen=True)
class Context:
    """What tools are bound to for one turn. `now` is in seconds since 1970 (UTC)."""

    snapshot: Snapshot
    embedder: Embedder
    events: EventStore
    now: float
    user_id: str | None = None
    campaigns: tuple[Campaign, ...] = ()

    @cached_property
    def logged(self) -> tuple[Event, ...]:
        """The user's latest events, newest first; none for someone unknown. Read once a turn, so that its tools agree."""
        return tuple(self.events.recent(self.user_id)) if self.user_id is not None else ()

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """What the user said of their taste, the newest first."""
        return tuple(self.events.profile.labels(self.user_id)) if self.user_id is not None else ()

    @cached_property
    def past(self) -> tuple[Event, ...]:
        """What the user did and said of items, newest first; of two that contradict, what was said later holds."""
        return taste.with_words(self.logged, self.labels, self.user_id or "")


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that can be called by name; its first parameter, the context, is not in the schema."""

    name: str
    description: str
    function: Callable[Concatenate[Context, ...], Found]
    arguments: type[BaseModel]

    @property
    def schema(self) -> dict[str, Any]:
        """The arguments as JSON schema."""
        return self.arguments.model_json_schema()

    def definition(self) -> dict[str, Any]:
        """The tool as OpenAI and LangChain describe one."""
        function = {"name": self.name, "description": self.description, "parameters": self.schema}
        return {"type": "function", "function": function}


def tool(function: Callable[Concatenate[Context, ...], Found]) -> Tool:
    """Derive a tool from a typed function: its name, the docstring's first paragraph, the annotations."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    fields: dict[str, Any] = {
        parameter.name: (
            hints[parameter.name],
            ... if parameter.default is parameter.empty else parameter.default,
        )
        for parameter in parameters
    }
    name = function.__name__
    description = (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ")
    arguments = create_model(f"{name}_arguments", __config__=ConfigDict(extra="forbid"), **fields)
    return Tool(name, description, function, arguments)


def call(tools: Mapping[str, Tool], context: Context, wanted: ToolCall) -> ToolResult:
    """Run one call. An unknown tool, bad arguments or a ToolError become a message that the model sees;
    anything else is a bug and propagates."""
    start = time.perf_counter()
    try:
        found = _run(tools, context, wanted)
    except ToolError as err:
        return ToolResult(wanted, ms=_since(start), error=str(err))
    return ToolResult(wanted, found.candidates, found.facts, _since(start))


def _run(tools: Mapping[str, Tool], context: Context, wanted: ToolCall) -> Found:
    if wanted.name not in tools:
        raise ToolError(f"unknown tool {wanted.name!r}; known: {', '.join(sorted(tools))}")
    chosen = tools[wanted.name]
    try:
        arguments = chosen.arguments.model_validate(dict(wanted.arguments))
    except ValidationError as err:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in err.errors())
        raise ToolError(f"bad arguments for {wanted.name!r}: {problems}") from err
    return chosen.function(
        context, **{name: getattr(arguments, name) for name in chosen.arguments.model_fields}
    )


def _since(start: float) -> float:
    return (time.perf_counter() - start) * 1000.0
