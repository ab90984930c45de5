"""An agent on the twenty items, with whatever model a test gives it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from langchain_core.language_models import BaseChatModel

from handpicked.agent import scene, scenes
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.loop import Agent, AgentConfig
from handpicked.agent.read import Reader
from handpicked.agent.settings import Settings
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Embedder

MakeAgent = Callable[..., Agent]


@pytest.fixture(scope="session")
def reader(settings: Settings, embedder: Embedder) -> Reader:
    """The reader with its model fitted on the demonstrations."""
    known = scenes.load()
    return Reader(known, scene.load(settings.cache, embedder, known), embedder)


@pytest.fixture
def make_agent(built: Workspace, embedder: Embedder, reader: Reader) -> MakeAgent:
    """Build an agent; `model` writes its prose."""

    def make(model: BaseChatModel | None = None, workspace: Workspace = built, **options: object) -> Agent:
        client = ModelClient(model, timeout_s=5.0, retries=0) if model is not None else None
        config = AgentConfig(**options)  # type: ignore[arg-type]
        return Agent(workspace, Index(workspace, embedder), reader, client=client, config=config)

    return make
