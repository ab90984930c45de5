"""Files of 200 MB: they are streamed, and others may write nearly all the time."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from handpicked.agent.app.wiring import open_agent
from handpicked.agent.settings import Settings
from handpicked.agent.types import Request
from handpicked.tools.data.build import build
from handpicked.tools.data.ingest import ingest
from handpicked.tools.data.inputs import IngestFiles
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.types import Embedder

SIZE = 200_000_000
LIMIT_KIB = 1 << 20
_WORDS = tuple("amber brook cedar delta ember flint grove heron inlet jade knoll larch".split())


def _write(path: Path, header: str, lines: Iterator[str], size: int = SIZE) -> int:
    """Write so many bytes; give the number of rows."""
    rows = written = 0
    with path.open("w") as stream:
        stream.write(header)
        while written < size:
            written += stream.write(next(lines))
            rows += 1
    return rows


def _items(rng: random.Random) -> Iterator[str]:
    for n in range(sys.maxsize):
        title, text = " ".join(rng.choices(_WORDS, k=4)), " ".join(rng.choices(_WORDS, k=25))
        yield f'i{n},{title} {n},{rng.choice(_WORDS)}|{rng.choice(_WORDS)},{rng.randint(1930, 2024)},"{text}, again"\n'


def _events(rng: random.Random, items: int) -> Iterator[str]:
    for n in range(sys.maxsize):
        yield f"user-{rng.randrange(100_000)},i{rng.randrange(items)},view,{1_600_000_000 + n * 9},1.5,a browser of some kind\n"


def _ingest(path: Path, *files: object) -> subprocess.Popen[bytes]:
    command = [
        str(Path(sys.executable).with_name("handpicked")),
        "ingest",
        *map(str, files),
        "--workspace",
        str(path),
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _finish(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process to succeed; give the most memory that it had, in KiB."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss


@pytest.mark.soak
def test_two_hundred_megabytes_of_items_and_of_events_are_streamed(tmp_path: Path) -> None:
    rng = random.Random(0)
    items, events, shop = tmp_path / "items.csv", tmp_path / "events.csv", tmp_path / "shop"
    rows = _write(items, "item_id,title,categories,year,description\n", _items(rng))
    assert _finish(_ingest(shop, "--items", items)) < LIMIT_KIB
    workspace = Workspace.open(shop)
    assert workspace.catalog.count() == rows

    log = _write(events, "user_id,item_id,event,timestamp,value,agent\n", _events(rng, rows))
    process = _ingest(shop, "--events", events)
    began, blocked = time.monotonic(), 0.0
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        asked = time.monotonic()
        try:
            workspace.events.save_session("s", None, "{}")
        except DataError as err:
            assert "another process is writing" in str(err)  # noqa: PT017 - it may happen or not
        blocked += max(time.monotonic() - asked - 0.1, 0.0)
        time.sleep(0.05)
    assert blocked < 0.6 * (time.monotonic() - began), "while rows are read and checked others may write"
    assert _finish(process) < LIMIT_KIB
    assert workspace.events.count() == log
    workspace.close()


@pytest.mark.soak
def test_a_user_with_a_hundred_thousand_events_is_answered_like_others(
    tmp_path: Path, settings: Settings, embedder: Embedder
) -> None:
    rng = random.Random(1)
    items, events = tmp_path / "items.csv", tmp_path / "events.csv"
    _write(items, "item_id,title,categories,year,description\n", _items(rng), 300_000)
    lines = [f"much,i{rng.randrange(900)},view,{1_600_000_000 + 60 * n}" for n in range(100_000)]
    lines += [f"u{n % 40},i{rng.randrange(900)},view,{1_600_000_000 + 60 * n}" for n in range(800)]
    events.write_text("user_id,item_id,event,timestamp\n" + "\n".join(lines) + "\n")
    workspace = Workspace.open(tmp_path / "shop")
    report = ingest(workspace, IngestFiles(items=(items,), events=(events,)))
    assert report.kinds["events"].kept == 100_800
    build(workspace, embedder)
    workspace.close()
    agent = open_agent(settings.model_copy(update={"workspace": tmp_path / "shop"}), prose=False).agent
    asyncio.run(agent.turn(Request("recommend something")))  # loads what it needs
    for user in ("much", "u3"):
        began = time.monotonic()
        reply = asyncio.run(agent.turn(Request("recommend something", user_id=user)))
        assert time.monotonic() - began < 1.0
        assert len(reply.lists[0].items) == 10
        assert "collab" in {source.tool for item in reply.lists[0].items for source in item.sources}
