"""Several processes on one workspace: what one writes, the others see on their next turn."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from handpicked.tools.data import build, manifests
from handpicked.tools.data.db import open_engine, sqlite_url, writing
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Embedder, Event, Floats, Item
from tests.survival.conftest import Start, left_over, write_files

_ANSWERS = """
import asyncio, json, os, pathlib, sys
from handpicked.agent.app import wiring
from handpicked.agent.settings import Settings
from handpicked.agent.types import parse_request, reply_json
parts = wiring.open_agent(Settings(workspace=pathlib.Path(sys.argv[1])), prose=False)
print("ready", flush=True)
for line in sys.stdin:
    reply = reply_json(asyncio.run(parts.agent.turn(parse_request(line))))
    open_files = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    build_id = parts.index.snapshot().build.manifest.build_id
    print(json.dumps({"reply": reply, "build": build_id, "files": open_files}), flush=True)
"""
LANTERN = Item(
    "new", "Lantern Bay", categories=("Western",), description="Smugglers, a lighthouse and a telescope."
)


class Waiting:
    """An embedder that says when a build has begun and waits for leave to go on."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name, self.dimensions = inner.name, inner.dimensions
        self.begun, self.leave = threading.Event(), threading.Event()

    def embed_matrix(self, texts: Sequence[str]) -> Floats:
        self.begun.set()
        assert self.leave.wait(60)
        return self._inner.embed_matrix(texts)

    def query(self, text: str) -> Floats:
        return self._inner.query(text)


@pytest.fixture(scope="module")
def path(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workspace for all of these, as in real life."""
    return shutil.copytree(template, tmp_path_factory.mktemp("processes") / "workspace")


@pytest.fixture(scope="module")
def ask(path: Path, environment: dict[str, str]) -> Iterator[Callable[..., dict[str, Any]]]:
    """Ask a process that opened its agent once, long ago."""
    with subprocess.Popen(
        [sys.executable, "-c", _ANSWERS, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None
        assert stdout.readline() == "ready\n"

        def asked(message: str, **request: object) -> dict[str, Any]:
            stdin.write(json.dumps({"message": message, **request}) + "\n")
            stdin.flush()
            return json.loads(stdout.readline())

        yield asked
        process.kill()


def _shown(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for shown in answer["reply"]["lists"] for item in shown["items"]]


def _candidates(answer: dict[str, Any], tool: str) -> int:
    return sum(step["candidates"] for step in answer["reply"]["trace"] if step.get("tool") == tool)


def test_a_process_sees_on_its_next_turn_what_another_wrote(
    ask: Callable[..., dict[str, Any]], path: Path, embedder: Embedder
) -> None:
    other = Workspace.open(path)
    question = "a western about smugglers, a lighthouse and a telescope"
    assert "new" not in _shown(ask(question))

    other.catalog.upsert([LANTERN])
    assert "new" in _shown(ask(question))

    assert _candidates(ask("recommend me something", user_id="zoe"), "history") == 0
    other.events.append([Event("zoe", "i1", "like", 1.0), Event("zoe", "new", "like", 2.0)])
    assert _candidates(ask("recommend me something", user_id="zoe"), "history") == 2
    assert _candidates(ask("recommend me something", user_id="zoe"), "collab") > 0
    first = _shown(ask("recommend me something", user_id="kim"))
    other.events.append([Event("kim", first[0], "like", 1.0)])
    then = _shown(ask("recommend me something", user_id="kim"))
    assert first[0] not in then, "what was had is not recommended in the very next list"
    assert then

    other.events.forget("zoe")
    forgotten = ask("recommend me something", user_id="zoe")
    assert _candidates(forgotten, "history") == _candidates(forgotten, "collab") == 0

    other.catalog.delete(["new"])
    assert "new" not in _shown(ask(question))
    other.close()


def test_a_process_answers_during_a_build_and_takes_the_new_one_after(
    ask: Callable[..., dict[str, Any]], path: Path, embedder: Embedder
) -> None:
    other, waiting = Workspace.open(path), Waiting(embedder)
    old = manifests.current(path)
    made: list[manifests.Manifest] = []
    builder = threading.Thread(target=lambda: made.append(build.build(other, waiting)))
    builder.start()
    assert waiting.begun.wait(30)
    during = ask("a western")
    assert (during["build"], during["reply"]["degraded"]) == (old, [])
    assert _shown(during)
    waiting.leave.set()
    builder.join(60)
    assert ask("a western")["build"] == made[0].build_id != old
    other.close()


def test_a_process_does_not_run_out_of_files_however_many_builds_it_sees(
    ask: Callable[..., dict[str, Any]], path: Path, embedder: Embedder
) -> None:
    other = Workspace.open(path)
    counts: list[int] = []
    for _ in range(8):
        build.build(other, embedder)
        ask("a western")
        counts.append(ask("a comedy")["files"])
    assert max(counts) <= counts[0] + 20, "each build has about ten files open"
    assert len(list((path / "builds").glob("*/manifest.json"))) == 2
    other.close()


def test_a_turn_is_answered_while_both_databases_are_being_written(
    ask: Callable[..., dict[str, Any]], path: Path
) -> None:
    """By an ingest that takes long, say."""
    with (
        writing(open_engine(sqlite_url(path / "catalog.db"))),
        writing(open_engine(sqlite_url(path / "events.db"))),
    ):
        start = time.monotonic()
        answer = ask("a western", user_id="u1", session_id="s")
        took = time.monotonic() - start
    assert _shown(answer)
    [note] = answer["reply"]["degraded"]
    assert "memory: " in note
    assert "another process is writing" in note
    assert took < 10
    assert ask("a western", user_id="u1", session_id="s")["reply"]["degraded"] == []


def test_a_process_may_start_while_both_databases_are_being_written(path: Path, start: Start) -> None:
    with (
        writing(open_engine(sqlite_url(path / "catalog.db"))),
        writing(open_engine(sqlite_url(path / "events.db"))),
    ):
        process = start("ask", "a western", "--json", "--workspace", path)
        out, err = process.communicate(timeout=60)
    assert json.loads(out)["lists"][0]["items"], err


def _ended(processes: Sequence[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    return sorted(
        (process.returncode, err) for process in processes for _, err in [process.communicate(timeout=300)]
    )


@pytest.mark.soak
def test_of_two_builds_at_once_one_is_refused_and_the_other_done(path: Path, start: Start) -> None:
    [done, refused] = _ended([start("build", "--workspace", path) for _ in range(2)])
    assert (done[0], refused[0]) == (0, 3)
    assert "another build is under way" in refused[1]
    assert "wait for it, then run it again" in refused[1]
    assert left_over(path) == []


@pytest.mark.soak
def test_ingests_at_once_and_beside_a_build_wait_for_each_other(
    path: Path, start: Start, tmp_path: Path
) -> None:
    workspace = Workspace.open(path)
    before = workspace.events.count()
    workspace.close()
    files = [write_files(tmp_path / f"files-{seed}", 300, 20_000, seed) for seed in (1, 2)]
    ingests = [start("ingest", "--workspace", path, "--items", i, "--events", e) for i, e in files]
    ended = _ended([*ingests, start("build", "--workspace", path)])
    assert [code for code, _ in ended] == [0, 0, 0], ended
    lines = {line for _, events in files for line in events.read_text().splitlines()[1:]}
    assert workspace.catalog.count() == 300
    assert workspace.events.count() == before + len(lines)
    workspace.close()
    assert left_over(path) == []


@pytest.mark.soak
def test_processes_that_open_a_new_workspace_at_once_all_succeed(start: Start, tmp_path: Path) -> None:
    items, _ = write_files(tmp_path / "files", 50, 1)
    ended = _ended([start("ingest", "--workspace", tmp_path / "shop", "--items", items) for _ in range(4)])
    assert [code for code, _ in ended] == [0] * 4, ended
    assert left_over(tmp_path / "shop") == []


@pytest.mark.soak
@pytest.mark.skipif(os.cpu_count() == 1, reason="needs processes that run side by side")
def test_readers_never_see_an_error_while_builds_follow_each_other(
    ask: Callable[..., dict[str, Any]], path: Path, embedder: Embedder
) -> None:
    other = Workspace.open(path)
    stop = threading.Event()

    def keep_building() -> None:
        while not stop.is_set():
            build.build(other, embedder)

    builder = threading.Thread(target=keep_building)
    builder.start()
    answers: list[dict[str, Any]] = []
    ends = time.monotonic() + 60
    while len({answer["build"] for answer in answers}) < 6 and time.monotonic() < ends:
        answers.append(ask("a western"))
    stop.set()
    builder.join(60)
    assert all(_shown(answer) and not answer["reply"]["degraded"] for answer in answers)
    assert len({answer["build"] for answer in answers}) == 6
    other.close()
