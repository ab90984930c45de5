"""ReDial by the product's own path: ingested, built, and what answers each fold."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import numpy as np
import orjson

from handpicked.agent.llm import factory
from handpicked.eval import suite, suites
from handpicked.eval.suites.conversation import others
from handpicked.eval.types import Case, Options
from handpicked.tools.data import blend, build, conversations, ingest, manifests
from handpicked.tools.data.conversations import Turn
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.learned import Learned
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Embedder, Floats, Rows

FOLDS = 5
DEEPEST = 50
OTHERS = "others"
"""The ablation of what other people chose, in other logs."""
_FILES = tuple(f"redial/{name}.jsonl" for name in ("items", "events", "valid", "test"))
Told: TypeAlias = Mapping[str, list[str]]
"""A turn of a case: `context`, `mentioned` and `targets`; `turn` has its id alone."""


@dataclass(frozen=True, slots=True)
class World:
    """The built workspace, what was learned for a part, and a folder for what is made of it."""

    folder: Path
    snapshot: Snapshot
    embedder: Embedder
    learned: Learned
    events: EventStore

    def context(self) -> Context:
        """What a tool of a live turn is bound to, at no time in particular: nothing here depends on it."""
        return Context(self.snapshot, self.embedder, self.events, 0.0)

    def turn(self, told: Told) -> Turn:
        """A turn of a case, as the product sees one."""
        return conversations.turn(self.embedder, told["context"], self.snapshot.rows(told["mentioned"]))

    def lists(self, turn: Turn) -> dict[str, list[str]]:
        """The first items by every source, and by both steps of the blend."""
        found = conversations.scores(self.learned.shelf, self.learned.past, turn)
        rows = {name: _first(scores, turn) for name, scores in found.items()}
        rows["linear"] = blend.linear(found, self.learned.blend, turn)
        rows["blend"] = blend.blend(found, self.learned.blend, turn).rows
        return {
            name: [self.snapshot.item_id(int(row)) for row in some[:DEEPEST]] for name, some in rows.items()
        }

    def without(self, tool: str, turn: Turn) -> list[str]:
        """The blend that was learned without a tool."""
        found = conversations.scores(self.learned.shelf, self.learned.past, turn)
        rows = blend.blend(found, self.learned.blend, turn, without=_tools(tool)).rows
        return [self.snapshot.item_id(int(row)) for row in rows[:DEEPEST]]


def cases(options: Options) -> list[Case]:
    """A case for each dialogue; the targets are those that had not been named."""
    dialogues: dict[str, list[Told]] = {}
    for line in (_data(options) / f"redial/{options.split}.jsonl").read_bytes().splitlines():
        row = orjson.loads(line)
        named: list[str] = row.get("mentioned", [])
        targets = [target for target in dict.fromkeys(row["target"]) if target not in named]
        told = {
            "turn": [f"{row['dialogue_id']}/{row['turn_id']}"],
            "context": row["context"],
            "mentioned": named,
            "targets": targets,
        }
        dialogues.setdefault(str(row["dialogue_id"]), []).append(told)
    return [
        Case(name, _part(options.split, name), ("all",), turns)
        for name, turns in dialogues.items()
        if any(turn["targets"] for turn in turns)
    ]


@lru_cache(maxsize=1)
def load(options: Options, part: str, without: str = "") -> World:
    """What answers a part: on test all valid dialogues, on valid those of the other folds."""
    settings = suites.settings(options, model="none")
    embedder = factory.embedder(settings)
    root = settings.cache / f"conversation-{suite.code()}"
    root.mkdir(parents=True, exist_ok=True)
    with alone(root / "workspace"):
        workspace = _built(root / "workspace", _data(options), embedder)
    snapshot = Index(workspace, embedder).snapshot()
    every = snapshot.build.learned
    if every is None:
        raise ConfigError(f"the build in {root} learned nothing from the dialogues of HANDPICKED_DATA/redial")
    if without == OTHERS:
        every = replace(every, histories=())
    folder = root / "-".join(filter(None, (part, without)))
    folder.mkdir(exist_ok=True)
    if part == "test" and not without:
        return World(folder, snapshot, embedder, every, workspace.events)
    with alone(folder / "blend"):
        learned = _taught(every, part, folder / "blend", _tools(without))
    return World(folder, snapshot, embedder, learned, workspace.events)


def _taught(every: Learned, part: str, kept: Path, without: Collection[str]) -> Learned:
    """What the dialogues of other parts teach; the fit is kept."""
    answered = tuple(one for one in every.answered if _part("valid", one.dialogue.removeprefix("=")) != part)
    if not kept.is_dir():
        fitted = blend.fit(every.shelf, answered, every.histories, without=without)
        making = kept.with_name("blend.making")
        making.mkdir(exist_ok=True)
        blend.save(fitted, making)
        making.rename(kept)
    return replace(every, answered=answered, blend=blend.load(kept))


def _tools(without: str) -> tuple[str, ...]:
    return (without,) if without not in ("", OTHERS) else ()


def _built(folder: Path, data: Path, embedder: Embedder) -> Workspace:
    if folder.is_dir() and manifests.current(folder) is None:
        shutil.rmtree(folder)
    workspace = Workspace.open(folder)
    if manifests.current(folder) is None:
        items, events, valid, _ = (data / name for name in _FILES)
        ingest.ingest(workspace, ingest.IngestFiles(items=(items,)))
        log = folder / "others.jsonl"
        rows = others.events(data, list(workspace.catalog.scan()))
        log.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        ingest.ingest(workspace, ingest.IngestFiles(events=(events, log), dialogues=(valid,)))
        build.build(workspace, embedder)
    return workspace


def _data(options: Options) -> Path:
    needed = (*_FILES, *others.FILES)
    if options.data is None or not all((options.data / name).is_file() for name in needed):
        raise ConfigError(
            "ReDial, OpenDialKG and MovieLens are read from HANDPICKED_DATA/redial/, opendialkg/ and ml-latest-small/: "
            "set HANDPICKED_DATA to the folder that has them"
        )
    return options.data


def _part(split: str, name: str) -> str:
    """The fold of a dialogue, by a hash of its id."""
    return split if split != "valid" else f"fold-{int(sha256(name.encode()).hexdigest(), 16) % FOLDS}"


def _first(scores: Floats, turn: Turn) -> Rows:
    scores = scores.copy()  # the blend is still to read them
    scores[turn.mentioned] = -np.inf
    return np.lexsort((np.arange(len(scores)), -scores))[: min(DEEPEST, int(np.isfinite(scores).sum()))]


@contextmanager
def alone(path: Path) -> Generator[None]:
    """One worker at a time: the others then find what it made."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
