"""Chat model and embedder by the settings. Nothing heavy is imported before one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handpicked.agent.settings import Settings
from handpicked.tools.errors import ConfigError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from pydantic import SecretStr

    from handpicked.agent.llm.embed import CachedEmbedder

_OPENAI_URL = "https://api.openai.com/v1"
_OPENAI = "openai:"


def chat_model(settings: Settings, model_path: Callable[[str], Path]) -> BaseChatModel | None:
    """Give the chat model that `settings.model` names, None for `none`.

    `model_path` gives the file of an asset's name (and may fetch it). Raises ModelError for a bad file, ConfigError
    for a setting that is missing or wrong, and whatever `model_path` raises.
    """
    name = settings.model.strip()
    if name == "none":
        return None
    if name.startswith(_OPENAI):
        return _hosted(settings, name.removeprefix(_OPENAI))
    return _local(settings, Path(name).expanduser() if name.endswith(".gguf") else model_path(name))


def embedder(settings: Settings) -> CachedEmbedder:
    """Give the embedder that `settings.embedder` names, with its cache under `settings.cache`."""
    _telemetry_off()
    embed: Any = import_module("handpicked.agent.llm.embed")
    path = settings.cache / "embeddings.db"
    name = settings.embedder.strip()
    if name == "use":
        return embed.CachedEmbedder(
            embed.UseEmbeddings(), name=embed.USE_NAME, path=path, dimensions=embed.USE_SIZE
        )
    if not name.startswith(_OPENAI) or name == _OPENAI:
        raise ConfigError(f"unknown embedder {name!r}; set HANDPICKED_EMBEDDER to use, or to openai:NAME")
    url, key = _access("EMBEDDER", settings.embedder_url, settings.embedder_key)
    openai: Any = import_module("langchain_openai")
    inner = openai.OpenAIEmbeddings(
        model=name.removeprefix(_OPENAI),
        base_url=url,
        api_key=key,
        timeout=settings.model_timeout_s,
        max_retries=settings.model_retries,
        check_embedding_ctx_length=False,  # its check downloads a tokenizer and sends token ids, not text
    )
    return embed.CachedEmbedder(inner, name=f"{name}@{url}", path=path, dimensions=None)


def _local(settings: Settings, path: Path) -> BaseChatModel:
    _telemetry_off()
    local: Any = import_module("handpicked.agent.llm.llamacpp")
    return local.LlamaCppChat(
        model_path=path,
        context_size=settings.model_context,
        threads=settings.model_threads,
        seed=settings.seed,
    )


def _hosted(settings: Settings, name: str) -> BaseChatModel:
    if not name:
        raise ConfigError("openai: lacks a model's name; set HANDPICKED_MODEL to e.g. openai:gpt-4o-mini")
    url, key = _access("MODEL", settings.model_url, settings.model_key)
    _telemetry_off()
    hosted: Any = import_module("handpicked.agent.llm.hosted")
    kind: Any = hosted.CompatibleChat if settings.model_url else hosted.OpenAIChat
    return kind(
        model=name,
        base_url=url,
        api_key=key,
        timeout=settings.model_timeout_s,
        max_retries=0,  # `ModelClient` tries again, and only it
        stream_usage=True,
        use_responses_api=False,
    )


def _access(what: str, url: str | None, key: SecretStr | None) -> tuple[str, Any]:
    """Give URL and key; never those that other programs left in the environment."""
    if key is None and url is None:
        raise ConfigError(
            f"openai: needs HANDPICKED_{what}_KEY, or HANDPICKED_{what}_URL for a server that wants no key "
            "(e.g. http://localhost:11434/v1)"
        )
    return url or _OPENAI_URL, key.get_secret_value() if key else "none"


def _telemetry_off() -> None:
    telemetry: Any = import_module("handpicked.agent.llm.telemetry")
    telemetry.off()
