"""Builds that lost a file, or part of one: the build before answers, and says what to do."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from handpicked.tools.data import build, manifests, seal
from handpicked.tools.data.index import Index
from handpicked.tools.data.vectors import Vectors
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.types import Dialogue, Embedder, Event, Item

FILES = (
    "columns.json", "columns.npz", "dialogues.json", "dialogues.npy", "ease.npy", "factors.json", "follow.data.npy", "items.jsonl",
    "items.npy", "knn.data.npy", "lexical.db", "popularity.npy", "vectors.npy", "manifest.json",
)  # fmt: skip
GARBAGE = b"\xde\xad\xbe\xef"


def _missing(path: Path) -> None:
    path.unlink()


def _halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _scrambled(path: Path) -> None:
    size = path.stat().st_size
    path.write_bytes((GARBAGE * (size // 4 + 1))[:size])


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory, toy: Embedder) -> Path:
    """A workspace with two builds; the newer one has one item more."""
    workspace = Workspace.open(tmp_path_factory.mktemp("damage") / "workspace")
    workspace.catalog.upsert(Item(f"i{n}", f"Thing {n}", categories=("Drama",)) for n in range(40))
    workspace.events.append(Event(f"u{n % 7}", f"i{n % 5}", "view", float(n)) for n in range(60))
    workspace.events.append_dialogues([Dialogue(("a thing please",), (), ("i1",))])
    build.build(workspace, toy)
    workspace.catalog.upsert([Item("new", "Newest thing")])
    build.build(workspace, toy)
    workspace.close()
    return workspace.path


@pytest.fixture
def path(twice: Path, tmp_path: Path) -> Path:
    return shutil.copytree(twice, tmp_path / "copy")


def _newest(path: Path) -> Path:
    return path / "builds" / (path / "CURRENT").read_text()


def _search(vectors: Vectors) -> list[int]:
    rows, _ = vectors.nearest(np.array(vectors.matrix[3]), 5, np.ones(len(vectors.matrix), bool))
    return rows.tolist()


@pytest.mark.parametrize("harm", [_missing, _halved, _scrambled])
@pytest.mark.parametrize("name", FILES)
def test_the_build_before_answers_for_a_damaged_one(
    path: Path, toy: Embedder, name: str, harm: Callable[[Path], None]
) -> None:
    damaged = _newest(path)
    [before] = manifests.others(path, damaged.name)
    harm(damaged / name)
    snapshot = Index(Workspace.open(path), toy).snapshot()
    if name == "items.jsonl" and harm is _scrambled:  # its text is read item by item
        with pytest.raises(DataError, match=r"items\.jsonl: row 3 .*run `handpicked build`"):
            snapshot.item(3)
        return
    assert snapshot.build.manifest.build_id == before
    assert snapshot.get("new") == Item("new", "Newest thing"), "it changed since, so it is in the delta"
    [note] = snapshot.notes
    assert damaged.name in note
    assert "run `handpicked build`" in note


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_build_with_none_before_it_is_refused_with_the_command(
    path: Path, toy: Embedder, name: str
) -> None:
    damaged = _newest(path)
    for other in manifests.others(path, damaged.name):
        shutil.rmtree(path / "builds" / other)
    _halved(damaged / name)
    workspace = Workspace.open(path)
    with pytest.raises(DataError, match=rf"{damaged.name} .*run `handpicked build`"):
        Index(workspace, toy).snapshot()
    made = build.build(workspace, toy)
    assert Index(workspace, toy).snapshot().build.manifest == made


@pytest.mark.parametrize("pointer", [b"", b"\xff\xfe\x00", b"20200101T000000-aaaaaa"])
def test_a_pointer_to_nothing_falls_back_to_what_is_there(path: Path, toy: Embedder, pointer: bytes) -> None:
    newest = _newest(path)
    (path / "CURRENT").write_bytes(pointer)
    snapshot = Index(Workspace.open(path), toy).snapshot()
    assert snapshot.build.manifest.build_id == newest.name
    assert len(snapshot.notes) == 1


@pytest.mark.parametrize("harm", [_missing, _halved])
@pytest.mark.parametrize("name", ["data_level0.bin", "header.bin", "length.bin"])
def test_a_part_of_chroma_that_is_gone_is_damage(
    path: Path, toy: Embedder, name: str, harm: Callable[[Path], None]
) -> None:
    """Chroma itself answers with one row, or not at all, and says nothing."""
    damaged = _newest(path)
    [part] = (damaged / "chroma").glob(f"*/{name}")
    harm(part)
    snapshot = Index(Workspace.open(path), toy).snapshot()
    assert snapshot.build.manifest.build_id != damaged.name
    assert name in snapshot.notes[0]


@pytest.mark.parametrize("harm", [_missing, _halved, _scrambled])
def test_search_is_exact_where_chroma_cannot_be_opened(
    path: Path, caplog: pytest.LogCaptureFixture, harm: Callable[[Path], None]
) -> None:
    folder = _newest(path)
    expected = _search(Vectors(folder))
    harm(folder / "chroma" / "chroma.sqlite3")
    vectors = Vectors(shutil.copytree(folder, path / "apart"))
    with caplog.at_level(logging.WARNING):
        assert _search(vectors) == _search(vectors) == expected
    assert not vectors.open()
    assert [record.getMessage().count("run `handpicked build`") for record in caplog.records] == [1]


def test_content_that_changed_is_found_by_its_checksum(path: Path) -> None:
    folder = _newest(path)
    made = manifests.read(folder)
    assert seal.changed(folder, made.files) == []
    _scrambled(folder / "vectors.npy")
    assert seal.changed(folder, made.files) == ["vectors.npy"]


def test_a_catalogue_that_is_not_the_build_s_is_noticed(path: Path, toy: Embedder) -> None:
    """As after `catalog.db` was moved away and ingested again: its revisions start anew."""
    for left in path.glob("catalog.db*"):
        left.unlink()
    workspace = Workspace.open(path)
    workspace.catalog.upsert([Item("other", "Another thing")])
    index = Index(workspace, toy)
    assert "another catalogue: run `handpicked build`" in index.snapshot().notes[0]
    assert len(index.snapshot()) == 41
    build.build(workspace, toy)
    assert index.snapshot().notes == ()
    assert [item.item_id for item in index.snapshot().items()] == ["other"]
