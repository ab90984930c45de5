"""What one call of the local model asks for: LangChain's keyword options, parsed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from handpicked.agent.llm.context import Sampling
from handpicked.agent.llm.gguf import Weights
from handpicked.agent.llm.grammar import Matcher, call_schema, json_grammar, matcher, text_or_call_grammar
from handpicked.tools.errors import ModelError
from handpicked.tools.types import Json

Form = Literal["text", "json", "call", "either"]
Tool = Mapping[str, Json]

OPTIONS = frozenset(
    [
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "repeat_penalty",
        "seed",
        "tools",
        "tool_choice",
        "response_schema",
        "family",
    ]
)
_SAMPLING = frozenset(["temperature", "top_p", "top_k", "repeat_penalty", "seed"])
_NO_EFFECT_HERE = frozenset(["parallel_tool_calls", "strict", "stream", "ls_structured_output_format"])


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `family` names the context whose KV cache is used; calls that start alike should share one."""

    max_tokens: int
    sampling: Sampling
    stop: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    callable: tuple[Tool, ...] = ()
    form: Form = "text"
    response_schema: Mapping[str, Json] | None = None
    family: str = "default"

    def grammar(self, weights: Weights) -> Matcher | None:
        """Start the grammar that this call's form needs, if it needs one."""
        match self.form:
            case "text":
                return None
            case "json":
                return matcher(json_grammar(self.response_schema or {}), weights)
            case "call":
                return matcher(json_grammar(call_schema(self.callable)), weights)
            case "either":
                marker = weights.single("<tool_call>")
                return matcher(text_or_call_grammar(self.callable, marker_is_token=marker), weights)


def parse(default: Request, stop: Sequence[str] | None, options: Mapping[str, Any]) -> Request:
    """Lay a call's options over the model's defaults. Raises ModelError for an option or a tool unknown here."""
    if unknown := options.keys() - OPTIONS - _NO_EFFECT_HERE:
        raise ModelError(
            f"unknown option {min(unknown)!r} for the local model; known: {', '.join(sorted(OPTIONS))}"
        )
    given = {key: value for key, value in options.items() if value is not None}
    sampling = replace(default.sampling, **{key: given[key] for key in given.keys() & _SAMPLING})
    plain = replace(
        default,
        max_tokens=given.get("max_tokens", default.max_tokens),
        family=given.get("family", default.family),
        sampling=sampling,
        stop=tuple(stop or ()),
    )
    if "response_schema" in given:
        return replace(plain, form="json", response_schema=given["response_schema"])
    return _with_tools(plain, tuple(given.get("tools", ())), chosen(given.get("tool_choice", "auto")))


def chosen(choice: object) -> str:
    """Give a tool choice as `auto`, `any`, `none` or a tool's name, from any of the forms that LangChain allows."""
    if isinstance(choice, Mapping):
        function = cast("Mapping[str, Any]", choice).get("function", {})
        return str(function.get("name", "any"))
    if choice is True or choice == "required":
        return "any"
    return "auto" if choice in (None, False) else str(choice)


def _with_tools(request: Request, tools: tuple[Tool, ...], choice: str) -> Request:
    if not tools or choice == "none":
        return request
    if choice in ("auto", "any"):
        return replace(request, tools=tools, callable=tools, form="call" if choice == "any" else "either")
    names = [cast("Mapping[str, Json]", tool["function"])["name"] for tool in tools]
    if choice not in names:
        raise ModelError(
            f"unknown tool choice {choice!r}; known: auto, any, none, {', '.join(map(str, names))}"
        )
    return replace(request, tools=tools, callable=(tools[names.index(choice)],), form="call")
