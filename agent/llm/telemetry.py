"""Keeps LangChain from sending traces anywhere, whatever LANGSMITH_TRACING or LANGCHAIN_TRACING_V2 say."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def off() -> None:
    """Turn LangSmith tracing off for this process.

    The setting made here outranks the environment. Every way to a model goes through `chat_model` or `ModelClient`,
    and both call this.
    """
    langsmith: Any = import_module("langsmith")
    langsmith.configure(enabled=False)
