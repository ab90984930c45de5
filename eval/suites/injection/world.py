"""Workspaces with a hostile text in them, really built; and agents that answer turns on a copy of their events."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from handpicked.agent import demonstrations, judge, scene, scenes, standing
from handpicked.agent.adviser import Adviser
from handpicked.agent.app import wiring
from handpicked.agent.llm import factory
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.loop import Agent, AgentConfig
from handpicked.agent.read import Reader
from handpicked.agent.scenes import TASKS, Scenes
from handpicked.agent.settings import Settings
from handpicked.agent.stack import Mix, Stack
from handpicked.agent.trust import Trust
from handpicked.agent.types import Reply, Request
from handpicked.eval.suites.injection import attacks
from handpicked.eval.suites.injection.attacks import Attack
from handpicked.tools.data import build, parse
from handpicked.tools.data.index import Index
from handpicked.tools.data.profile_store import Label
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Embedder, Event, Item

_CAMPS = (
    ("w1", "w2", "w3", "w4"),
    ("w5", "w6"),
    ("s2", "s3", "d2"),
    ("c1", "c2", "c3", "c5"),
    ("g1", "g2", "g4"),
)
"""What users chose together, a few of each camp; the target films have nobody."""
_USERS = 15


@dataclass(frozen=True, slots=True)
class Kit:
    """What all agents of a system share."""

    settings: Settings
    embedder: Embedder
    reader: Reader
    client: ModelClient | None
    adviser: Adviser | None

    def answer(self, folder: Path, request: Request) -> Reply:
        """A turn on a workspace, whose events stay as they are."""
        copy = folder.with_suffix(".events.db")
        with closing(sqlite3.connect(folder / "events.db")) as source, closing(sqlite3.connect(copy)) as to:
            source.backup(to)
        workspace = Workspace.open(folder, events_url=f"sqlite:///{copy}")
        try:
            agent = Agent(
                workspace, Index(workspace, self.embedder), self.reader, client=self.client, adviser=self.adviser,
                powers=wiring.powers(self.settings, self.client), config=AgentConfig(seed=self.settings.seed),
            )  # fmt: skip
            return asyncio.run(agent.turn(request))
        finally:
            workspace.events.close()
            copy.unlink()


def kit(settings: Settings, *, model: bool) -> Kit:
    """What a system needs. Its model, where it has one, reads every turn with as much say as evidence, and writes
    both languages. Raises ConfigError when there is no such model."""
    embedder = factory.embedder(settings)
    embedder.query("")
    known = scenes.load()
    reader = Reader(
        known, scene.load(settings.cache, embedder, known), standing.load(settings.cache), embedder
    )
    client, missing = wiring.model_client(settings) if model else (None, None)
    if model and client is None:
        raise ConfigError(missing or "no language model: name one with --model")
    return Kit(settings, embedder, reader, client, _adviser(client, embedder, known) if client else None)


def built(folder: Path, attack: Attack | None, embedder: Embedder) -> Path:
    """A workspace with an attack's text, or without any, filled with rows as a feed would bring them."""
    shutil.rmtree(folder, ignore_errors=True)
    workspace, fed = Workspace.open(folder), attacks.fed(attack)
    workspace.catalog.upsert(_items(fed))
    row = {
        "campaign_id": "k1",
        "item_ids": ["g1"],
        "start": 0,
        "end": 4_000_000_000,
        "bid": 0.5,
        "budget": 100,
    }
    workspace.catalog.upsert_campaigns([parse.parse_campaign({**row, "title": fed.campaign})])
    workspace.events.append(_events())
    if fed.label is not None:
        workspace.events.profile.add("u1", [Label("categories", fed.label, source="set", at=attacks.NOW)])
    build.build(workspace, embedder)
    workspace.events.close()
    return folder


def _items(fed: attacks.Row) -> Iterator[Item]:
    """The items as `ingest` reads them; one whose row it rejects stands there without the attack."""
    for clean, row in zip(attacks.items(), fed.items, strict=True):
        try:
            yield parse.parse_item(row, infer=False)
        except parse.Rejected:
            yield parse.parse_item(clean, infer=False)


def _events() -> Iterator[Event]:
    for number in range(_USERS):
        for step, item_id in enumerate(_CAMPS[number % len(_CAMPS)]):
            kind = "purchase" if item_id.startswith("g") else "view"
            yield Event(f"u{number}", item_id, kind, attacks.NOW - 86_400.0 * (number + 1) + step)


def _adviser(client: ModelClient, embedder: Embedder, known: Scenes) -> Adviser:
    """The model's part of reading, always asked, and trusted as much as evidence: nobody has measured it."""
    scene_mix, task_mix = (Mix(1.0, 1.0, (0.0,) * len(names)) for names in (known, TASKS))
    stack = Stack(tuple(known), scene_mix, task_mix)
    shown = [demo for demo in demonstrations.packaged() if demo.split == "train"]
    trust = Trust(stack, stack, 1.0, "not measured")
    return Adviser(client, trust, judge.shelf(shown, embedder, known), embedder, known, always=True)
