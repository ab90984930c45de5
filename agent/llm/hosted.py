"""Hosted chat models that keep what LangChain drops of a stream: the `refusal` that OpenAI sends beside the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from langchain_openai.chat_models.base import BaseChatOpenAI

_Convert = Callable[[dict[str, Any], type, dict[str, Any] | None], ChatGenerationChunk | None]


class _Refusals(BaseChatOpenAI):
    """Puts `refusal` where a plain answer has it. LangChain's models of other providers override the same method."""

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        parent: Any = super()
        convert: _Convert = parent._convert_chunk_to_generation_chunk
        made = convert(chunk, default_chunk_class, base_generation_info)
        choices: list[dict[str, Any]] = chunk.get("choices") or []
        delta: dict[str, Any] = (choices[0].get("delta") if choices else None) or {}
        if made is not None and (refusal := delta.get("refusal")):
            made.message.additional_kwargs["refusal"] = refusal
        return made


class OpenAIChat(_Refusals, ChatOpenAI):
    """OpenAI's own server, which wants `max_completion_tokens`."""


class CompatibleChat(_Refusals):
    """Any other server that speaks the protocol: most know `max_tokens` only, which `ChatOpenAI` renames."""
