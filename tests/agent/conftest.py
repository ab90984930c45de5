"""An agent on the twenty items, with whatever model a test gives it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from langchain_core.language_models import BaseChatModel

from handpicked.agent import scene, scenes, standing
from handpicked.agent.adviser import Adviser
from handpicked.agent.caller import Caller
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.loop import Agent, AgentConfig
from handpicked.agent.propose import ModelProposer, Proposer
from handpicked.agent.read import Reader
from handpicked.agent.rounds import OFFERED, Powers
from handpicked.agent.settings import Settings
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Embedder

MakeAgent = Callable[..., Agent]


@pytest.fixture(scope="session")
def reader(settings: Settings, embedder: Embedder) -> Reader:
    """The reader with its model fitted on the demonstrations."""
    known = scenes.load()
    return Reader(known, scene.load(settings.cache, embedder, known), standing.load(settings.cache), embedder)


@pytest.fixture
def make_agent(built: Workspace, embedder: Embedder, reader: Reader) -> MakeAgent:
    """Build an agent; `model` writes its prose, and where it is `capable` calls tools and names titles."""

    def make(
        model: BaseChatModel | None = None,
        workspace: Workspace = built,
        *,
        capable: bool = False,
        proposer: Proposer | None = None,
        adviser: Adviser | None = None,
        timeout_s: float = 5.0,
        using: Reader = reader,
        **options: object,
    ) -> Agent:
        client = ModelClient(model, timeout_s=timeout_s, retries=0) if model is not None else None
        powers = (
            Powers(Caller(client, OFFERED), proposer or ModelProposer(client)) if client and capable else None
        )
        return Agent(
            workspace, Index(workspace, embedder), using, client=client, adviser=adviser,
            powers=powers or Powers(proposer=proposer), config=AgentConfig(**options),  # type: ignore[arg-type]
        )  # fmt: skip

    return make
