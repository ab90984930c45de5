"""What is said of each build, and which of them there are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from handpicked.tools.data import seal
from handpicked.tools.errors import DataError

FORMAT = 3
"""The build's layout; a reader refuses another one and says to build again."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a build was made of and how it measured. Revisions are those of the two databases; `catalog` is the
    identity of the first; `recipe` is that of collaborative filtering, its nDCG@10 on the newest events among the measures
    where it was searched for."""

    build_id: str
    format: int
    made: str
    catalog: int
    catalog_revision: int
    event_revision: int
    embedder: str
    dimensions: int
    items: int
    recipe: dict[str, float]
    measures: dict[str, float]
    files: seal.Sealed


def current(workspace: Path) -> str | None:
    """The id of the build in use, or None before the first."""
    pointer = workspace / "CURRENT"
    if not pointer.exists():
        return None
    return pointer.read_text(encoding="utf-8", errors="replace").strip() or "(CURRENT is empty)"


def others(workspace: Path, build_id: str) -> list[str]:
    """The finished builds but this one, newest first."""
    names = {path.parent.name for path in (workspace / "builds").glob("*/manifest.json")}
    return sorted((name for name in names - {build_id} if not name.startswith(".")), reverse=True)


def read(folder: Path) -> Manifest:
    """Read a build's manifest and look whether all of its files are there.

    Raises DataError for a build that is damaged or was made by another version."""
    try:
        document: dict[str, Any] = orjson.loads((folder / "manifest.json").read_bytes())
        if document.get("format") == FORMAT:
            files = {name: (size, digest) for name, (size, digest) in document.pop("files").items()}
            made = Manifest(**document, files=files)
            seal.check(folder, made.files)
            return made
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as err:
        raise damaged(folder, err) from err
    raise DataError(
        f"build {folder.name} has format {document.get('format')}, this version reads {FORMAT}: "
        "run `handpicked build`"
    )


def damaged(folder: Path, err: Exception) -> DataError:
    """What to say of a build that can't be read."""
    if isinstance(err, PermissionError):
        return DataError(f"build {folder.name}: {err.filename} may not be read: change its permissions")
    reason = " ".join(str(err).split()) or type(err).__name__
    if isinstance(err, OSError) and err.filename:
        reason = f"{Path(str(err.filename)).name}: {err.strerror}"
    return DataError(
        f"build {folder.name} in {folder.parent} can't be read ({reason}): run `handpicked build`"
    )
