"""Builds are immutable, made one at a time, and replaced in one step."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from handpicked.tools.catalog import lookup
from handpicked.tools.collab import collab
from handpicked.tools.data import build, conversations, manifests
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dialogues import dialogues
from handpicked.tools.dispatch import Context, call
from handpicked.tools.errors import DataError
from handpicked.tools.popular import popular
from handpicked.tools.search import search
from handpicked.tools.similar import similar
from handpicked.tools.types import Dialogue, Embedder, Event, Floats, Item, Json, ToolCall

_BUILDS_FOREVER = """
import pathlib, sys, time
from handpicked.tools.data import build, manifests, conversations
from handpicked.tools.data.workspace import Workspace

class Slow:
    name, dimensions = "toy", 32
    def embed_matrix(self, texts):
        print("ready", flush=True)
        time.sleep(600)

build.build(Workspace.open(pathlib.Path(sys.argv[1])), Slow())
"""


class Failing:
    """An embedder that breaks at its first text."""

    name = "toy"
    dimensions = 32

    def embed_matrix(self, texts: Sequence[str]) -> Floats:
        raise ConnectionError(f"no answer for {len(texts)} texts")

    def query(self, text: str) -> Floats:
        raise ConnectionError(text)


class Meddling:
    """An embedder during whose work the catalogue changes."""

    name = "toy"
    dimensions = 32

    def __init__(self, inner: Embedder, workspace: Workspace) -> None:
        self._inner = inner
        self._workspace = workspace

    def embed_matrix(self, texts: Sequence[str]) -> Floats:
        self._workspace.catalog.upsert([Item("late", "Late bus"), Item("b", "Beta tram")])
        self._workspace.catalog.delete(["c"])
        return self._inner.embed_matrix(texts)

    def query(self, text: str) -> Floats:
        return self._inner.query(text)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    opened = Workspace.open(tmp_path / "workspace")
    opened.catalog.upsert(
        [Item("a", "Alpha ship", price=1.0), Item("b", "Beta train"), Item("c", "Gamma plane")]
    )
    return opened


@contextmanager
def _running(script: str, workspace: Workspace) -> Generator[subprocess.Popen[str]]:
    """Another process that has come as far as `ready`."""
    arguments = [sys.executable, "-c", script, str(workspace.path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def _builds(workspace: Workspace) -> set[str]:
    return {path.name for path in (workspace.path / "builds").iterdir() if path.is_dir()}


def test_build_is_described_by_its_manifest(workspace: Workspace, toy: Embedder) -> None:
    made = build.build(workspace, toy)
    assert manifests.current(workspace.path) == made.build_id
    assert manifests.read(workspace.path / "builds" / made.build_id) == made
    assert (made.items, made.embedder, made.dimensions, made.format) == (3, "toy", 32, manifests.FORMAT)
    assert made.catalog_revision == workspace.catalog.revision()
    assert made.measures["chroma_recall_at_10"] == 1.0


def test_progress_is_told_to_the_end(workspace: Workspace, toy: Embedder) -> None:
    told: list[tuple[str, int, int | None]] = []
    build.build(workspace, toy, on_progress=lambda step, done, total: told.append((step, done, total)))
    assert told[:2] == [("embedding items", 0, 3), ("embedding items", 3, 3)]


def test_workspace_without_items_is_told_what_to_run(tmp_path: Path, toy: Embedder) -> None:
    with pytest.raises(DataError, match="has no items: run `handpicked ingest"):
        build.build(Workspace.open(tmp_path), toy)
    assert manifests.current(tmp_path) is None


def test_failed_build_leaves_the_old_one(workspace: Workspace, toy: Embedder) -> None:
    made = build.build(workspace, toy)
    with pytest.raises(ConnectionError):
        build.build(workspace, Failing())
    assert manifests.current(workspace.path) == made.build_id
    assert _builds(workspace) == {made.build_id}
    assert Index(workspace, toy).snapshot().item(0).item_id == "a"


def test_changes_during_a_build_are_not_lost(workspace: Workspace, toy: Embedder) -> None:
    build.build(workspace, Meddling(toy, workspace))
    snapshot = Index(workspace, toy).snapshot()
    assert {item.item_id: item.title for item in snapshot.items()} == {
        "a": "Alpha ship", "b": "Beta tram", "late": "Late bus",
    }  # fmt: skip


def test_second_build_at_once_is_refused(workspace: Workspace, toy: Embedder) -> None:
    made = build.build(workspace, toy)
    with (
        _running(_BUILDS_FOREVER, workspace),
        pytest.raises(DataError, match=r"another build is under way .* wait for it"),
    ):
        build.build(workspace, toy)
    assert manifests.current(workspace.path) == made.build_id
    assert build.build(workspace, toy).build_id != made.build_id


def test_killed_build_leaves_the_old_one_and_the_next_cleans_up(workspace: Workspace, toy: Embedder) -> None:
    made = build.build(workspace, toy)
    with _running(_BUILDS_FOREVER, workspace) as process:
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert len(_builds(workspace)) == 2
    assert manifests.current(workspace.path) == made.build_id
    assert len(Index(workspace, toy).snapshot()) == 3
    after = build.build(workspace, toy)
    assert _builds(workspace) == {made.build_id, after.build_id}


def test_old_builds_are_removed_but_the_previous_is_kept(workspace: Workspace, toy: Embedder) -> None:
    ids = [build.build(workspace, toy).build_id for _ in range(3)]
    assert _builds(workspace) == set(ids[1:])
    assert manifests.current(workspace.path) == ids[2]


def test_build_of_another_embedder_is_refused_with_the_command(
    workspace: Workspace, toy: Embedder, embedder: Embedder
) -> None:
    build.build(workspace, toy)
    with pytest.raises(DataError, match=r"made with the embedder toy, not use-.*run `handpicked build`"):
        Index(workspace, embedder).snapshot()


def test_build_of_another_format_is_refused_with_the_command(workspace: Workspace, toy: Embedder) -> None:
    made = build.build(workspace, toy)
    path = workspace.path / "builds" / made.build_id / "manifest.json"
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), "format": 99}))
    with pytest.raises(DataError, match="has format 99, this version reads 3: run `handpicked build`"):
        Index(workspace, toy).snapshot()


def test_pointer_to_a_build_that_is_gone_is_told_with_the_command(
    workspace: Workspace, toy: Embedder
) -> None:
    made = build.build(workspace, toy)
    (workspace.path / "builds" / made.build_id).rename(workspace.path / "elsewhere")
    with pytest.raises(DataError, match=rf"{made.build_id} .*can't be read .*run `handpicked build`"):
        Index(workspace, toy).snapshot()
    build.build(workspace, toy)
    assert len(Index(workspace, toy).snapshot()) == 3


def test_the_build_kept_beside_a_new_one_is_one_that_can_be_read(workspace: Workspace, toy: Embedder) -> None:
    good, bad = (build.build(workspace, toy).build_id for _ in range(2))
    (workspace.path / "builds" / bad / "ease.npy").unlink()
    new = build.build(workspace, toy).build_id
    assert _builds(workspace) == {good, new}


@pytest.mark.parametrize(
    "events", [[], [Event("u", "only")], [Event("u", "gone"), Event("v", "only", "impression")]]
)
def test_catalogue_of_one_item_answers_every_tool(tmp_path: Path, toy: Embedder, events: list[Event]) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.catalog.upsert([Item("only", "The Only One", description="There is no other.")])
    workspace.events.append(events)
    build.build(workspace, toy)
    context = Context(Index(workspace, toy).snapshot(), toy, workspace.events, 0.0, "u")
    found = {name: _ids(context, name, arguments) for name, arguments in _EVERY.items()}
    assert found == {
        "search": ["only"], "lookup": ["only"], "popular": ["only"],
        "similar": [], "collab": [], "dialogues": [],
    }  # fmt: skip


_TOOLS = {tool.name: tool for tool in (search, lookup, popular, similar, collab, dialogues)}
_EVERY: dict[str, dict[str, Json]] = {
    "search": {"query": "only"},
    "lookup": {"title": "the only one"},
    "popular": {},
    "similar": {"item_ids": ["only"]},
    "collab": {"item_ids": ["only"]},
    "dialogues": {"utterances": ["the only one"]},
}


def _ids(context: Context, name: str, arguments: dict[str, Json]) -> list[str]:
    result = call(_TOOLS, context, ToolCall(name, arguments))
    assert result.error is None
    return [candidate.item_id for candidate in result.candidates]


def test_deleted_items_are_not_in_the_next_build(workspace: Workspace, toy: Embedder) -> None:
    build.build(workspace, toy)
    workspace.catalog.delete(["a"])
    assert build.build(workspace, toy).items == 2
    snapshot = Index(workspace, toy).snapshot()
    assert (len(snapshot), snapshot.row("a")) == (2, None)


def test_dialogues_keep_only_choices_of_the_catalogue(workspace: Workspace, toy: Embedder) -> None:
    workspace.events.append_dialogues([Dialogue(("x",), (), ("gone", "b")), Dialogue(("y",), (), ("gone",))])
    build.build(workspace, toy)
    assert Index(workspace, toy).snapshot().build.dialogue_targets == (("b",),)


def test_conversation_is_its_last_three_utterances() -> None:
    assert conversations.recent(["a", "b", "c", "d"]) == "b c d"
