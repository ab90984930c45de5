"""Items that nobody chose yet are ranked by what is said of items like them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handpicked.tools.collab import collab
from handpicked.tools.data import build, newcomers
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint, Embedder, Event, Item

_CAMPS = {"wolf": "grey hunter winter forest", "cake": "sugar butter oven sweet"}
_NEW = Constraint("item_id", "in", ("new-wolf", "new-cake"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, toy: Embedder) -> Workspace:
    """Two camps of twenty items of which twelve people choose eight each, and a new item of each camp."""
    workspace = Workspace.open(tmp_path_factory.mktemp("shop"))
    rng = np.random.default_rng(1)
    for camp, words in _CAMPS.items():
        workspace.catalog.upsert(
            Item(f"{camp}-{n}", f"{camp} {rng.choice(words.split())} {n}") for n in range(20)
        )
        workspace.catalog.upsert([Item(f"new-{camp}", f"{camp} {words}")])
        for user in range(12):
            workspace.events.append(
                Event(f"{camp}{user}", f"{camp}-{(5 * user + step) % 20}", "view", 100.0 * step + user)
                for step in range(8)
            )
    build.build(workspace, toy)
    return workspace


def _found(
    shop: Workspace, toy: Embedder, user: str, *constraints: Constraint, limit: int = 100
) -> list[str]:
    context = Context(Index(shop, toy).snapshot(), toy, shop.events, 1e9, user)
    return [c.item_id for c in collab.function(context, constraints=constraints, limit=limit).candidates]


def test_new_items_come_after_the_others_in_the_order_of_the_taste(shop: Workspace, toy: Embedder) -> None:
    for camp, other in (("wolf", "cake"), ("cake", "wolf")):
        found = _found(shop, toy, f"{camp}0")
        new = [item_id for item_id in found if item_id.startswith("new")]
        assert new[0] == f"new-{camp}"
        assert found[-len(new) :] == new
        assert _found(shop, toy, f"{camp}0", _NEW)[0] == f"new-{camp}"
        assert f"{other}-0" not in found[:5]


def test_new_items_take_no_place_where_the_others_fill_the_list(shop: Workspace, toy: Embedder) -> None:
    assert not [item_id for item_id in _found(shop, toy, "wolf0", limit=5) if item_id.startswith("new")]


def test_new_items_keep_constraints_and_are_not_what_the_user_had(shop: Workspace, toy: Embedder) -> None:
    not_wolf = Constraint("item_id", "not_in", ("new-wolf",))
    assert "new-wolf" not in _found(shop, toy, "wolf0", not_wolf)
    shop.events.append([Event("late", "wolf-1", "view", 1.0), Event("late", "new-wolf", "view", 2.0)])
    assert "new-wolf" not in _found(shop, toy, "late")


def test_an_item_that_came_after_the_build_is_ranked_too(
    tmp_path: Path, shop: Workspace, toy: Embedder
) -> None:
    shop.catalog.upsert([Item("later", "wolf grey hunter winter")])
    found = _found(shop, toy, "wolf0", Constraint("item_id", "in", ("later", "new-cake")))
    assert found[0] == "later"
    shop.catalog.delete(["later"])
    assert "later" not in _found(shop, toy, "wolf0")


def test_a_new_item_names_the_item_of_the_history_that_it_is_like(shop: Workspace, toy: Embedder) -> None:
    context = Context(Index(shop, toy).snapshot(), toy, shop.events, 1e9, "wolf0")
    had = {event.item_id for event in shop.events.recent("wolf0")}
    (found,) = collab.function(context, constraints=[Constraint("item_id", "in", ("new-wolf",))]).candidates
    assert set(found.because) <= had
    assert found.because


def test_content_gives_back_the_scores_that_it_was_taught() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((400, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    wanted = vectors @ np.arange(8, dtype=np.float32)
    direction = newcomers.fit(vectors) @ wanted
    assert direction / np.linalg.norm(direction) == pytest.approx(np.arange(8) / np.sqrt(140), abs=0.02)


def test_too_few_items_teach_nothing() -> None:
    assert newcomers.fit(np.eye(5, dtype=np.float32)).shape == (5, 0)
