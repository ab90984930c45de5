"""`kill -9` in the middle: the old build answers, the next run succeeds, and nothing is left to grow."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handpicked.tools.data import manifests
from handpicked.tools.data.workspace import Workspace
from tests.survival.conftest import Run, Start, left_over, write_files

_INGESTS_FOREVER = """
import pathlib, sys, time
from handpicked.tools.data.ingest import ingest
from handpicked.tools.data.inputs import IngestFiles
from handpicked.tools.data.workspace import Workspace

def wait(kind, read, expected):
    if kind == "events":
        print("ready", flush=True)
        time.sleep(600)

workspace = Workspace.open(pathlib.Path(sys.argv[1]))
ingest(workspace, IngestFiles(events=(pathlib.Path(sys.argv[2]),)), on_progress=wait)
"""


def _builds(path: Path) -> set[str]:
    return {found.name for found in (path / "builds").iterdir() if found.is_dir()}


def _count(path: Path) -> tuple[int, int]:
    workspace = Workspace.open(path)
    counts = workspace.catalog.count(), workspace.events.count()
    workspace.close()
    return counts


def _asked(run: Run, path: Path) -> list[str]:
    done = run("ask", "a western", "--user", "u1", "--json", "--workspace", path)
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    assert reply["degraded"] == []
    return [item["item_id"] for item in reply["lists"][0]["items"]]


def test_a_killed_ingest_leaves_all_as_it_was_and_the_next_one_cleans_up(
    path: Path, tmp_path: Path, run: Run
) -> None:
    _, events = write_files(tmp_path / "files", 200, 8_000, seed=1)
    command = [sys.executable, "-c", _INGESTS_FOREVER, str(path), str(events)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.kill()
    assert _count(path) == (200, 2_000)
    assert [name for name in left_over(path) if name.endswith(".part")]
    done = run("ingest", "--events", events, "--workspace", path)
    assert done.returncode == 0, done.stderr
    assert _count(path) == (200, 2_000 + len(set(events.read_text().splitlines()[1:])))
    assert left_over(path) == []


@pytest.mark.soak
def test_an_ingest_killed_at_any_moment(path: Path, tmp_path: Path, start: Start, run: Run) -> None:
    rng = random.Random(0)
    items, events = write_files(tmp_path / "files", 3_000, 60_000, seed=1)
    expected = _asked(run, path)
    arguments = ("ingest", "--items", items, "--events", events)
    began = time.monotonic()
    assert run(*arguments, "--workspace", tmp_path / "other").returncode == 0
    whole = time.monotonic() - began
    for _ in range(6):
        process = start(*arguments, "--workspace", path)
        time.sleep(rng.uniform(0.2, 0.95) * whole)
        process.kill()
        process.communicate()
        items_there, events_there = _count(path)
        assert items_there in (200, 3_000), "all of a kind, or nothing of it"
        assert events_there in (2_000, _count(tmp_path / "other")[1] + 2_000)
        assert len([name for name in left_over(path) if name.endswith(".part")]) <= 1
        if items_there == 200:
            assert _asked(run, path) == expected
    assert run(*arguments, "--workspace", path).returncode == 0
    assert _count(path)[0] == 3_000
    assert left_over(path) == []


@pytest.mark.soak
def test_a_build_killed_at_any_moment(path: Path, start: Start, run: Run) -> None:
    rng = random.Random(1)
    began = time.monotonic()
    assert run("build", "--workspace", path).returncode == 0
    whole = time.monotonic() - began
    for _ in range(8):
        before = manifests.current(path)
        process = start("build", "--workspace", path)
        time.sleep(rng.uniform(0.4, 1.0) * whole)
        process.kill()
        process.communicate()
        after = manifests.current(path)
        assert after is not None
        assert manifests.read(path / "builds" / after).items == 200
        if after == before:
            assert len(_builds(path)) <= 4, "those in use, one half made, one not yet pointed at"
        assert _asked(run, path)
    assert run("build", "--workspace", path).returncode == 0
    assert len(_builds(path)) == 2
    assert left_over(path) == []
