"""Lists of a turn: what each tool counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from handpicked.agent import lists, scenes
from handpicked.agent.lists import Wish, ranked_lists
from handpicked.agent.loop import Agent
from handpicked.agent.memory import Memory
from handpicked.agent.types import Reading, Request, SceneGuess, Surroundings
from handpicked.tools.data import shelf
from handpicked.tools.data.blend import Blend
from handpicked.tools.data.factors import PARTS
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.learned import Learned
from handpicked.tools.data.mix import Mix
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Candidate, Event, ToolCall, ToolResult

WATCH = Reading(SceneGuess("watch", 1.0), ("recommend",), query="robots in the rain")


def _weights(agent: Agent, user: str | None, page: str) -> Mapping[str, float]:
    reply = asyncio.run(agent.turn(Request(user_id=user, context=Surroundings(page=page, now=1.8e9))))
    return {part.tool: part.weight for item in reply.lists[0].items for part in item.sources}


@pytest.mark.parametrize(("user", "own"), [(None, 0), ("h1", 0), ("u0", 3)])
def test_popular_counts_less_the_more_is_known_of_the_domain(
    make_agent: Callable[..., Agent], user: str | None, own: int
) -> None:
    """u0 chose three films, h1 groceries alone."""
    found = _weights(make_agent(), user, "movies")
    assert found["popular"] == pytest.approx(0.25 * 5 / (5 + own))


@pytest.mark.parametrize(
    ("learned", "own", "weight"), [(False, 0, 1.0), (True, 0, 8.0), (True, 5, 4.5), (False, 5, 1.0)]
)
def test_a_learned_blend_counts_more_the_less_is_known_of_the_user(
    context: Context, learned: bool, own: int, weight: float
) -> None:
    items = shelf.shelf([context.snapshot.item(0)], np.zeros((1, 2), np.float32))
    blend = Learned(items, (), (), Blend(np.zeros(1, np.float32), ""))
    build = replace(context.snapshot.build, learned=blend if learned else None)
    bound_to = replace(context, snapshot=replace(context.snapshot, build=build))
    results = [ToolResult(ToolCall(name, {}), (Candidate("f9", 1.0),)) for name in ("dialogues", "collab")]
    past = [Event("u9", item_id, "like") for item_id in ("f1", "f2", "f3", "f5", "f6")[:own]]
    wish = Wish(Request("some film"), WATCH, Memory(), bound_to, results, past)
    [found] = ranked_lists(wish, scenes.load(), 5)
    assert {part.tool: part.weight for part in found.items[0].sources} == {"dialogues": weight, "collab": 1.0}


@pytest.mark.parametrize(
    ("message", "own", "learned"), [("", 3, True), ("a thriller for tonight", 3, False), ("", 4, False)]
)
def test_a_learned_mix_ranks_turns_without_words_of_who_is_known(
    make_agent: Callable[..., Agent], monkeypatch: pytest.MonkeyPatch, message: str, own: int, learned: bool
) -> None:
    """One that counts nothing but how popular an item is."""
    weights, snapshot = np.zeros(9 + len(PARTS), np.float32), Index.snapshot
    weights[6] = 1.0

    def mixed(index: Index) -> Snapshot:
        held = snapshot(index)
        return replace(held, build=replace(held.build, mix=Mix(weights)))

    monkeypatch.setattr(Index, "snapshot", mixed)
    monkeypatch.setattr(lists, "_FEWEST_KNOWN", own)  # u0 chose three films
    request = Request(message, user_id="u0", context=Surroundings(page="movies", now=1.8e9))
    items = asyncio.run(make_agent().turn(request)).lists[0].items
    parts = [source for item in items for source in item.sources]
    assert "popular" in {source.tool for source in parts}
    if not learned:
        assert all(source.part == pytest.approx(source.weight / (60 + source.rank)) for source in parts)
    else:
        assert all(source.part == 0 for source in parts if source.tool == "collab")
        assert all(item.score == pytest.approx(sum(s.part for s in item.sources), abs=1e-5) for item in items)
