"""Disks that are full and folders that may not be written: what is there answers, and errors name path and fix."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handpicked.agent.settings import Settings
from handpicked.tools.data import assets, build, manifests
from handpicked.tools.data.assets import Asset
from handpicked.tools.data.index import Index
from handpicked.tools.data.ingest import ingest
from handpicked.tools.data.inputs import IngestFiles
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import AssetError, DataError
from handpicked.tools.types import Embedder
from tests.survival.conftest import Run, left_over, write_files

_BUILDS = """
import pathlib, resource, sys
from handpicked.agent.llm import factory
from handpicked.agent.settings import Settings
from handpicked.tools.data import build, manifests
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
settings = Settings(cache=pathlib.Path(sys.argv[2]))
workspace, embedder = Workspace.open(pathlib.Path(sys.argv[1])), factory.embedder(settings)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    build.build(workspace, embedder)
except DataError as err:
    print(err)
"""


def _kib(path: Path) -> int:
    """What a folder takes on a tmpfs, in pages of 4 KiB."""
    return sum(4 + file.stat().st_size // 1024 for file in path.rglob("*"))


def _fill_up(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def _answers(path: Path, embedder: Embedder) -> bool:
    workspace = Workspace.open(path)
    snapshot = Index(workspace, embedder).snapshot()
    workspace.close()
    return int(snapshot.alive.sum()) == 200 and not snapshot.notes


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_build_on_a_full_disk_leaves_the_old_one(
    template: Path, small_disk: Callable[[int], Path], embedder: Embedder, share: float
) -> None:
    disk = small_disk(int(_kib(template) + 64 + share * _kib(template / "builds")))
    path = shutil.copytree(template, disk / "workspace")
    before = manifests.current(path)
    with pytest.raises(DataError, match=r"builds.* can't be written .*MB are free there.*free some space"):
        build.build(Workspace.open(path), embedder)
    assert manifests.current(path) == before
    assert not list(path.glob("builds/.making-*"))
    assert _answers(path, embedder)


def test_an_ingest_on_a_full_disk_leaves_what_was_there(
    template: Path, small_disk: Callable[[int], Path], embedder: Embedder, tmp_path: Path
) -> None:
    items, events = write_files(tmp_path / "files", 200, 40_000, seed=1)
    path = shutil.copytree(template, small_disk(_kib(template) + 2_000) / "workspace")
    workspace = Workspace.open(path)
    with pytest.raises(DataError, match=r"events\.db: .*full.*; free some space"):
        ingest(workspace, IngestFiles(items=(items,), events=(events,)))
    assert workspace.events.count() == 2_000
    workspace.close()
    assert left_over(path) == []
    assert _answers(path, embedder)


def test_rejects_that_cannot_be_kept_stop_the_ingest(
    template: Path, small_disk: Callable[[int], Path], tmp_path: Path
) -> None:
    bad = tmp_path / "events.csv"
    bad.write_text("user_id,item_id\n" + "".join(f"u{n},nobody-{n}-{'x' * 90}\n" for n in range(9_000)))
    path = shutil.copytree(template, small_disk(_kib(template) + 1_200) / "workspace")
    workspace = Workspace.open(path)
    with pytest.raises(DataError, match=r"rejects\.csv can't be written \(No space left.*free some space"):
        ingest(workspace, IngestFiles(events=(bad,)))
    assert left_over(path) in ([], ["catalog.db-shm", "catalog.db-wal", "events.db-shm", "events.db-wal"])
    workspace.close()


def test_a_turn_is_answered_when_not_a_byte_is_free(
    template: Path, small_disk: Callable[[int], Path], run: Run
) -> None:
    disk = small_disk(_kib(template) + 500)
    path = shutil.copytree(template, disk / "workspace")
    _fill_up(disk)
    done = run("ask", "a western", "--workspace", path, "--session", "s", "--user", "u1", "--json")
    reply = json.loads(done.stdout)
    assert reply["lists"][0]["items"]
    assert [note for note in reply["degraded"] if note.startswith("memory: ") and "disk is full" in note]
    done = run("ingest", "--workspace", path, "--items", path / "nothing.csv")
    assert done.returncode != 0


def test_an_asset_on_a_full_disk_names_the_fix(small_disk: Callable[[int], Path], tmp_path: Path) -> None:
    source = tmp_path / "big.bin"
    source.write_bytes(bytes(3_000_000))
    asset = Asset("big", "a file", "CC0", "free", source.as_uri(), "", "0" * 64, 3_000_000)
    disk = small_disk(1_000)
    with pytest.raises(AssetError, match=r"No space left.*free some space in .*HANDPICKED_CACHE.*fetch big"):
        assets.fetch(disk, ["big"], manifest=[asset])
    assert not list(disk.rglob("*.part"))


@pytest.mark.parametrize("bytes_", [10_000, 300_000])
def test_a_limit_on_file_sizes_is_like_a_full_disk(
    path: Path, settings: Settings, embedder: Embedder, bytes_: int
) -> None:
    command = [sys.executable, "-c", _BUILDS, str(path), str(settings.cache), str(bytes_)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "can't be written" in done.stdout
    assert "run `handpicked build`" in done.stdout
    assert not list(path.glob("builds/.making-*"))
    assert _answers(path, embedder)


@pytest.fixture
def frozen(path: Path) -> Iterator[Path]:
    """A workspace of which nothing may be written."""
    everything = [path, *path.rglob("*")]
    for found in everything:
        found.chmod(found.stat().st_mode & ~0o222)
    yield path
    for found in everything:
        found.chmod(found.stat().st_mode | 0o200)


def test_a_workspace_that_may_not_be_written_answers(
    frozen: Path, run: Run, like_anybody: tuple[str, ...]
) -> None:
    asked = ("ask", "a western", "--user", "u1", "--session", "s", "--json", "--workspace", frozen)
    done = run(*asked, prefix=like_anybody)
    reply = json.loads(done.stdout)
    assert reply["lists"][0]["items"]
    [note] = reply["degraded"]
    assert note.startswith("memory: ")
    assert "change its permissions" in note
    assert "chroma can't be used" in done.stderr
    assert left_over(frozen) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ingest", "--items", "{files}/items.csv"), "rejects.csv can't be written (Permission denied)"),
        (("build",), "builds can't be written (Permission denied"),
        (
            ("ingest", "--items", "{files}/items.csv", "--workspace", "{frozen}/builds"),
            "catalog.db: unable to open",
        ),
    ],
)
def test_what_has_to_write_says_what_may_not_be_written(
    frozen: Path,
    run: Run,
    like_anybody: tuple[str, ...],
    tmp_path: Path,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    write_files(tmp_path / "files", 3, 3)
    given = [argument.format(files=tmp_path / "files", frozen=frozen) for argument in arguments]
    done = run(given[0], "--workspace", frozen, *given[1:], prefix=like_anybody)
    assert done.returncode == 3
    assert said in done.stderr
    assert "permissions" in done.stderr or "may be read and written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cache_that_may_not_be_written_costs_time_only(
    path: Path, run: Run, like_anybody: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "cache").mkdir(mode=0o500)
    done = run(
        "ask",
        "a western",
        "--json",
        "--workspace",
        path,
        prefix=like_anybody,
        HANDPICKED_CACHE=str(tmp_path / "cache"),
    )
    assert json.loads(done.stdout)["lists"][0]["items"]
    assert "HANDPICKED_CACHE" in done.stderr


def test_a_build_file_that_may_not_be_read_is_named(
    path: Path, run: Run, like_anybody: tuple[str, ...]
) -> None:
    [file] = path.glob("builds/*/items.jsonl")
    file.chmod(0)
    done = run("ask", "a western", "--workspace", path, prefix=like_anybody)
    assert done.returncode == 3
    assert "items.jsonl may not be read: change its permissions" in done.stderr


def test_an_event_is_refused_where_it_cannot_be_kept(frozen: Path, like_anybody: tuple[str, ...]) -> None:
    code = (
        "import pathlib, sys\nfrom handpicked.tools.data.workspace import Workspace\n"
        "from handpicked.tools.types import Event\nfrom handpicked.tools.errors import DataError\n"
        "try: Workspace.open(pathlib.Path(sys.argv[1])).events.append([Event('u', 'i')])\n"
        "except DataError as err: print(err)"
    )
    done = subprocess.run(
        [*like_anybody, sys.executable, "-c", code, frozen], capture_output=True, text=True, check=True
    )
    assert (
        "events.db: attempt to write a readonly database; it may not be written: change its permissions"
        in done.stdout
    )


def test_an_asset_that_may_not_be_read_is_damaged(
    run: Run, like_anybody: tuple[str, ...], tmp_path: Path
) -> None:
    asset = assets.load_manifest()[0]
    file = tmp_path / "assets" / asset.name / asset.filename
    file.parent.mkdir(parents=True)
    file.touch(mode=0)
    os.truncate(file, asset.size)
    done = run("assets", "verify", asset.name, prefix=like_anybody, HANDPICKED_CACHE=str(tmp_path))
    assert done.returncode == 5
    assert f"{asset.name}: damaged" in done.stdout
    assert f"handpicked assets fetch {asset.name}" in done.stderr
