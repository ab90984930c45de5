"""Scenes that explore: what is drawn can be replayed, is kept with its propensity, and comes back as events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from handpicked.agent.app import feeding
from handpicked.agent.loop import Agent
from handpicked.agent.read import Reader
from handpicked.agent.settings import Settings
from handpicked.agent.types import Reply, Request, Surroundings
from handpicked.tools.data import ingest
from handpicked.tools.data.workspace import Workspace

MakeAgent = Callable[..., Agent]
_WHERE = Surroundings(page="movies", now=1.75e9)


@pytest.fixture
def exploring(reader: Reader) -> Reader:
    """Two of the places of `watch` are drawn."""
    scenes = {name: scene.model_copy(update={"explore": 2}) for name, scene in reader.scenes.items()}
    return replace(reader, scenes=scenes)


def _turn(agent: Agent, **request: object) -> Reply:
    return asyncio.run(agent.turn(Request(context=_WHERE, k=4, **request)))  # type: ignore[arg-type]


def _shown(reply: Reply) -> list[tuple[str, float]]:
    return [(item.item_id, item.propensity) for item in reply.lists[0].items]


def test_a_turn_that_is_replayed_shows_the_same_list(make_agent: MakeAgent, exploring: Reader) -> None:
    agent = make_agent(using=exploring)
    by_id = {name: _shown(_turn(agent, id=name)) for name in "abcdef"}
    assert len({tuple(found) for found in by_id.values()}) > 1
    assert all(_shown(_turn(agent, id=name)) == found for name, found in by_id.items())
    assert _shown(_turn(agent, seed=3)) == _shown(_turn(agent, seed=3))
    for found in by_id.values():
        assert [propensity for _, propensity in found] == [1.0, 1.0, 0.25, 0.25]


def test_a_search_and_a_scene_that_does_not_explore_draw_nothing(
    make_agent: MakeAgent, exploring: Reader
) -> None:
    found = [
        _turn(make_agent(), user_id="u0"),
        _turn(make_agent(using=exploring), message="a western", tasks=("search",)),
    ]
    assert {p for reply in found for _, p in _shown(reply)} == {1.0}


def test_lists_of_known_users_are_kept_and_can_be_ingested_as_events(
    make_agent: MakeAgent, exploring: Reader, fresh: Workspace, tmp_path: Path, settings: Settings
) -> None:
    agent = make_agent(workspace=fresh, using=exploring)
    reply = _turn(agent, user_id="u0", id="r")
    _turn(agent, id="nobody")
    _turn(make_agent(workspace=fresh), user_id="u0", id="plain")
    kept = [*fresh.events.shown.impressions()]
    assert [(event.item_id, event.propensity) for event in kept] == _shown(reply)
    assert [event.position for event in kept] == [1, 2, 3, 4]
    assert {(e.user_id, e.list_id, e.scene) for e in kept} == {("u0", reply.lists[0].list_id, "watch")}
    lines = tmp_path / "shown.jsonl"
    feeding.export_impressions(settings.model_copy(update={"workspace": fresh.path}), lines)
    ingest.ingest(fresh, ingest.IngestFiles(events=(lines,)))
    assert [*fresh.events.of_kind("impression")] == kept
