"""A model's tags: asked within a budget, kept by the item as it is, used where likeness gets better by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from handpicked.tools.data import build, tags
from handpicked.tools.data.tags import Tagging, Tags
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import BudgetExceeded, ModelError
from handpicked.tools.types import Embedder, Event, Item

_ITEMS, _GROUPS = 60, 4
_WORDS = ("rivers", "engines", "recipes", "dragons")


@dataclass
class Scripted:
    """Tags from a function of the item's number; fails at the calls named."""

    told: Sequence[str] = _WORDS
    broken: Sequence[int] = ()
    asked: list[list[str]] = field(default_factory=list[list[str]])

    def __call__(self, items: Sequence[Item]) -> list[Tags]:
        self.asked.append([item.item_id for item in items])
        if len(self.asked) in self.broken:
            raise (ModelError if len(self.asked) % 2 else BudgetExceeded)("no answer")
        return [(self.told[int(item.item_id[1:]) % len(self.told)],) for item in items]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Items of four kinds that nothing but tags tells apart, and people who choose of one kind."""
    opened = Workspace.open(tmp_path / "workspace")
    opened.catalog.upsert(Item(f"i{row}", f"Thing{row}") for row in range(_ITEMS))
    rng = np.random.default_rng(0)
    opened.events.append(
        Event(f"u{user}", f"i{row}", "like")
        for user in range(120)
        for row in rng.permutation(np.arange(user % _GROUPS, _ITEMS, _GROUPS))[:5]
    )
    return opened


def _asked(scripted: Scripted) -> int:
    return sum(map(len, scripted.asked))


def test_tags_that_make_likeness_better_are_used_and_said_in_the_manifest(
    workspace: Workspace, toy: Embedder
) -> None:
    made = build.build(workspace, toy, tagging=Tagging(Scripted(), 1_000))
    measures = made.measures
    assert (measures["tags.items"], measures["tags.kept"]) == (_ITEMS, 1.0)
    assert measures["tags.ndcg_with"] > measures["tags.ndcg_without"] + 1.96 * measures["tags.error"]
    again = build.build(workspace, toy)
    assert again.measures["tags.kept"] == 1.0, "an ordinary build goes on using them"
    assert _vectors(workspace, again.build_id) == pytest.approx(_vectors(workspace, made.build_id))


def test_tags_that_say_nothing_leave_the_build_as_it_was(workspace: Workspace, toy: Embedder) -> None:
    plain = build.build(workspace, toy)
    vectors = _vectors(workspace, plain.build_id)
    assert "tags.kept" not in plain.measures
    made = build.build(workspace, toy, tagging=Tagging(Scripted(told=("nice",)), 1_000))
    assert made.measures["tags.kept"] == 0.0
    assert _vectors(workspace, made.build_id) == pytest.approx(vectors)


def test_without_choices_nothing_is_measured_and_nothing_used(tmp_path: Path, toy: Embedder) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.catalog.upsert([Item("i1", "Alpha"), Item("i2", "Beta")])
    made = build.build(workspace, toy, tagging=Tagging(Scripted(), 10))
    assert (made.measures["tags.items"], made.measures["tags.pairs"], made.measures["tags.kept"]) == (2, 0, 0)


def test_the_budget_is_kept_and_the_next_build_goes_on(workspace: Workspace, toy: Embedder) -> None:
    first, second = Scripted(), Scripted()
    build.build(workspace, toy, tagging=Tagging(first, 25))
    build.build(workspace, toy, tagging=Tagging(second, 1_000))
    assert (_asked(first), _asked(second)) == (25, _ITEMS - 25)


def test_an_item_that_changed_is_asked_for_again(workspace: Workspace, toy: Embedder) -> None:
    build.build(workspace, toy, tagging=Tagging(Scripted(), 1_000))
    workspace.catalog.upsert([Item("i7", "Another thing")])
    second = Scripted()
    build.build(workspace, toy, tagging=Tagging(second, 1_000))
    assert second.asked == [["i7"]]


def test_a_failed_batch_costs_its_tags_and_three_in_a_row_end_the_asking(
    workspace: Workspace, toy: Embedder
) -> None:
    one = Scripted(broken=(2,))
    made = build.build(workspace, toy, tagging=Tagging(one, 1_000))
    assert made.measures["tags.items"] == _ITEMS - tags.BATCH
    workspace.catalog.upsert(Item(f"i{row}", f"New{row}") for row in range(_ITEMS))
    down = Scripted(broken=range(1, 100))
    made = build.build(workspace, toy, tagging=Tagging(down, 1_000))
    assert len(down.asked) == 3
    assert "tags.kept" not in made.measures


def _vectors(workspace: Workspace, build_id: str) -> np.ndarray:
    return np.load(workspace.path / "builds" / build_id / "vectors.npy")
