"""The product's whole turn without words as a system: a workspace of the part's items and events, built, and asked."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from handpicked.agent.app import wiring
from handpicked.agent.llm import factory
from handpicked.agent.loop import Agent
from handpicked.agent.types import Request, Surroundings
from handpicked.eval import suites
from handpicked.eval.suites.ranking import kinds
from handpicked.eval.suites.ranking.data import asset
from handpicked.eval.suites.ranking.parts import Training
from handpicked.eval.suites.ranking.systems import Ranker, columns
from handpicked.eval.types import Options
from handpicked.tools.data import build
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Event, Item

SYSTEMS: Mapping[str, bool] = {"turn": True, "turn-fused": False}
"""Whether a system uses the mix that the build learned, where it learned one."""
_SCENES: Mapping[str, str] = {"movie": "watch", "grocery": "shop", "music": "listen"}
_ASKED = 60
"""The seen are dropped from so many: a scene may bring back what a user had."""
_PATIENT_MS = 60_000
_NOW = 1_700_000_000.0


def ranker(data_set: str, training: Training, options: Options, *, mixed: bool) -> Ranker:
    """Build a workspace and ask its agent; of the times only their order is known. Raises ConfigError when data are missing."""
    items = catalog(data_set, training.item_ids, options)
    folder = tempfile.TemporaryDirectory(prefix="handpicked-turns-")
    settings = suites.settings(options, model="none").model_copy(update={"workspace": Path(folder.name)})
    embedder = factory.embedder(settings)
    workspace = Workspace.open(settings.workspace)
    workspace.catalog.upsert(items)
    workspace.events.append(_events(training))
    build.build(workspace, embedder)
    agent = wiring.open_agent(settings, prose=False).agent
    if not mixed:
        agent = Agent(workspace, _Fused(workspace, embedder), agent.reader)
    scene = _SCENES[items[0].domain]

    def rank(user: int, k: int) -> list[str]:
        assert folder.name, "the workspace is there as long as its ranker"
        had = {training.item_ids[int(at)] for at in columns(training.seen, user)}
        request = Request(
            user_id=f"u{user}", k=_ASKED, budget_ms=_PATIENT_MS, context=Surroundings(scene=scene, now=_NOW)
        )
        reply = asyncio.run(agent.turn(request))
        shown = [item.item_id for ranked in reply.lists for item in ranked.items]
        return [item_id for item_id in shown if item_id not in had][:k]

    return rank


def catalog(data_set: str, item_ids: Sequence[str], options: Options) -> list[Item]:
    """The items of a data set with what it says of them."""
    match data_set:
        case "ml-100k":
            with asset(options, "ratings-items").open(encoding="utf-8") as lines:
                rows = {row[0]: row for row in (line.rstrip("\n").split("\t") for line in lines)}
            return [_film(rows[item_id]) for item_id in item_ids]
        case "groceries":
            found = kinds.departments(options)
            return [Item(name, name, "grocery", categories=(found.get(name, ""),)) for name in item_ids]
        case _:
            assert options.data is not None, "the events were read from there"
            text = (options.data / "lastfm_hetrec" / "artists.dat").read_text(encoding="utf-8")
            names = {row[0]: row[1] for row in (line.split("\t") for line in text.splitlines()[1:])}
            return [Item(item_id, names[item_id], "music") for item_id in item_ids]


class _Fused(Index):
    """An index whose builds have learned no mix."""

    def snapshot(self) -> Snapshot:
        """What holds now, without the mix."""
        held = super().snapshot()
        return replace(held, build=replace(held.build, mix=None))


def _film(row: Sequence[str]) -> Item:
    item_id, title, year, genres = row
    return Item(
        item_id, title, "movie", categories=tuple(genres.split()), year=int(year) if year.isdigit() else None
    )


def _events(training: Training) -> Iterator[Event]:
    """In the order in which they were written, all users' at once."""
    for user, history in enumerate(training.histories):
        for rank, column in reversed([*enumerate(map(int, history))]):
            yield Event(f"u{user}", training.item_ids[column], "view", _NOW - 3600.0 * (rank + 1))
