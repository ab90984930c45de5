"""The composition root's builders: settings in, objects out."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from handpicked.agent import demonstrations, experiment, judge, scene, scenes, standing, trust
from handpicked.agent.adviser import Adviser
from handpicked.agent.caller import Caller
from handpicked.agent.llm import factory
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.loop import Agent, AgentConfig
from handpicked.agent.planner import Planner
from handpicked.agent.propose import ModelProposer, recorded
from handpicked.agent.read import Reader
from handpicked.agent.rounds import OFFERED, Powers
from handpicked.agent.scenes import Scenes
from handpicked.agent.settings import Settings
from handpicked.tools.data import assets, manifests, opening
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import AssetError, DataError, ModelError
from handpicked.tools.types import Embedder

_log = logging.getLogger(__name__)
_ENGLISH_ONLY = frozenset({"smollm2-135m-instruct"})
"""Models that write only English passably; measured for the embedded one."""
_SMALL_BYTES = 1_500_000_000
"""A file smaller than this holds a model that can't keep up a loop of calls: about 2 thousand million weights at 4 bits."""


@dataclass(frozen=True, slots=True)
class Parts:
    """An agent and what it stands on."""

    workspace: Workspace
    index: Index
    agent: Agent
    powers: Powers
    client: ModelClient | None = None


def open_workspace(settings: Settings) -> Workspace:
    """The workspace of the settings. Raises DataError when it can't be used."""
    return Workspace.open(
        settings.workspace, catalog_url=settings.catalog_url, events_url=settings.events_url
    )


def open_agent(settings: Settings, *, prose: bool = True) -> Parts:
    """An agent on the settings' workspace; without `prose` no language model is loaded.

    A model that isn't there costs prose: the reply says so in `degraded`."""
    if manifests.current(settings.workspace) is None:
        raise DataError(f"{settings.workspace} has no build yet: run `handpicked build` (or `make demo`)")
    workspace = open_workspace(settings)
    embedder = factory.embedder(settings)
    index = Index(workspace, embedder)
    opening.warm(index.snapshot().build)
    embedder.query("")  # loads it, so that the first turn doesn't wait
    known = scenes.load(settings.scenes)
    reader = Reader(
        known, scene.load(settings.cache, embedder, known), standing.load(settings.cache), embedder
    )
    client, missing = model_client(settings) if prose else (None, None)
    languages = ("en",) if settings.model in _ENGLISH_ONLY else ("en", "zh")
    tested = experiment.load(settings.experiment, known) if settings.experiment is not None else None
    config = AgentConfig(settings.k, settings.seed, languages, missing, tested)
    added = powers(settings, client)
    agent = Agent(
        workspace,
        index,
        reader,
        client=client,
        powers=added,
        adviser=adviser(settings, client, embedder, known),
        config=config,
    )
    return Parts(workspace, index, agent, added, client)


def adviser(
    settings: Settings, client: ModelClient | None, embedder: Embedder, known: Scenes
) -> Adviser | None:
    """The model's part of reading; None where it has none: switched off, never measured, or seen to be of no help."""
    if client is None or settings.model_reading == "off":
        return None
    where, always = (
        trust.path(settings.cache, client.identity, embedder, known),
        settings.model_reading == "on",
    )
    try:
        measured = trust.load(where)
    except DataError as err:
        _log.warning("evidence alone reads turns: %s", err)
        return None
    if measured is None or not (measured.sure or always):
        return None
    shown = [demo for demo in demonstrations.packaged() if demo.split == "train"]
    return Adviser(client, measured, judge.shelf(shown, embedder, known), embedder, known, always)


def powers(settings: Settings, client: ModelClient | None) -> Powers:
    """What a model that calls tools adds, and proposals that were recorded; both may be there without the other."""
    replayed = recorded(settings.proposals) if settings.proposals is not None else None
    capable = settings.tool_loop == "on" or (
        settings.tool_loop == "auto" and settings.model.startswith("openai:")
    )
    if client is None or not capable:
        return Powers(proposer=replayed)
    if client.bytes is not None and client.bytes < _SMALL_BYTES:
        return Powers(proposer=replayed, planner=Planner(client, settings.seed))
    caller = Caller(client, OFFERED, settings.seed)
    return Powers(caller, replayed or ModelProposer(client, settings.seed))


def model_client(settings: Settings) -> tuple[ModelClient | None, str | None]:
    """The settings' model, None where there is none; and why not, where one was asked for."""
    try:
        model = factory.chat_model(settings, lambda name: assets.path(settings.cache, name))
    except (AssetError, ModelError) as err:
        _log.warning("no language model: %s", err)
        return None, str(err)
    if model is None:
        return None, None
    return ModelClient(model, timeout_s=settings.model_timeout_s, retries=settings.model_retries), None
