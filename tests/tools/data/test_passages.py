"""A long text is found by what it says late."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from handpicked.tools import search
from handpicked.tools.data import build, passages
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Embedder, Floats, Item

LICENCE = (Path(__file__).parents[3] / "LICENSE").read_text(encoding="utf-8")
"""11,000 characters; nobody else's words are in the repository at such a length."""
LATE = "charging money for support and taking over liability for users"


def _units(count: int, seed: int) -> Floats:
    matrix = np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


@pytest.fixture
def context(fresh: Workspace, embedder: Embedder) -> Context:
    texts = ("Insurance for the house: what it pays after a fire.", "How to ask a bank for a loan.", LICENCE)
    fresh.catalog.upsert(Item(f"t{at}", f"Leaflet {at}", "news", text) for at, text in enumerate(texts))
    made = build.build(fresh, embedder)
    assert made.measures["passages"] > len(LICENCE) // 400
    return Context(Index(fresh, embedder).snapshot(), embedder, fresh.events, time.time())


def test_a_real_long_text_is_found_by_what_it_says_late(context: Context) -> None:
    snapshot = context.snapshot
    everything = snapshot.mask(())
    [best, *_] = search.dense(context, LATE, everything)
    assert snapshot.item_id(best[0]) == "t2"
    [beginning, *_] = search.nearest(context, context.embedder.query(LATE), everything, 5)
    assert snapshot.item_id(beginning[0]) != "t2"


def test_a_passage_is_masked_with_its_item(context: Context) -> None:
    mask = context.snapshot.mask(())
    mask[context.snapshot.rows(["t2"])] = False
    found = search.dense(context, LATE, mask)
    assert all(mask[row] for row, _ in found)


@pytest.mark.parametrize("exact", [0, 1_000])
def test_an_item_counts_once_by_its_best_passage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exact: int
) -> None:
    monkeypatch.setattr(passages, "EXACT", exact)
    matrix, owners = _units(300, 0), np.repeat(np.arange(60), 5)
    passages.save(matrix, owners.tolist(), tmp_path)
    opened, [query] = passages.load(tmp_path), _units(1, 1)
    assert opened is not None
    assert (tmp_path / "passages" / "chroma").is_dir() == (not exact)
    best = np.array([(matrix[owners == row] @ query).max() for row in range(60)])
    rows, cosines = opened.nearest(query, 10, np.ones(60, bool))
    assert rows.tolist() == np.argsort(-best)[:10].tolist()
    assert cosines == pytest.approx(best[rows], abs=1e-4)


def test_a_build_without_descriptions_has_no_passages(tmp_path: Path, toy: Embedder) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.catalog.upsert([Item("a", "Alpha")])
    made = build.build(workspace, toy)
    assert made.measures["passages"] == 0
    assert Index(workspace, toy).snapshot().build.passages is None


def test_a_new_item_is_found_by_the_beginning_of_its_description_before_the_next_build(
    fresh: Workspace, embedder: Embedder
) -> None:
    fresh.catalog.upsert([Item("new", "Leaflet", "news", "How to look after bees in winter.")])
    context = Context(Index(fresh, embedder).snapshot(), embedder, fresh.events, time.time())
    [best, *_] = search.dense(context, "keeping a beehive in the cold", context.snapshot.mask(()))
    assert context.snapshot.item_id(best[0]) == "new"
