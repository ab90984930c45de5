"""The embedded model, loaded once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from handpicked.agent.llm.llamacpp import LlamaCppChat
from handpicked.agent.settings import Settings
from handpicked.eval.openai_server import Server, serving
from handpicked.tools.data import assets
from handpicked.tools.errors import AssetError


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The embedded model's file; without it these tests are skipped, and in CI they fail."""
    try:
        return assets.path(Settings().cache, "smollm2-135m-instruct")
    except AssetError as err:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(err))


@pytest.fixture(scope="session")
def shared_chat(model_path: Path) -> LlamaCppChat:
    """One loaded model for the session, its context small enough to overflow quickly."""
    return LlamaCppChat(model_path=model_path, context_size=1024, max_tokens=24)


@pytest.fixture
def chat(shared_chat: LlamaCppChat) -> LlamaCppChat:
    """The loaded model with empty caches."""
    shared_chat.close()
    return shared_chat


@pytest.fixture
def server() -> Iterator[Server]:
    """An OpenAI-compatible server on loopback."""
    with serving() as running:
        yield running
