"""What can be asked right now: the build, and every change since, from whichever process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handpicked.tools.catalog import lookup
from handpicked.tools.collab import collab
from handpicked.tools.data import build, opening
from handpicked.tools.data.documents import document
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dialogues import dialogues
from handpicked.tools.dispatch import Context, Tool, call
from handpicked.tools.errors import DataError, ToolError
from handpicked.tools.history import history
from handpicked.tools.popular import popular
from handpicked.tools.search import search
from handpicked.tools.similar import similar
from handpicked.tools.types import Constraint, Embedder, Event, Item, Json, ToolCall

_CHANGES = """
import pathlib, sys
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Item
catalog = Workspace.open(pathlib.Path(sys.argv[1])).catalog
catalog.upsert([Item("new", "Lantern Bay", "movie", year=2026), Item("f4", "Up, Again", "movie", year=2024)])
catalog.delete(["f1"])
"""
_EVERY: dict[Tool, dict[str, Json]] = {
    search: {"query": "Night Signal, a detective hunts runaway machines"},
    similar: {"item_ids": ["f7"]},
    collab: {"item_ids": ["f7", "f2"]},
    popular: {},
    dialogues: {"utterances": ["I like films about robots"]},
    lookup: {"constraints": [{"field": "creators", "op": "in", "value": ["Ada Brandt"]}]},
    history: {},
}
LANTERN = Item(
    "new", "Lantern Bay", "movie", "Smugglers hide a stolen telescope in a lighthouse.", ("Crime",), year=2026
)
TEA = Item(
    "tea", "山里的茶馆", "book", "一个老人在云雾中的山顶开了一家茶馆。", ("Fiction",), language="Chinese"
)


@pytest.fixture
def index(fresh: Workspace, embedder: Embedder) -> Index:
    return Index(fresh, embedder)


def _search(snapshot: Snapshot, context: Context, query: str) -> list[str]:
    found = search.function(replace(context, snapshot=snapshot), query=query)
    return [candidate.item_id for candidate in found.candidates]


def test_nothing_built_yet_is_told_with_the_command(tmp_path: Path, toy: Embedder) -> None:
    with pytest.raises(DataError, match="has no build yet: run `handpicked build`"):
        Index(Workspace.open(tmp_path), toy).snapshot()


def test_snapshot_stays_the_same_while_nothing_changes(index: Index, fresh: Workspace) -> None:
    first = index.snapshot()
    fresh.events.append([Event("u1", "f1", "click", 1.0)])
    assert index.snapshot() is first


@pytest.mark.parametrize(
    "query", ["Lantern Bay", "smugglers and a lighthouse", "criminals steal an astronomer's device"]
)
def test_new_item_is_found_at_once(index: Index, fresh: Workspace, context: Context, query: str) -> None:
    fresh.catalog.upsert([LANTERN])
    assert "new" in _search(index.snapshot(), context, query)[:2]


@pytest.mark.parametrize("query", ["山里的茶馆", "老人开茶馆", "teahouse in the mountains"])
def test_new_chinese_item_is_found_at_once(
    index: Index, fresh: Workspace, context: Context, query: str
) -> None:
    fresh.catalog.upsert([TEA])
    assert "tea" in _search(index.snapshot(), context, query)[:2]


def test_new_item_is_found_by_each_half_of_search(index: Index, fresh: Workspace, embedder: Embedder) -> None:
    fresh.catalog.upsert([LANTERN, TEA])
    delta = index.snapshot().delta
    assert [row for row, _ in delta.lexical.search("telescope", 5)] == [0]
    assert [row for row, _ in delta.lexical.search("茶馆", 5)] == [1]
    nearest = delta.vectors @ embedder.embed_matrix(["criminals steal a device", "山顶喝茶"]).T
    assert nearest.argmax(axis=0).tolist() == [0, 1]


def test_replaced_item_shows_its_new_self_only(index: Index, fresh: Workspace, context: Context) -> None:
    fresh.catalog.upsert([Item("f1", "Paper Garden", "movie", "Two gardeners fall in love.", year=2020)])
    snapshot = index.snapshot()
    item = snapshot.get("f1")
    assert item is not None
    assert item.title == "Paper Garden"
    assert snapshot.titles.rows("night signal") == ()
    assert snapshot.titles.rows("paper garden") == (snapshot.row("f1"),)
    assert int(snapshot.mask([Constraint("item_id", "in", ("f1",))]).sum()) == 1
    assert not snapshot.mask([Constraint("year", "range", (1982, 1982))]).any()
    assert _search(snapshot, context, "love in the garden")[0] == "f1"


def test_replaced_item_stays_as_popular_as_it_was(index: Index, fresh: Workspace) -> None:
    before, item = index.snapshot(), fresh.catalog.get("g3")
    assert item is not None
    fresh.catalog.upsert([replace(item, price=2.09), LANTERN])
    after = index.snapshot()
    assert after.popularity[after.rows(["g3"])] == before.popularity[before.rows(["g3"])] == 1.0
    assert after.popularity[after.rows(["new"])] == 0.0


def test_deleted_item_is_gone_at_once_and_comes_back_when_it_returns(index: Index, fresh: Workspace) -> None:
    item = index.snapshot().get("f1")
    assert item is not None
    fresh.catalog.delete(["f1"])
    gone = index.snapshot()
    assert (gone.row("f1"), gone.get("f1"), gone.titles.rows("night signal")) == (None, None, ())
    assert int(gone.mask(()).sum()) == 19
    fresh.catalog.upsert([item])
    assert index.snapshot().get("f1") == item


@pytest.mark.parametrize("tool", _EVERY, ids=lambda tool: tool.name)
def test_no_tool_returns_what_was_deleted(
    index: Index, fresh: Workspace, embedder: Embedder, tool: Tool
) -> None:
    def ids() -> set[str]:
        context = Context(index.snapshot(), embedder, fresh.events, 0.0, "u1" if tool is history else None)
        result = call({tool.name: tool}, context, ToolCall(tool.name, _EVERY[tool]))
        assert result.error is None
        return {c.item_id for c in result.candidates}.union(*({*c.because} for c in result.candidates))

    fresh.catalog.upsert([Item("late", "Night Signal Returns", "movie", creators=("Ada Brandt",))])
    gone = {"f1", "f7", "late"} - ({"f7"} if tool in (similar, collab) else set())  # which are asked about it
    assert ids() & gone
    fresh.catalog.delete(gone)
    assert not ids() & gone


def test_change_of_another_process_shows_in_the_next_snapshot(index: Index, fresh: Workspace) -> None:
    held = index.snapshot()
    subprocess.run([sys.executable, "-c", _CHANGES, str(fresh.path)], check=True)
    snapshot = index.snapshot()
    titles = {
        item_id: item and item.title for item_id in ("new", "f4", "f1") for item in [snapshot.get(item_id)]
    }
    assert titles == {"new": "Lantern Bay", "f4": "Up, Again", "f1": None}
    assert held.get("f1") is not None, "a turn under way keeps what it began with"


def test_another_build_shows_in_the_next_snapshot(index: Index, fresh: Workspace, embedder: Embedder) -> None:
    fresh.catalog.upsert([LANTERN])
    held = index.snapshot()
    made = build.build(fresh, embedder)
    snapshot = index.snapshot()
    assert snapshot.build.manifest.build_id == made.build_id != held.build.manifest.build_id
    assert (len(snapshot), len(snapshot.delta.items)) == (21, 0)


def test_a_large_build_is_opened_beside_the_turns(
    index: Index, fresh: Workspace, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave, begun, read = threading.Event(), threading.Event(), opening.newest

    def slowly(*given: Any) -> opening.Opened:
        begun.set()
        assert leave.wait(60)
        return read(*given)

    old = index.snapshot().build
    fresh.catalog.upsert([LANTERN])
    made = build.build(fresh, embedder)
    monkeypatch.setattr(opening, "_SMALL", 0)
    monkeypatch.setattr(opening, "newest", slowly)
    assert index.snapshot().build is old
    assert begun.wait(60)
    fresh.catalog.delete(["f1"])
    meanwhile = index.snapshot()
    assert (meanwhile.build is old, meanwhile.get("new"), meanwhile.get("f1")) == (True, LANTERN, None)
    leave.set()
    assert _soon(lambda: index.snapshot().build.manifest.build_id == made.build_id)
    assert index.snapshot().get("f1") is None


def test_a_new_build_that_cannot_be_opened_is_told_again_and_again(
    index: Index, fresh: Workspace, toy: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.snapshot()
    for _ in range(2):
        build.build(fresh, toy)
    monkeypatch.setattr(opening, "_SMALL", 0)
    for _ in range(2):
        with pytest.raises(DataError, match="made with the embedder"):
            assert _soon(lambda: index.snapshot() is None)


def test_a_mask_that_a_caller_changed_is_right_the_next_time(index: Index) -> None:
    snapshot, films = index.snapshot(), [Constraint("domain", "in", ("movie",))]
    mask = snapshot.mask(films)
    before = mask.copy()
    mask[:] = False
    assert (snapshot.mask(films) == before).all()
    assert snapshot.mask([Constraint("in_stock", "in", (True,))]).sum() == 19
    assert snapshot.mask([Constraint("in_stock", "in", (False,))]).sum() == 1


def _soon(holds: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if holds():
            return True
        time.sleep(0.01)
    return False


def test_attribute_that_only_new_items_have_can_be_asked(index: Index, fresh: Workspace) -> None:
    with pytest.raises(ToolError, match="no field 'colour'"):
        index.snapshot().mask([Constraint("colour", "in", ("red",))])
    fresh.catalog.upsert([Item("new", "Red Ball", attributes={"colour": "Red", "size": 3})])
    snapshot = index.snapshot()
    row = snapshot.row("new")
    assert snapshot.mask([Constraint("colour", "in", ("red",))]).nonzero()[0].tolist() == [row]
    assert snapshot.mask([Constraint("size", "range", (1, 5))]).nonzero()[0].tolist() == [row]
    assert int(snapshot.mask([Constraint("colour", "not_in", ("red",))]).sum()) == 20
    assert snapshot.terms("colour") == {"red"}


def test_attribute_that_new_items_lack_can_be_asked(tmp_path: Path, toy: Embedder) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.catalog.upsert([Item("old", "Red Ball", attributes={"colour": "Red", "size": 3})])
    build.build(workspace, toy)
    workspace.catalog.upsert([Item("new", "Kite")])
    snapshot = Index(workspace, toy).snapshot()
    assert snapshot.mask([Constraint("colour", "in", ("red",))]).tolist() == [True, False]
    assert snapshot.mask([Constraint("colour", "not_in", ("red",))]).tolist() == [False, True]
    assert snapshot.mask([Constraint("size", "range", (1, 5))]).tolist() == [True, False]


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["upsert", "delete"]), st.sampled_from("abcdef"), st.sampled_from([None, 1.0, 5.0])
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory, toy: Embedder) -> Workspace:
    workspace = Workspace.open(tmp_path_factory.mktemp("changing"))
    workspace.catalog.upsert(
        [Item("a", "Alpha", price=1.0), Item("b", "Beta", price=5.0), Item("c", "Gamma")]
    )
    build.build(workspace, toy)
    return workspace


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_STEPS)
def test_snapshot_is_the_catalogue_after_any_changes(
    changing: Workspace, toy: Embedder, steps: list[tuple[str, str, float | None]]
) -> None:
    index = Index(changing, toy)
    for step, item_id, price in steps:
        if step == "upsert":
            changing.catalog.upsert([Item(item_id, f"Thing {item_id}", price=price)])
        else:
            changing.catalog.delete([item_id])
        snapshot = index.snapshot()
        living = {item.item_id: item for item in changing.catalog.scan()}
        assert {item.item_id: item for item in snapshot.items()} == living
        assert {i: snapshot.get(i) for i in "abcdef"} == {i: living.get(i) for i in "abcdef"}
        cheap = snapshot.mask([Constraint("price", "range", (None, 3))]).nonzero()[0]
        assert {snapshot.item_id(int(row)) for row in cheap} == {i for i in living if living[i].price == 1.0}


def test_rows_ids_items_and_vectors_agree(fresh: Workspace, index: Index, embedder: Embedder) -> None:
    fresh.catalog.upsert([LANTERN])
    snapshot = index.snapshot()
    for item in fresh.catalog.scan():
        row = snapshot.row(item.item_id)
        assert row is not None
        assert (snapshot.item_id(row), snapshot.item(row)) == (item.item_id, item)
        [vector] = embedder.embed_matrix([document(item).text])
        assert snapshot.vector(row) == pytest.approx(vector, abs=1e-6)
    assert snapshot.rows(["nobody", "new", "f1"]).tolist() == [snapshot.row("new"), snapshot.row("f1")]
