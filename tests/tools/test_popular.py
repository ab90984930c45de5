"""What many people chose."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from handpicked.tools.data import build
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.popular import popular
from handpicked.tools.types import Constraint, Embedder, Item


def test_chosen_by_most_comes_first_within_its_domain(context: Context) -> None:
    groceries = Constraint("domain", "in", ("grocery",))
    found = popular.function(context, constraints=(groceries,)).candidates
    assert found[0].item_id == "g3"
    assert found[0].score == 1.0
    assert [candidate.item_id for candidate in found][-1] == "g4"


def test_every_living_item_is_listed_by_score(context: Context) -> None:
    found = popular.function(context).candidates
    scores = [candidate.score for candidate in found]
    assert len(found) == 20
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("limit", range(1, 21))
def test_a_limit_takes_the_first_of_all(context: Context, limit: int) -> None:
    assert popular.function(context, limit=limit).candidates == popular.function(context).candidates[:limit]


def test_limit_is_kept(context: Context) -> None:
    assert len(popular.function(context, limit=3).candidates) == 3


def test_without_events_the_best_rated_come_first(tmp_path: Path, toy: Embedder) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.catalog.upsert(
        [Item("a", "A", rating=3.0), Item("b", "B"), Item("c", "C", rating=4.5), Item("d", "D")]
    )
    build.build(workspace, toy)
    context = Context(Index(workspace, toy).snapshot(), toy, workspace.events, time.time())
    assert [candidate.item_id for candidate in popular.function(context).candidates] == ["c", "a", "b", "d"]
