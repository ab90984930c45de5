"""Opening a build: the newest that can be read, at once or beside the turns that the old one answers."""

from __future__ import annotations

import logging
import sqlite3
import zipfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from handpicked.tools.data import (
    columns,
    factors,
    learned,
    lexical,
    manifests,
    mix,
    newcomers,
    passages,
    popularity,
    response,
    views,
)
from handpicked.tools.data.columns import Columns
from handpicked.tools.data.factors import Factors
from handpicked.tools.data.learned import Learned
from handpicked.tools.data.lexical import Lexical
from handpicked.tools.data.mix import Mix
from handpicked.tools.data.passages import Passages
from handpicked.tools.data.records import Records
from handpicked.tools.data.response import Response
from handpicked.tools.data.vectors import Vectors
from handpicked.tools.data.views import Views
from handpicked.tools.errors import DataError
from handpicked.tools.types import Embedder, Floats, Rows

_log = logging.getLogger(__name__)
_SMALL = 5_000
"""A build of fewer items opens in some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class Build:
    """One immutable build, opened."""

    manifest: manifests.Manifest
    columns: Columns
    records: Records
    lexical: Lexical
    vectors: Vectors
    passages: Passages | None
    views: Views
    factors: Factors
    factor_rows: Rows
    """The row of each position of the factors."""
    popularity: Floats
    dialogue_vectors: Floats
    dialogue_targets: tuple[tuple[str, ...], ...]
    response: Response
    learned: Learned | None
    newcomers: Floats | None
    mix: Mix | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The build that answers where `CURRENT` has named another (`named`), and what is to be said of that."""

    named: str
    build: Build
    notes: tuple[str, ...] = ()


def newest(workspace: Path, build_id: str, embedder: Embedder) -> Opened:
    """Open a build, or the newest before it that can be read, and say so. Raises DataError when there is none."""
    try:
        return Opened(build_id, _read(workspace, build_id, embedder))
    except DataError as err:
        now = manifests.current(workspace)
        if now is not None and now != build_id:
            return newest(workspace, now, embedder)
        for other in manifests.others(workspace, build_id):
            try:
                build = _read(workspace, other, embedder)
            except DataError:
                continue
            note = f"index: {err}; until then build {other} answers"
            _log.warning(note)
            return Opened(build_id, build, (note,))
        raise


def beside(workspace: Path, build_id: str, embedder: Embedder) -> Future[Opened]:
    """The same in a thread, ready for turns; a small one is opened before this returns, which nobody notices."""
    if _is_small(workspace / "builds" / build_id):
        opened: Future[Opened] = Future()
        try:
            opened.set_result(newest(workspace, build_id, embedder))
        except DataError as err:
            opened.set_exception(err)
        return opened
    pool = ThreadPoolExecutor(1, thread_name_prefix="opening")
    coming = pool.submit(_warmed, workspace, build_id, embedder)
    pool.shutdown(wait=False)
    return coming


def warm(build: Build) -> None:
    """Make what the first turns would wait for: Chroma, the titles and the words that may be mistyped."""
    table = build.columns
    _ = table.title_index.vocabulary, table.words, table.names, table.name_words, table.forenames
    build.vectors.open()


def open_build(folder: Path, made: manifests.Manifest) -> Build:
    """Open a build's files; matrices stay on disk, mapped. Raises DataError for one that is not what it should be."""
    try:
        targets = orjson.loads((folder / "dialogues.json").read_bytes())
        records, vectors = Records(folder), Vectors(folder)
        table, fitted = columns.load(folder), factors.load(folder)
        return Build(
            manifest=made,
            columns=table,
            records=records,
            lexical=lexical.open_index(folder / "lexical.db"),
            vectors=vectors,
            passages=passages.load(folder),
            views=views.load(folder, made.items),
            factors=fitted,
            factor_rows=np.fromiter(map(table.row_of.__getitem__, fitted.ids), np.int64, len(fitted.ids)),
            popularity=popularity.load(folder),
            dialogue_vectors=np.load(folder / "dialogues.npy", mmap_mode="r"),
            dialogue_targets=tuple(tuple(target) for target in targets),
            response=response.load(folder, made.items),
            learned=learned.load(folder, records, vectors.matrix),
            newcomers=newcomers.load(folder),
            mix=mix.load(folder),
        )
    except (OSError, ValueError, LookupError, TypeError, zipfile.BadZipFile, sqlite3.Error) as err:
        raise manifests.damaged(folder, err) from err


def _warmed(workspace: Path, build_id: str, embedder: Embedder) -> Opened:
    opened = newest(workspace, build_id, embedder)
    warm(opened.build)
    return opened


def _is_small(folder: Path) -> bool:
    """Whether a build is of few items or damaged, which is as soon found out."""
    try:
        return manifests.read(folder).items < _SMALL
    except DataError:
        return True


def _read(workspace: Path, build_id: str, embedder: Embedder) -> Build:
    folder = workspace / "builds" / build_id
    made = manifests.read(folder)
    if made.embedder != embedder.name:
        raise DataError(
            f"build {build_id} was made with the embedder {made.embedder}, not {embedder.name}: "
            "run `handpicked build` again or change HANDPICKED_EMBEDDER"
        )
    return open_build(folder, made)
