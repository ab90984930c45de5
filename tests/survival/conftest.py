"""The command in processes of its own, files to ingest, a disk of a given size, and rights that are missing."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handpicked.agent.settings import Settings
from handpicked.tools.data import build
from handpicked.tools.data.ingest import ingest
from handpicked.tools.data.inputs import IngestFiles
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Embedder

Start = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

_SYLLABLES = tuple("ba ke li mo nu ra se ti vo zu lan mer tok win dar fel gos hip".split())
# Root may write anywhere by these capabilities; without them it is an owner like any other.
_LIKE_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")


@pytest.fixture(scope="session")
def environment(settings: Settings) -> dict[str, str]:
    """What the command runs in: the session's cache, no model."""
    return os.environ | {
        "HANDPICKED_CACHE": str(settings.cache), "HANDPICKED_MODEL": "none", "COLUMNS": "200",
    }  # fmt: skip


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    """Start the command; what still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def started(*arguments: object, prefix: tuple[str, ...] = (), **more: str) -> subprocess.Popen[str]:
        command = [*prefix, str(Path(sys.executable).with_name("handpicked")), *map(str, arguments)]
        process = subprocess.Popen(
            command, env=environment | more, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        running.append(process)
        return process

    yield started
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def run(start: Start) -> Run:
    """Run the command to its end."""

    def finished(
        *arguments: object, prefix: tuple[str, ...] = (), **more: str
    ) -> subprocess.CompletedProcess[str]:
        process = start(*arguments, prefix=prefix, **more)
        out, err = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return finished


@pytest.fixture(scope="session")
def like_anybody() -> tuple[str, ...]:
    """What to put before a command so that permissions hold for it, for root too."""
    if os.geteuid() != 0:
        return ()
    if shutil.which(_LIKE_ANYBODY[0]) is None:
        if os.environ.get("CI"):
            pytest.fail("setpriv is not installed: apt-get install util-linux")
        pytest.skip("root may write everywhere, and there is no setpriv to change that")
    return _LIKE_ANYBODY


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount an empty disk of so many KiB. Where that isn't allowed (only root is, and not in every container) tests
    that need one are skipped, in CI too; the limit on file sizes is tested everywhere."""
    mounted: list[Path] = []

    def mount(kib: int) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            assert "permi" in done.stderr or "superuser" in done.stderr, done.stderr
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


def write_files(folder: Path, items: int, events: int, seed: int = 0) -> tuple[Path, Path]:
    """Write `items.csv` and `events.csv` of made-up things; no event of one seed is one of another's."""
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)

    def words(count: int) -> str:
        return " ".join(rng.choice(_SYLLABLES) + rng.choice(_SYLLABLES) for _ in range(count))

    rows = [
        f"i{n},{words(3).title()},{rng.choice(('Drama', 'Comedy', 'Western'))},{rng.randint(1930, 2024)},{words(20)}"
        for n in range(items)
    ]
    (folder / "items.csv").write_text("\n".join(["item_id,title,categories,year,description", *rows]) + "\n")
    log = [
        f"u{rng.randint(0, 99)},i{min(int(rng.expovariate(0.05)), items - 1)},view,{1_700_000_000 + seed * 10_000_000 + n}"
        for n in range(events)
    ]
    (folder / "events.csv").write_text("\n".join(["user_id,item_id,event,timestamp", *log]) + "\n")
    return folder / "items.csv", folder / "events.csv"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """A built workspace of 200 things, to be copied."""
    folder = tmp_path_factory.mktemp("survival")
    items, events = write_files(folder, 200, 2_000)
    workspace = Workspace.open(folder / "workspace")
    ingest(workspace, IngestFiles(items=(items,), events=(events,)))
    build.build(workspace, embedder)
    workspace.close()
    return workspace.path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    """A built workspace of the test's own."""
    return shutil.copytree(template, tmp_path / "workspace")


def left_over(path: Path) -> list[str]:
    """What is in a workspace that shouldn't be there when nothing runs."""
    return sorted(
        str(found.relative_to(path))
        for pattern in ("*.part", ".CURRENT.new", "builds/.making-*", "*-wal", "*-shm")
        for found in path.glob(pattern)
    )
