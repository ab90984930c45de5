"""Settings: one frozen value, built once in `main()` or `create_app()` and passed down."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting; each is also an environment variable with the prefix `HANDPICKED_`."""

    model_config = SettingsConfigDict(env_prefix="HANDPICKED_", frozen=True, extra="ignore")

    workspace: Path = Path(".handpicked")
    cache: Path = Field(default_factory=lambda: user_cache_path("handpicked"))
    data: Path | None = None

    model: str = "smollm2-135m-instruct"
    """An asset's name, a path that ends in .gguf, `openai:NAME` (any OpenAI-compatible server), or `none`."""
    model_url: str | None = None
    """Base URL for `openai:` models, e.g. http://localhost:11434/v1."""
    model_key: SecretStr | None = None
    model_timeout_s: float = 30.0
    model_retries: int = 2
    model_context: int = 4096
    model_threads: int | None = None
    tool_loop: Literal["auto", "on", "off"] = "auto"
    """Whether the model calls tools and names titles; `auto`: `openai:` models do, local ones don't. A small local one that
    is told to (`on`) makes one plan of calls a turn and names none."""
    model_reading: Literal["auto", "on", "off"] = "auto"
    """Whether the model has a say in the scene and the tasks, once `handpicked doctor --measure` has measured it; `auto`:
    where evidence isn't sure and the model was seen to help, `on`: in every turn."""
    proposals: Path | None = None
    """A JSON lines file of titles named for turns, to replay instead of asking a model for them."""

    embedder: str = "use"
    """`use` (multilingual, offline) or `openai:NAME`."""
    embedder_url: str | None = None
    embedder_key: SecretStr | None = None

    catalog_url: str | None = None
    events_url: str | None = None

    scenes: Path | None = None
    """A file of scenes in place of the packaged `prompts/scenes.yaml`."""
    experiment: Path | None = None
    """A file that parts users into policies, each with settings of scenes of its own: an A/B test; see docs/experiments.md."""

    k: int = 10
    seed: int = 0
