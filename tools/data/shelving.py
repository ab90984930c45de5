"""The folder of builds: one process makes one, what is killed or fails leaves the old one, `CURRENT` is replaced in one step."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from handpicked.tools.data import manifests
from handpicked.tools.errors import DataError


@contextmanager
def only_one(folder: Path) -> Generator[None]:
    """Hold the folder of builds for this process. Raises DataError when another has it."""
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise DataError(
                f"another build is under way in {folder}: wait for it, then run it again"
            ) from err
        yield


@contextmanager
def storing(folder: Path) -> Generator[None]:
    """Raises DataError, which says how much room is left, for what fails within while writing there."""
    try:
        yield
    except (OSError, sqlite3.Error) as err:
        reason = (isinstance(err, OSError) and err.strerror) or str(err)
        there = next(path for path in (folder, *folder.parents) if path.exists())
        raise DataError(
            f"{folder} can't be written ({reason}; {shutil.disk_usage(there).free / 1e6:.1f} MB are free there): free "
            "some space or change its permissions, then run `handpicked build`; the old build stays in use"
        ) from err


def sweep(folder: Path) -> None:
    """Remove what a killed build left behind."""
    for left in folder.glob(".making-*"):
        shutil.rmtree(left)


def previous(workspace: Path) -> str | None:
    """The build to keep beside the new one: that in use, or the newest before it if that is damaged."""
    build_id = manifests.current(workspace)
    if build_id is None:
        return None
    return next(
        filter(partial(_sound, workspace / "builds"), (build_id, *manifests.others(workspace, build_id))),
        None,
    )


def _sound(builds: Path, build_id: str) -> bool:
    try:
        manifests.read(builds / build_id)
    except DataError:
        return False
    return True


def point(workspace: Path, build_id: str) -> None:
    """Make a build the one in use, in one step."""
    temporary = workspace / ".CURRENT.new"
    write(temporary, build_id.encode())
    os.replace(temporary, workspace / "CURRENT")


def write(path: Path, content: bytes) -> None:
    """Write so that it outlives a power cut: the disk has it when this returns."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def keep(folder: Path, kept: set[str | None]) -> None:
    """Remove the other builds."""
    for old in folder.iterdir():
        if old.is_dir() and old.name not in kept:
            shutil.rmtree(old, ignore_errors=True)
