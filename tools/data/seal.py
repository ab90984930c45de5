"""A build's seal: what each of its files should be, so that a copy cut short or a failing disk is found out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from handpicked.tools.errors import DataError

Sealed = Mapping[str, tuple[int, str]]
"""Size in bytes and SHA-256 by the file's path in the build."""

# Chroma writes to its database even when it only reads.
_CHANGING = "chroma/chroma.sqlite3"


def seal(folder: Path) -> Sealed:
    """Bring every file of a build to the disk and say what it is."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        name: _sealed(path) for path in files if (name := path.relative_to(folder).as_posix()) != _CHANGING
    }


def check(folder: Path, sealed: Sealed) -> None:
    """Look at the sizes, which is cheap. Raises DataError for the first file that is missing or cut short."""
    for name, (size, _) in sealed.items():
        path = folder / name
        found = path.stat().st_size if path.is_file() else None
        if found != size:
            reason = "is missing" if found is None else f"has {found} bytes instead of {size}"
            raise DataError(
                f"build {folder.name} in {folder.parent} is damaged: {name} {reason}: run `handpicked build`"
            )


def changed(folder: Path, sealed: Sealed) -> list[str]:
    """Read everything and give the files that are not what they were. Raises OSError for one that is gone."""
    return [name for name, (_, digest) in sealed.items() if _digest(folder / name) != digest]


def _sealed(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path.stat().st_size, _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
