"""Grammars that hold a model to a tool call or a JSON schema, through llguidance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, cast

import numpy as np

from handpicked.agent.llm.gguf import Weights
from handpicked.tools.errors import ModelError
from handpicked.tools.types import Floats, Json

CALL_OPEN = "<tool_call>\n"
CALL_CLOSE = "\n</tool_call>"
MAX_STRING = 400
"""Characters in a string whose schema sets no limit: a small model may never close it."""
MAX_ITEMS = 16
_OPTIONS = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": ", "lenient": True}
_BOUNDED_STRING = ("maxLength", "enum", "const", "pattern", "format")


class Matcher:
    """Where one generation stands in its grammar."""

    def __init__(self, native: Any, vocabulary: int) -> None:
        self._native = native
        self._bits = np.full((vocabulary + 31) // 32, -1, dtype=np.int32)
        self._size = vocabulary

    @property
    def done(self) -> bool:
        """Nothing may follow."""
        return bool(self._native.is_stopped())

    def start(self) -> list[int]:
        """Give (and take as read) the tokens that the grammar forces before anything is sampled."""
        return self._forced()

    def mask(self, logits: Floats) -> None:
        """Write -inf, in place, to every token that the grammar forbids now."""
        self._native.unsafe_compute_mask_ptr(self._bits.ctypes.data, self._bits.nbytes)
        allowed = np.unpackbits(self._bits.view(np.uint8), bitorder="little")[: self._size]
        np.copyto(logits, -np.inf, where=allowed == 0)

    def accept(self, token: int) -> list[int]:
        """Take a sampled token and give the tokens that the grammar forces after it (taken as well)."""
        if not self._native.consume_token(token):
            raise ModelError(f"grammar stopped at token {token}: {self._native.get_error()}")
        return self._forced()

    def _forced(self) -> list[int]:
        forced: list[int] = [] if self.done else self._native.compute_ff_tokens()
        if forced and not self._native.consume_tokens(forced):
            raise ModelError(f"grammar stopped: {self._native.get_error()}")
        return forced


def matcher(grammar: str, weights: Weights) -> Matcher:
    """Start a grammar, compiled once for each text of it. Raises ModelError when it can't be compiled."""
    return Matcher(_compiled(grammar, weights).deep_copy(), weights.size)


def json_grammar(schema: Mapping[str, Json]) -> str:
    """Give the grammar of the JSON texts that fit a schema, on one line, with `, ` and `: ` between."""
    native: Any = import_module("llguidance").LLMatcher
    return native.grammar_from_json_schema(json.dumps(bounded(schema)), overrides=_OPTIONS)


def call_schema(tools: Sequence[Mapping[str, Json]]) -> Mapping[str, Json]:
    """Give the schema of `{"name": .., "arguments": {..}}` for tools in OpenAI's form."""
    calls = [_one_call(cast("Mapping[str, Json]", tool["function"])) for tool in tools]
    return calls[0] if len(calls) == 1 else {"anyOf": calls}


def text_or_call_grammar(tools: Sequence[Mapping[str, Json]], *, marker_is_token: bool) -> str:
    """Give the grammar of plain text, or of text (maybe none) that ends in one call between its two marks."""
    native: Any = import_module("llguidance").LLMatcher
    body = json.dumps({**cast("dict[str, Json]", bounded(call_schema(tools))), "x-guidance": _OPTIONS})
    mark = json.dumps(CALL_OPEN.strip())[1:-1]
    lead = f'lead: PLAIN? {mark} "\\n"' if marker_is_token else f"lead[lazy]: /(?s:.*){mark}\\n/"
    return native.grammar_from_lark(
        f"start: PLAIN | lead body {json.dumps(CALL_CLOSE)}\n"
        f"PLAIN: /(?s:.+)/ & ~/(?s:.*{mark}.*)/\n{lead}\nbody: %json {body}\n"
    )


def bounded(schema: Json) -> Json:
    """Copy a schema with an end to every string and array, and no properties beyond those it names."""
    if isinstance(schema, Mapping):
        return _bounded_object({key: bounded(value) for key, value in schema.items()})
    if isinstance(schema, Sequence) and not isinstance(schema, str):
        return [bounded(value) for value in schema]
    return schema


def _bounded_object(schema: dict[str, Json]) -> dict[str, Json]:
    kind = schema.get("type")
    kinds = (
        (kind,) if isinstance(kind, str) else cast("Sequence[Json]", kind) if isinstance(kind, list) else ()
    )
    if "string" in kinds and not any(key in schema for key in _BOUNDED_STRING):
        schema["maxLength"] = MAX_STRING
    if "array" in kinds and "maxItems" not in schema:
        schema["maxItems"] = MAX_ITEMS
    if "object" in kinds and "properties" in schema and "additionalProperties" not in schema:
        schema["additionalProperties"] = False
    return schema


def _one_call(function: Mapping[str, Json]) -> dict[str, Json]:
    dereference: Any = import_module("langchain_core.utils.json_schema").dereference_refs
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    arguments: Json = {key: value for key, value in dereference(parameters).items() if key != "$defs"}
    return {
        "type": "object",
        "properties": {"name": {"const": function["name"]}, "arguments": arguments},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


@lru_cache(maxsize=64)
def _compiled(grammar: str, weights: Weights) -> Any:
    native: Any = import_module("llguidance").LLMatcher
    compiled = native(weights.grammar_tokens, grammar, log_level=0)
    if compiled.is_error():
        raise ModelError(
            f"tool or answer schema can't be made a grammar: {compiled.get_error()}; simplify it"
        )
    return compiled
