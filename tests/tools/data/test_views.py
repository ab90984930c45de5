"""Views of items by other models: kept by a build, fused late, weighed by what was chosen together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from handpicked.tools.data import build, choices, packed, view_weights, views
from handpicked.tools.data.index import Index
from handpicked.tools.data.views import Given, Scale, fused
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.likeness import alike
from handpicked.tools.types import Embedder, Event, Floats, Item, Rows

_ITEMS, _GROUPS = 120, 6


def _unit(matrix: Floats) -> Floats:
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def _of_groups(groups: Rows, noise: float, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    middles = rng.standard_normal((_GROUPS, 16))
    found = middles[groups] + noise * rng.standard_normal((len(groups), 16))
    return _unit(found.astype(np.float32))


def _histories(groups: Rows, users: int, seed: int) -> list[Rows]:
    """Users who choose five items of one group."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(np.flatnonzero(groups == user % _GROUPS))[:5] for user in range(users)]


GROUPS: Rows = np.arange(_ITEMS, dtype=np.int64) % _GROUPS
TEXTS, PICTURES, NOISE = (_of_groups(GROUPS, noise, seed) for noise, seed in ((3.0, 1), (0.5, 2), (1e6, 3)))
HALF: Rows = np.arange(0, _ITEMS, 1, dtype=np.int64)[(np.arange(_ITEMS) // _GROUPS) % 2 == 0]
CHOSEN = choices.of_histories(_histories(GROUPS, 300, 4), _ITEMS)


def _scores(scales: tuple[Scale, ...], given: Given) -> Floats:
    """Of every item with every other."""
    pictures = np.full((_ITEMS, _ITEMS), np.nan, np.float32)
    pictures[np.ix_(given.rows, given.rows)] = given.matrix @ given.matrix.T
    return fused(scales, np.stack([(TEXTS @ TEXTS.T).ravel(), pictures.ravel()], axis=1)).reshape(_ITEMS, -1)


def _same_group_in_ten(scores: Floats) -> float:
    scores = scores.copy()
    np.fill_diagonal(scores, -np.inf)
    best = np.argsort(-scores, axis=1)[:, :10]
    return float((GROUPS[best] == GROUPS[:, None]).mean())


def test_a_view_that_half_the_items_lack_makes_likeness_better_and_lacking_it_is_no_penalty() -> None:
    given = Given(HALF, PICTURES[HALF])
    weighed = view_weights.fit(TEXTS, {"image_vector": given}, CHOSEN)
    assert weighed.scales[1].weight > weighed.scales[0].weight
    fused_scores = _scores(weighed.scales, given)
    assert _same_group_in_ten(fused_scores) > _same_group_in_ten(TEXTS @ TEXTS.T) + 0.1
    lacking = np.setdiff1d(np.arange(_ITEMS), HALF)
    ranks = (-fused_scores[HALF]).argsort(axis=1).argsort(axis=1)[:, lacking] / (_ITEMS - 1)
    assert 0.45 < float(ranks.mean()) < 0.55


def test_a_view_that_says_nothing_gets_no_weight_to_speak_of() -> None:
    weighed = view_weights.fit(TEXTS, {"image_vector": Given(np.arange(_ITEMS), NOISE)}, CHOSEN)
    assert weighed.scales[1].weight <= 0.1 * weighed.scales[0].weight
    assert weighed.measured["alike"] < max(weighed.measured["text"], weighed.measured["learned"])


def test_with_few_choices_all_views_count_alike() -> None:
    few = choices.of_histories(_histories(GROUPS, 20, 4), _ITEMS)
    weighed = view_weights.fit(TEXTS, {"image_vector": Given(HALF, PICTURES[HALF])}, few)
    assert [scale.weight for scale in weighed.scales] == [1.0, 1.0]
    assert weighed.measured == {}


@pytest.mark.parametrize("rows", [[0], [0, 1]])
def test_a_view_of_one_item_or_of_equal_vectors_counts_for_nothing(rows: list[int]) -> None:
    given = Given(np.array(rows), np.ones((len(rows), 1), np.float32))
    few = choices.of_histories([], _ITEMS)
    assert view_weights.fit(TEXTS, {"image_vector": given}, few).scales[1].weight == 0.0


def test_an_item_that_lacks_a_view_is_scored_by_what_is_expected_of_it() -> None:
    scales = (Scale(1.0, 0.5, 0.1), Scale(2.0, 0.2, 0.4, slope=0.25))
    scores = fused(scales, np.array([[0.7, 0.6], [0.7, np.nan]], np.float32))
    assert scores.tolist() == pytest.approx([2.0 + 2.0 * 1.0, 2.0 + 2.0 * 0.25 * 2.0])


def test_vectors_of_an_uncommon_length_are_left_out_and_counted() -> None:
    packs = {length: packed.pack(_unit(np.ones((1, length), np.float32))[0]) for length in (2, 3)}
    found = [
        Item(str(at), "t", vectors={"a_vector": packs[n]} if n else {}) for at, n in enumerate((2, 3, 0, 2))
    ]
    items, given, strange = views.apart(found)
    assert not any(item.vectors for item in items)
    assert (given["a_vector"].rows.tolist(), given["a_vector"].matrix.shape, strange) == ([0, 3], (2, 2), 1)


def _items() -> Iterator[Item]:
    """Pictures tell the groups, titles tell nothing; every other item of a group has no picture."""
    for row, group in enumerate(GROUPS):
        vectors = {"image_vector": packed.pack(PICTURES[row])} if row in HALF else {}
        yield Item(f"i{row}", f"Thing {row}", vectors=vectors, categories=(f"kind {group % 2}",))


@pytest.fixture
def pictured(tmp_path: Path, toy: Embedder) -> Workspace:
    workspace = Workspace.open(tmp_path)
    workspace.catalog.upsert(_items())
    workspace.events.append(
        Event(f"u{user}", f"i{row}", "like")
        for user, history in enumerate(_histories(GROUPS, 300, 4))
        for row in history
    )
    build.build(workspace, toy)
    return workspace


def _alike(workspace: Workspace, embedder: Embedder, item_id: str) -> list[str]:
    snapshot = Index(workspace, embedder).snapshot()
    given, mask = snapshot.rows([item_id]), snapshot.mask(())
    mask[given] = False
    found = alike(Context(snapshot, embedder, workspace.events, 0.0), given, mask, 9)
    return [snapshot.item_id(row) for row in found]


def test_a_build_keeps_vectors_and_likeness_follows_them_for_new_items_too(
    pictured: Workspace, toy: Embedder
) -> None:
    snapshot = Index(pictured, toy).snapshot()
    view = snapshot.build.views.columns["image_vector"]
    assert view.rows.tolist() == HALF.tolist()
    assert isinstance(view.vectors.matrix, np.memmap)
    assert snapshot.item(0).vectors == {}
    same = {f"i{row}" for row in HALF if GROUPS[row] == 0}
    assert len(same & {*_alike(pictured, toy, "i0")}) >= 8
    twin = Item("new", "Thing 0", categories=("kind 0",), vectors={"image_vector": packed.pack(PICTURES[0])})
    pictured.catalog.upsert([twin])
    assert "new" in _alike(pictured, toy, "i0")
    assert len(same & {*_alike(pictured, toy, "new")}) >= 8


def test_a_new_vector_alone_changes_likeness_at_once(pictured: Workspace, toy: Embedder) -> None:
    before = _alike(pictured, toy, "i0")
    [item] = [item for item in _items() if item.item_id == "i0"]
    moved = Item(
        "i0", item.title, categories=item.categories, vectors={"image_vector": packed.pack(PICTURES[1])}
    )
    pictured.catalog.upsert([moved])
    after = _alike(pictured, toy, "i0")
    other = {f"i{row}" for row in HALF if GROUPS[row] == 1}
    assert len(other & {*after}) > len(other & {*before})
