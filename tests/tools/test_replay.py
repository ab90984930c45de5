"""A build replays turns before what users chose last, and learns from them how candidates mix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from handpicked.tools import collab, popular, replay
from handpicked.tools.data import build
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.rank import rank
from handpicked.tools.search import Constraints
from handpicked.tools.types import Candidate, Embedder, Event, Item, ToolCall, ToolResult

_USERS, _CAMP = 60, 12


def _workspace(path: Path) -> Workspace:
    """Two camps of users who go through their camp's films in one order; everyone has seen the same popular three."""
    workspace = Workspace.open(path)
    workspace.catalog.upsert(
        Item(f"{camp}{n}", f"Film {camp}{n}", "movie", f"A {camp} story.")
        for camp in "abz"
        for n in range(_CAMP)
    )
    workspace.events.append(
        Event(f"u{user}", item_id, "view", 1_700_000_000.0 + 86_400 * step + user)
        for user in range(_USERS)
        for step, item_id in enumerate(
            ["z0", "z1", "z2", *(f"{'ab'[user % 2]}{(user // 2 + n) % _CAMP}" for n in range(7))]
        )
    )
    return workspace


@pytest.fixture
def _few_will_do(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setattr(replay, "FEWEST", 20)


@pytest.mark.usefixtures("_few_will_do")
def test_a_build_learns_a_mix_that_the_turn_uses(tmp_path: Path, toy: Embedder) -> None:
    workspace = _workspace(tmp_path)
    made = build.build(workspace, toy)
    snapshot = Index(workspace, toy).snapshot()
    assert snapshot.build.mix is not None
    assert made.measures["mix_turns"] > 40
    context = Context(snapshot, toy, workspace.events, 0.0)
    past = ["a3", "a2", "a1", "z2", "z1", "z0"]
    results = [
        ToolResult(ToolCall("collab", {}), collab.score(snapshot, (), past, (), 100)),
        ToolResult(ToolCall("popular", {}), popular.popular.function(context).candidates),
    ]
    weights = {"collab": 1.0, "popular": 1.0}
    found = rank(
        snapshot, results, weights=weights, constraints=(), exclude=past, k=5, mix=snapshot.build.mix
    )
    assert {one.item.item_id[0] for one in found.items} == {"a"}
    for one in found.items:
        assert one.score == pytest.approx(sum(source.part for source in one.sources))


def test_what_is_replayed_knows_nothing_of_what_came_later(
    tmp_path: Path, toy: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What all chose at the end is unheard of in the turns before it."""
    workspace, replayed = _workspace(tmp_path), list[Sequence[str]]()
    workspace.events.append(Event(f"u{user}", "z9", "view", 1_800_000_000.0) for user in range(_USERS))
    score = collab.score

    def watched(
        snapshot: Snapshot, named: Sequence[str], past: Sequence[str], constraints: Constraints, limit: int
    ) -> tuple[Candidate, ...]:
        row = snapshot.row("z9")
        assert row is not None
        assert snapshot.popularity[row] == 0
        assert "z9" not in snapshot.build.factors.position
        replayed.append(past)
        return score(snapshot, named, past, constraints, limit)

    monkeypatch.setattr(collab, "score", watched)
    build.build(workspace, toy)
    assert len(replayed) == _USERS
    assert not any("z9" in past for past in replayed)
    assert "z9" in Index(workspace, toy).snapshot().build.factors.position


def test_too_few_choices_teach_nothing(
    tmp_path: Path, toy: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "FEWEST", 1000)
    workspace = _workspace(tmp_path)
    made = build.build(workspace, toy)
    assert (made.measures["mix_learned_from"], made.measures["mix_turns"] > 10) == (0, True)
    assert Index(workspace, toy).snapshot().build.mix is None


def test_what_was_shown_seldom_counts_more_and_no_more_than_ten_times() -> None:
    counted = replay.counts(np.array([1.0, 0.5, 0.001], np.float32))
    assert counted / counted[0] == pytest.approx([1, 2, 10])
    assert counted.mean() == pytest.approx(1)
    assert not len(replay.counts(np.empty(0, np.float32)))
